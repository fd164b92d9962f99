// Runs inside QuickJS for WASI.
const primes = [];
outer: for (let n = 2; primes.length < 300; n++) {
  for (const p of primes) if (n % p === 0) continue outer;
  primes.push(n);
}
print(primes.slice(-5).join(" "), primes.reduce((a, b) => a + b, 0));
const text = JSON.stringify({ a: [1, 2, { b: "ü" }], c: null, d: 1.5e300, e: primes.slice(0, 10) });
print(text, JSON.parse(text).a[2].b);
print("2024-02-29 and 1999-12-31".replace(/(\d{4})-(\d\d)-(\d\d)/g, "$3.$2.$1"));
class Shape { constructor(n) { this.n = n; } get area() { return this.n ** 2; } static of(...ns) { return ns.map((n) => new Shape(n)); } }
print(Shape.of(1, 2, 3).map((s) => s.area));
function* fib() { let [a, b] = [0n, 1n]; for (;;) { yield a; [a, b] = [b, a + b]; } }
let last; let count = 0;
for (const f of fib()) { last = f; if (++count > 300) break; }
print(last);
try { null.x; } catch (e) { print(e instanceof TypeError, e.message); }
const m = new Map(); for (let i = 0; i < 5000; i++) m.set("k" + (i % 701), (m.get("k" + (i % 701)) || 0) + i);
print(m.size, m.get("k700"), [...m.keys()].sort().slice(0, 3));
print(Math.sin(1), Math.exp(1.5), (0.1 + 0.2).toFixed(20), (255).toString(36), parseFloat("3.14abc"));
const buffer = new Float64Array(64); for (let i = 0; i < 64; i++) buffer[i] = Math.sqrt(i); print(buffer.reduce((a, b) => a + b));
function ack(m, n) { return m === 0 ? n + 1 : n === 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1)); }
print(ack(2, 40));
