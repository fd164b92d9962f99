# Runs inside CPython for WASI: standard library work of many kinds, and files under a preopen.
import base64, bisect, collections, datetime, decimal, difflib, fractions, functools, hashlib, heapq, io, itertools, json, math, os
import random, re, statistics, string, struct, sys, textwrap, unicodedata

print(sys.version_info[:3], sys.platform)
data = {"numbers": [i * i for i in range(50)], "text": "Grüße, 世界", "nested": {"pi": math.pi, "none": None, "flag": True}}
text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
assert json.loads(text) == data
print(len(text), hashlib.sha256(text.encode()).hexdigest(), hashlib.md5(text.encode()).hexdigest())
print(hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), hashlib.sha3_256(text.encode()).hexdigest())
words = re.findall(r"(?P<word>\b[a-z]{3,})(?=[\s,.])", textwrap.dedent(__doc__ or "the quick brown fox, jumps over the lazy dog. ") * 20)
print(collections.Counter(words).most_common(5))
random.seed(7)
sample = [random.random() for _ in range(2000)]
print(repr(statistics.mean(sample)), repr(statistics.stdev(sample)), repr(math.fsum(sample)))
print(decimal.Decimal(2).sqrt(), fractions.Fraction(3, 7) + fractions.Fraction(5, 11), 3**200 % 10**30)
print(sorted(itertools.permutations("abcd", 2))[:5], list(heapq.merge([1, 4, 7], [2, 5, 8])), bisect.bisect([1, 3, 5], 4))
print(datetime.date(2024, 2, 29) + datetime.timedelta(days=366), struct.pack("<IhQ", 1, -2, 3).hex(), base64.b64encode(b"wasm" * 5))
print("".join(difflib.unified_diff(["a\n", "b\n"], ["a\n", "c\n"])), unicodedata.name("é"), string.capwords("one two"))


@functools.lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Base:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        return self.x < other.x


print([fib(n) for n in range(0, 90, 10)], [b.x for b in sorted(Base((i * 7919) % 101) for i in range(12))])
try:
    {}["missing"]
except KeyError as error:
    print("caught", repr(error))
os.makedirs("/case/deep/er", exist_ok=True)
with open("/case/deep/er/out.txt", "w", encoding="utf-8") as file:
    for i in range(500):
        file.write(f"line {i} {i * i:08x}\n")
os.rename("/case/deep/er/out.txt", "/case/deep/moved.txt")
with open("/case/deep/moved.txt", encoding="utf-8") as file:
    lines = file.readlines()
print(len(lines), lines[-1].strip(), os.stat("/case/deep/moved.txt").st_size, sorted(os.listdir("/case/deep")))
with open("/case/deep/bin", "wb+") as file:
    file.write(bytes(range(256)) * 4)
    file.seek(-100, io.SEEK_END)
    print(hashlib.sha1(file.read()).hexdigest(), file.tell())
os.remove("/case/deep/bin")
os.rmdir("/case/deep/er")
try:
    open("/etc/passwd")
except OSError as error:
    print("refused", type(error).__name__)
sys.exit(7)
