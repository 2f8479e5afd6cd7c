import array, bisect, calendar, copy, ctypes, dataclasses, datetime, enum, pickle, sqlite3
print(datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc) + datetime.timedelta(days=365.25), datetime.date.fromisoformat("2000-01-01").isocalendar(), calendar.month(2024, 2))
@dataclasses.dataclass(order=True)
class Point:
    x: int; y: float = 0.5
class Colour(enum.Flag):
    RED = 1; BLUE = 2
print(sorted([Point(2), Point(1, 3)]), dataclasses.asdict(Point(4)), Colour.RED | Colour.BLUE, pickle.loads(pickle.dumps({"p": [1, (2,), {3}]})), copy.deepcopy([[1], [2]]), bisect.bisect([1, 3, 5], 4), array.array("d", [1.5, 2]).tobytes().hex())
db = sqlite3.connect(":memory:"); db.execute("create table t(a integer, b text, c real)"); db.executemany("insert into t values (?, ?, ?)", ((i, f"r{i % 5}", i / 3) for i in range(100)))
db.create_function("twice", 1, lambda x: x * 2); print(db.execute("select b, count(*), sum(a), round(avg(c), 6), twice(max(a)) from t group by b order by b").fetchall())
libc = ctypes.CDLL("libc.so.6"); numbers = (ctypes.c_int * 6)(5, 2, 9, -1, 7, 0); compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
libc.qsort(numbers, 6, 4, compare(lambda a, b: a[0] - b[0])); print(list(numbers), libc.abs(-5), ctypes.sizeof(ctypes.c_long)); libm = ctypes.CDLL("libm.so.6"); libm.pow.restype = ctypes.c_double; libm.pow.argtypes = [ctypes.c_double] * 2; print(libm.pow(2, 0.5))
buffer = ctypes.create_string_buffer(40); libc.snprintf(buffer, 40, b"%d %s %x", 42, b"text", 255); print(buffer.value)
