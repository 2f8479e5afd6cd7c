function hanoi(n, a, b, c) { return n ? hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) : 0 }
BEGIN {
  for (i = 1; i <= 2000; i++) { v = (i * 7919) % 1009; sum += v; count[v % 10]++; if (v > max) max = v }
  printf "%d %.6f %d\n", sum, sum / 2000, max
  for (i = 0; i < 10; i++) printf "%d:%d ", i, count[i]
  print hanoi(8, "a", "b", "c")
  for (n = 2; n < 200; n++) { for (d = 2; d * d <= n; d++) if (n % d == 0) break; if (d * d > n) primes = primes " " n }
  print substr(primes, 2)
  x = 1; for (i = 0; i < 20; i++) x = (x + 2 / x) / 2; printf "%.15f %e %g %s %d\n", x, 1e300 * 10, 0.0001, 1e6, 2 ^ 31
  print sin(0.5), cos(0.5), atan2(-1, -1), exp(1.5), log(2), sqrt(3), int("12abc"), length("hello"), index("hello", "l")
  s = "one two  three"; n = split(s, w, / +/); print n, w[3]; gsub(/o/, "0", s); print s, sub(/t/, "T", s), s, toupper(s), match(s, /w[^ ]*/), RSTART, RLENGTH
  "echo piped | tr a-z A-Z" | getline line; print line; print "b\na\nc" | "sort"; close("sort"); print (1 == 1.0), ("a" < "b"), (2 < 10), ("2" < "10"), -2 ^ 2, 7 % -3, 1 " " -1
  while ((getline line < "/etc/passwd") > 0) { split(line, f, ":"); if (f[3] < 3) print f[1], f[7] }
  system("exit 3"); exit 5
}
