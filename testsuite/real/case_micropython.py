# Exceptions of every kind: caught where they are raised, far out, on the way through finally, in generators, by base class, raised again.
class Wrong(Exception):
    pass


class VeryWrong(Wrong):
    def __init__(self, code):
        super().__init__("very wrong", code)
        self.code = code


log = []


def deep(n):
    if n == 0:
        raise VeryWrong(42)
    try:
        return deep(n - 1)
    finally:
        log.append(n)


def counted(n):
    for i in range(n):
        try:
            yield i
        except Wrong as wrong:
            log.append(wrong.args)


for depth in (0, 1, 5, 40):
    log.clear()
    try:
        deep(depth)
    except Wrong as wrong:
        print(depth, type(wrong).__name__, wrong.code, sum(log), len(log))

total = 0
for i in range(2000):
    try:
        if i % 3 == 0:
            raise ValueError(i)
        total += [1, 2, 3][i % 4]
    except IndexError:
        total += 100
    except ValueError as error:
        total += error.args[0]
print("total", total)

generator = counted(3)
print(next(generator), generator.throw(Wrong("thrown in")), log)

for text in ("1 / 0", "{}['key']", "[].pop()", "int('x')", "None.name", "unknown", "import nothing", "1 +", "'' + 1"):
    try:
        exec(text)
    except Exception as error:
        print(text, "->", type(error).__name__, error)

try:
    try:
        raise KeyError("inner")
    except KeyError:
        raise
    finally:
        print("finally")
except LookupError as error:
    print("outer", repr(error))


def endless(n):
    return endless(n + 1)


try:
    endless(0)
except RuntimeError as error:
    print("recursion", error)

print("uncaught comes last")
raise VeryWrong(7)
