// What QuickJS is measured with: classes and closures, arrays and maps, strings and regular expressions, JSON, generators, big integers.
"use strict";
const out = [];
const random = (seed) => (limit) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >>> 8) % limit;
};
const fib = (k) => (k < 2 ? k : fib(k - 1) + fib(k - 2));

class Shape {
  constructor(name) { this.name = name; }
  describe() { return `${this.name} ${this.area().toFixed(2)}`; }
}
class Circle extends Shape {
  #radius;
  constructor(radius) { super("circle"); this.#radius = radius; }
  area() { return 3.25 * this.#radius ** 2; }
}
class Box extends Shape {
  constructor(w, h) { super("box"); Object.assign(this, { w, h }); }
  area() { return this.w * this.h; }
}

function shapes(next) {
  const all = Array.from({ length: 60 }, () => (next(2) ? new Circle(next(9)) : new Box(next(9), next(9))));
  all.sort((a, b) => a.area() - b.area() || (a.name < b.name ? -1 : 1));
  out.push(all.filter((s) => s.area() > 10).map((s) => s.describe()).join());
}

function words(next) {
  const syllables = ["ka", "to", "mi", "ren", "sul", "o"];
  const text = Array.from({ length: 150 }, () => {
    let word = "";
    for (let i = next(3); i >= 0; i--) word += syllables[next(syllables.length)];
    return word;
  }).join(" ");
  const counts = new Map();
  for (const [word] of text.matchAll(/[a-z]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ranked = [...counts].sort(([a, m], [b, k]) => k - m || (a < b ? -1 : 1)).slice(0, 20);
  out.push(ranked.map(([word, count]) => word.toUpperCase().padEnd(9, ".") + count).join("\n"));
  out.push(text.replace(/(\w+) (\w+)/g, "$2 $1").length);
}

function* primes(limit) {
  const marked = new Uint8Array(limit + 1);
  for (let i = 2; i <= limit; i++) {
    if (marked[i]) continue;
    yield i;
    for (let j = i * i; j <= limit; j += i) marked[j] = 1;
  }
}

function records(next) {
  const list = [];
  for (let i = 0; i < 60; i++) list.push({ id: i, tags: ["a", "b", null, true], nested: { price: next(1000) / 8, name: `item "${next(99)}"` } });
  const again = JSON.parse(JSON.stringify({ list }));
  const { sum } = again.list.reduce((total, { nested: { price } }) => ({ sum: total.sum + price }), { sum: 0 });
  out.push(sum, JSON.stringify(again.list[7]));
}

function factorial(k) {
  let product = 1n;
  for (let i = 2n; i <= k; i++) product *= i;
  return product;
}

const next = random(42);
for (let round = 0; round < n; round++) {
  out.push(fib(15));
  shapes(next);
  words(next);
  records(next);
  let sum = 0;
  for (const p of primes(3000)) sum += p;
  out.push(sum, String(factorial(60n)));
  try { null.nothing; } catch (error) { out.push(error instanceof TypeError); }
}
out.join("\n");
