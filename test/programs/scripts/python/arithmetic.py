import cmath, math, random, statistics, struct
from decimal import Decimal, getcontext; from fractions import Fraction
print(*(f"{f(1.25):.16g}" for f in (math.sin, math.cos, math.tan, math.exp, math.log, math.sqrt, math.gamma, math.erf, math.atan, math.sinh, math.cbrt)))
print(math.fsum([0.1] * 10), math.hypot(3, 4), math.pow(2, 0.5), math.isqrt(10**40), math.comb(50, 25), math.nextafter(1, 2), math.ulp(1e10), math.fmod(-7, 3), math.remainder(7, 4), cmath.exp(1j * math.pi))
getcontext().prec = 60; print(Decimal(2).sqrt(), Decimal(1) / Decimal(7), Decimal("1.10") + Decimal("2.2"), Decimal(3).exp())
print(sum(Fraction(1, n) for n in range(1, 25)), Fraction("0.125") ** -2, Fraction(math.pi).limit_denominator(1000))
random.seed(12345); print([random.randrange(1000) for _ in range(8)], random.random(), random.gauss(0, 1), random.sample(range(100), 5))
print(struct.pack("<bhiqfd4s", -1, 2, -3, 4, 0.5, -0.25, b"abcd").hex(), struct.unpack(">Hf", b"\x01\x02\x40\x49\x0f\xdb"), struct.calcsize("@bid"), struct.pack("<e", 1.5).hex())
data = [(i * 37) % 101 for i in range(100)]; print(statistics.mean(data), statistics.median(data), statistics.pstdev(data), statistics.quantiles(data))
def leibniz(n): return 4 * sum((-1) ** k / (2 * k + 1) for k in range(n))
print(leibniz(5000)); x = 0.5
for _ in range(5000): x = 3.99 * x * (1 - x)
print(repr(x)); print(float("1.7976931348623157e308") * 2, float("nan") == float("nan"), int(1e22), round(2.5), round(-0.5), 7.0 // 0.3, int("1" * 300) % 998244353)
