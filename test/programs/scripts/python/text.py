import csv, io, json, re, string, textwrap, unicodedata
value = {"name": "trapwalk", "list": [1, 2.5, None, True, "ü\n\"q\""], "nested": {"a": {"b": []}}, "big": 2**70}
text = json.dumps(value, indent=1, sort_keys=True); print(text); assert json.loads(text) == value; print(json.dumps("日", ensure_ascii=False))
try: json.loads('{"a": [1, 2,]}')
except ValueError as error: print(error)
log = "\n".join(f"2024-01-{d:02d} {'ERROR' if d % 7 == 0 else 'info'} host{d % 3} took {d * 13 % 50}ms" for d in range(1, 29))
print(re.findall(r"^(\S+) ERROR (host\d) took (\d+)ms$", log, re.M)); print(re.sub(r"host(\d)", lambda m: "h" + str(int(m[1]) * 10), log.split("\n")[3]))
print(re.fullmatch(r"(?P<y>\d{4})-(?P<m>\d\d)", "2024-05").groupdict(), re.split(r"[,;]\s*", "a, b;c"), bool(re.match(r"(a+)+b", "a" * 16 + "c")), re.search(r"(?<=x)y(?!z)", "xyzxyw").span())
out = io.StringIO(); csv.writer(out).writerows([["a", 'q"uote', "c,d"], [1, 2, 3]]); print(out.getvalue()); print(list(csv.reader(out.getvalue().splitlines())))
print(textwrap.fill("lorem ipsum dolor sit amet " * 5, 40)); print(unicodedata.name("é"), unicodedata.normalize("NFD", "é").encode(), string.Template("$who is $what").substitute(who="it", what="done"))
