//! An evaluator of a small Lisp: counted references, environments in cells, enums with payloads, results that carry errors.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use programs::mix;

enum Value {
    Nil,
    Number(i64),
    Symbol(String),
    Pair(Rc<Value>, Rc<Value>),
    Builtin(fn(&[Rc<Value>]) -> Answer),
    Lambda {
        names: Vec<String>,
        body: Rc<Value>,
        scope: Rc<Scope>,
    },
}

type Answer = Result<Rc<Value>, String>;

struct Scope {
    values: RefCell<BTreeMap<String, Rc<Value>>>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    fn get(&self, name: &str) -> Answer {
        if let Some(value) = self.values.borrow().get(name) {
            return Ok(value.clone());
        }
        match &self.outer {
            Some(outer) => outer.get(name),
            None => Err(format!("no variable {name}")),
        }
    }

    fn set(&self, name: &str, value: Rc<Value>) {
        self.values.borrow_mut().insert(name.to_owned(), value);
    }
}

fn number(value: &Value) -> Result<i64, String> {
    match value {
        Value::Number(n) => Ok(*n),
        _ => Err("not a number".to_owned()),
    }
}

fn list(value: &Rc<Value>) -> Result<Vec<Rc<Value>>, String> {
    let (mut items, mut rest) = (Vec::new(), value.clone());
    loop {
        rest = match &*rest {
            Value::Nil => return Ok(items),
            Value::Pair(head, tail) => {
                items.push(head.clone());
                tail.clone()
            }
            _ => return Err("not a list".to_owned()),
        };
    }
}

fn from_list(items: Vec<Rc<Value>>) -> Rc<Value> {
    let nil = Rc::new(Value::Nil);
    items
        .into_iter()
        .rev()
        .fold(nil, |tail, head| Rc::new(Value::Pair(head, tail)))
}

