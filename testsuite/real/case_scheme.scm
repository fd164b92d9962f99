;; A tour of R7RS for a compiler to WebAssembly's structs and arrays: closures, tail calls, continuations, exceptions, ports, large integers.
;; Guile itself runs it too, and must write the same.
(import (scheme base) (scheme write) (scheme char) (scheme cxr) (scheme inexact))

(define (say . things)
  (for-each display things)
  (newline))

;; Lists: a merge sort, and the queens on a board of eight.
(define (merge a b less?)
  (cond ((null? a) b)
        ((null? b) a)
        ((less? (car b) (car a)) (cons (car b) (merge a (cdr b) less?)))
        (else (cons (car a) (merge (cdr a) b less?)))))

(define (split list)
  (if (or (null? list) (null? (cdr list)))
      (values list '())
      (let-values (((a b) (split (cddr list))))
        (values (cons (car list) a) (cons (cadr list) b)))))

(define (sort list less?)
  (if (or (null? list) (null? (cdr list)))
      list
      (let-values (((a b) (split list)))
        (merge (sort a less?) (sort b less?) less?))))

(define (numbers n seed)
  (let loop ((n n) (seed seed) (made '()))
    (if (= n 0)
        made
        (let ((next (modulo (+ (* seed 1103515245) 12345) 2147483648)))
          (loop (- n 1) next (cons (quotient next 65536) made))))))

(let ((sorted (sort (numbers 3000 42) <)))
  (say "sorted: " (car sorted) " " (list-ref sorted 1500) " " (list-ref sorted 2999)))

(define (queens size)
  (define (safe? row placed)
    (let loop ((others placed) (distance 1))
      (or (null? others)
          (and (not (= (car others) row))
               (not (= (abs (- (car others) row)) distance))
               (loop (cdr others) (+ distance 1))))))
  (let place ((column 0) (placed '()))
    (if (= column size)
        1
        (let try ((row 0) (found 0))
          (if (= row size)
              found
              (try (+ row 1)
                   (if (safe? row placed)
                       (+ found (place (+ column 1) (cons row placed)))
                       found)))))))

(say "queens: " (map queens '(4 5 6 7 8)))

;; Trees that live long and garbage that does not.
(define (tree depth)
  (if (= depth 0) '() (cons (tree (- depth 1)) (tree (- depth 1)))))

(define (leaves tree)
  (if (null? tree) 1 (+ (leaves (car tree)) (leaves (cdr tree)))))

(let ((kept (tree 14)))
  (do ((round 0 (+ round 1))) ((= round 40))
    (tree 12))
  (say "leaves: " (leaves kept)))

;; A million tail calls between two functions.
(define (even-by-steps? n) (if (= n 0) #t (odd-by-steps? (- n 1))))
(define (odd-by-steps? n) (if (= n 0) #f (even-by-steps? (- n 1))))
(say "even: " (even-by-steps? 1000000))

;; Continuations: a generator that is left and entered again.
(define (generator walk)
  (define return #f)
  (define resume #f)
  (lambda ()
    (call-with-current-continuation
     (lambda (k)
       (set! return k)
       (if resume
           (resume 'go)
           (begin
             (walk (lambda (value)
                     (call-with-current-continuation
                      (lambda (next)
                        (set! resume next)
                        (return value)))))
             (return 'done)))))))

(let ((next (generator (lambda (yield) (for-each yield '(1 2 three "four"))))))
  (let loop ((all '()))
    (let ((value (next)))
      (if (eq? value 'done)
          (begin (write (reverse all)) (newline))
          (loop (cons value all))))))

;; Winding in and out of a dynamic extent.
(let ((trace '()))
  (define (note what) (set! trace (cons what trace)))
  (call-with-current-continuation
   (lambda (out)
     (dynamic-wind
      (lambda () (note 'in))
      (lambda () (note 'at-work) (out 'left) (note 'never))
      (lambda () (note 'out)))))
  (say "trace: " (reverse trace)))

;; Exceptions: raised, handled, raised on, continued.
(define (attempt thunk)
  (call-with-current-continuation
   (lambda (k)
     (with-exception-handler
      (lambda (e) (k (if (error-object? e)
                         (list (error-object-message e) (error-object-irritants e))
                         (list 'raised e))))
      thunk))))

(say (attempt (lambda () (raise 'oops))))
(say (attempt (lambda () (error "no such thing:" 1 "two" 'three))))
(say (attempt (lambda () (guard (e ((string? e) (string-append e "!"))) (raise "caught")))))
(say (with-exception-handler
      (lambda (e) 10)
      (lambda () (+ 1 (raise-continuable 'more)))))

(define (throws-through depth)
  (if (= depth 0) (raise depth) (+ 1 (throws-through (- depth 1)))))
(say "deep: " (map (lambda (n) (attempt (lambda () (throws-through n)))) '(1 10 100)))

;; Parameters, records, strings, vectors, bytevectors.
(define base (make-parameter 10))
(define (in-base n) (number->string n (base)))
(say (in-base 255) " " (parameterize ((base 16)) (in-base 255)) " " (in-base 255))

(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
(let ((p (make-point 3 4)))
  (set-point-x! p 30)
  (say (point? p) (point? 7) " " (point-x p) "," (point-y p)))

(let ((words '("naïve" "Ωmega" "plain" "日本語")))
  (say (map string-length words) " " (map string-upcase '("abc" "déjà")) " "
       (list->string (reverse (string->list (cadr words)))))
  (write (map (lambda (w) (char->integer (string-ref w 1))) words))
  (newline))

(let ((v (make-vector 20 0)))
  (do ((i 0 (+ i 1))) ((= i 20)) (vector-set! v i (* i i)))
  (say (vector-map (lambda (x) (modulo x 7)) v) " " (vector->list v 15)))
(say (bytevector-append (bytevector 1 2 3) (string->utf8 "λx")))

(define out (open-output-string))
(write '(a "b\n" #\c 1.5 (d . e) #(f g)) out)
(say (get-output-string out) " " (string-length (get-output-string out)))

;; Numbers: large integers, fractions, floats.
(define (factorial n) (if (= n 0) 1 (* n (factorial (- n 1)))))
(say (factorial 60))
(say (quotient (factorial 40) (factorial 37)) " " (remainder (factorial 25) 1000007) " " (gcd (factorial 20) (expt 6 30)))
(say (- (expt 2 200) (expt 2 199)) " " (< (expt 2 100) (expt 3 70)) " " (inexact (/ (factorial 30) (factorial 29))))
(say (/ 1 3) " " (+ 1/3 1/6) " " (* 1.5 4) " " (exact (floor 2.7)) " " (sqrt 16) " " (/ 7.0 2))
(say (map (lambda (n) (inexact (/ n 8))) '(1 -2 3 40)))

(define (fibonacci n) (if (< n 2) n (+ (fibonacci (- n 1)) (fibonacci (- n 2)))))
(say "fibonacci: " (fibonacci 24))

;; A small interpreter: environments are lists, procedures closures of this program.
(define (evaluate form env)
  (cond ((symbol? form) (cdr (assq form env)))
        ((not (pair? form)) form)
        ((eq? (car form) 'fn)
         (lambda args (evaluate (caddr form) (append (map cons (cadr form) args) env))))
        ((eq? (car form) 'when-positive)
         (if (> (evaluate (cadr form) env) 0) (evaluate (caddr form) env) (evaluate (cadddr form) env)))
        (else (let ((all (map (lambda (f) (evaluate f env)) form)))
                (apply (car all) (cdr all))))))

(say (evaluate '((fn (self n) (self self n))
                 (fn (self n) (when-positive n (add n (self self (add n -1))) 0))
                 100)
               (list (cons 'add +))))
(flush-output-port)
