import collections, functools, heapq, itertools, operator
print(2**200, -7 // 2, -7 % 3, divmod(10**30, 97), pow(3, 10**6, 10**9 + 7), 0xdeadbeef.bit_length(), int.from_bytes(b"\x01\x02\xff", "big"))
print([round(x, 12) for x in (0.1 + 0.2, 1 / 3, 2**0.5)], 1e23, 5e-324, float("inf"), -0.0, 1e16 + 1, (0.1).hex(), 3.0 .as_integer_ratio())
print(f"{1234567.891:,.2f} {255:#010x} {'mid':^9}| {0.000123:e} {10**20:d} {True!r:>6} {-5:+} {1/3:.3%}")
print("Größe".upper(), "ß".casefold(), "日本".encode(), b"\xff".decode("latin-1"), "a,b,,c".split(","), "x".join("abc"), "%-5s|%05.1f" % ("l", 3.14159))
words = "the quick brown fox jumps over the lazy dog the end".split()
print(collections.Counter(words).most_common(2), sorted(set(words), key=lambda w: (len(w), w))[:5], collections.OrderedDict.fromkeys(words).__len__())
print(list(itertools.islice(itertools.permutations("abcd", 3), 5)), functools.reduce(operator.mul, range(1, 21)), list(itertools.accumulate(range(8))))
heap = [(i * 7919) % 1009 for i in range(200)]; heapq.heapify(heap); print([heapq.heappop(heap) for _ in range(6)])
class Vector:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return Vector(self.x + o.x, self.y + o.y)
    def __repr__(self): return f"<{self.x}, {self.y}>"
print(sum((Vector(i, -i) for i in range(10)), Vector(0, 0)))
@functools.lru_cache(None)
def ways(n): return 1 if n < 2 else ways(n - 1) + ways(n - 2)
print(ways(150), [*map(lambda t: t[0] * t[1], zip(range(5), range(5, 10)))], {k: v for k, v in enumerate("xyz")})
def gen():
    received = 0
    while received < 20: received = (yield received * 2) or received + 7
print(list(gen()))
match {"kind": "point", "at": [3, 4]}:
    case {"kind": "point", "at": [x, y]}: print("point", x, y)
try: [][3]
except IndexError as e: print(type(e).__name__, e)
def depth(n): return n if n == 0 else 1 + depth(n - 1)
print(depth(800))
try: depth(10**6)
except RecursionError: print("too deep")