/// Reads one expression and gives what is left of the words.
fn parse<'a>(words: &'a [&'a str]) -> Result<(Rc<Value>, &'a [&'a str]), String> {
    let (first, mut rest) = words.split_first().ok_or("the end")?;
    if *first == "(" {
        let mut items = Vec::new();
        while rest.first() != Some(&")") {
            let (item, after) = parse(rest)?;
            items.push(item);
            rest = after;
        }
        return Ok((from_list(items), &rest[1..]));
    }
    let value = match first.parse() {
        Ok(n) => Value::Number(n),
        Err(_) => Value::Symbol((*first).to_owned()),
    };
    Ok((Rc::new(value), rest))
}

fn eval(value: &Rc<Value>, scope: &Rc<Scope>) -> Answer {
    match &**value {
        Value::Symbol(name) => scope.get(name),
        Value::Pair(head, tail) => {
            let items = list(tail)?;
            if let Value::Symbol(name) = &**head {
                if let Some(answer) = special(name, &items, scope) {
                    return answer;
                }
            }
            let function = eval(head, scope)?;
            let args: Result<Vec<_>, _> = items.iter().map(|item| eval(item, scope)).collect();
            apply(&function, &args?)
        }
        _ => Ok(value.clone()),
    }
}

fn special(name: &str, items: &[Rc<Value>], scope: &Rc<Scope>) -> Option<Answer> {
    match (name, items) {
        ("quote", [item]) => Some(Ok(item.clone())),
        ("if", [test, yes, no]) => Some(
            eval(test, scope)
                .and_then(|test| eval(if matches!(*test, Value::Nil) { no } else { yes }, scope)),
        ),
        ("define", [name, item]) => Some(eval(item, scope).and_then(|value| match &**name {
            Value::Symbol(name) => {
                scope.set(name, value.clone());
                Ok(value)
            }
            _ => Err("not a name".to_owned()),
        })),
        ("lambda", [names, body]) => Some(list(names).and_then(|names| {
            let names = names.iter().map(|name| match &**name {
                Value::Symbol(name) => Ok(name.clone()),
                _ => Err("not a name".to_owned()),
            });
            let names = names.collect::<Result<_, _>>()?;
            Ok(Rc::new(Value::Lambda {
                names,
                body: body.clone(),
                scope: scope.clone(),
            }))
        })),
        _ => None,
    }
}

fn apply(function: &Rc<Value>, args: &[Rc<Value>]) -> Answer {
    match &**function {
        Value::Builtin(builtin) => builtin(args),
        Value::Lambda { names, body, scope } => {
            let values = names.iter().cloned().zip(args.iter().cloned()).collect();
            let inner = Scope {
                values: RefCell::new(values),
                outer: Some(scope.clone()),
            };
            eval(body, &Rc::new(inner))
        }
        _ => Err("not a function".to_owned()),
    }
}

const BUILTINS: [(&str, fn(&[Rc<Value>]) -> Answer); 8] = [
    ("+", |args| {
        let sum: Result<i64, String> = args.iter().map(|arg| number(arg)).sum();
        Ok(Rc::new(Value::Number(sum?)))
    }),
    ("-", |args| {
        Ok(Rc::new(Value::Number(
            number(&args[0])? - number(&args[1])?,
        )))
    }),
    ("*", |args| {
        Ok(Rc::new(Value::Number(
            number(&args[0])? * number(&args[1])?,
        )))
    }),
    ("<", |args| Ok(truth(number(&args[0])? < number(&args[1])?))),
    ("cons", |args| {
        Ok(Rc::new(Value::Pair(args[0].clone(), args[1].clone())))
    }),
    ("car", |args| match &*args[0] {
        Value::Pair(head, _) => Ok(head.clone()),
        _ => Err("not a pair".to_owned()),
    }),
    ("cdr", |args| match &*args[0] {
        Value::Pair(_, tail) => Ok(tail.clone()),
        _ => Err("not a pair".to_owned()),
    }),
    ("null", |args| Ok(truth(matches!(*args[0], Value::Nil)))),
];

fn truth(yes: bool) -> Rc<Value> {
    Rc::new(if yes { Value::Number(1) } else { Value::Nil })
}

const SOURCE: &str = "
(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))
(define range (lambda (a b) (if (< a b) (cons a (range (+ a 1) b)) (quote ()))))
(define map (lambda (f l) (if (null l) l (cons (f (car l)) (map f (cdr l))))))
(define fold (lambda (f s l) (if (null l) s (fold f (f s (car l)) (cdr l)))))
(define insert (lambda (x l) (if (null l) (cons x l) (if (< x (car l)) (cons x l) (cons (car l) (insert x (cdr l)))))))
(define sort (lambda (l) (fold (lambda (s x) (insert x s)) (quote ()) l)))
(define compose (lambda (f g) (lambda (x) (f (g x)))))
(define squares (map (compose (lambda (x) (* x x)) (lambda (x) (- x 10))) (range 0 20)))
(fold (lambda (s x) (+ (* s 7) x)) (fib 10) (sort squares))
";

/// The measured work.
#[export_name = "run"]
pub extern "C" fn run(n: u32) -> u32 {
    let spaced = SOURCE.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut sum = 0;
    for _ in 0..n {
        let values = BUILTINS
            .iter()
            .map(|&(name, f)| (name.to_owned(), Rc::new(Value::Builtin(f))));
        let values = RefCell::new(values.collect());
        let globals = Rc::new(Scope {
            values,
            outer: None,
        });
        let mut rest = words.as_slice();
        let mut last = 0;
        while !rest.is_empty() {
            let (form, after) = parse(rest).unwrap_or_else(|error| panic!("{error}"));
            let value = eval(&form, &globals).unwrap_or_else(|error| panic!("{error}"));
            last = number(&value).unwrap_or(0);
            rest = after;
        }
        sum = mix(mix(sum, last as u32), (last >> 32) as u32);
        // Functions refer to their scope, which refers to them.
        globals.values.borrow_mut().clear();
    }
    sum
}
