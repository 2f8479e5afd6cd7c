BEGIN {
  print 2 ^ 200, 3 ^ 100 % 1000007, strtonum("0xff"), and(12, 10), or(12, 10), xor(12, 10), lshift(1, 40), gensub(/(a)(b)/, "\\2\\1", "g", "abab")
  n = split("pear apple fig", fruit); asort(fruit); for (i = 1; i <= n; i++) printf "%s ", fruit[i]; print length(fruit)
  a["x"]["y"] = 1; print isarray(a["x"]), strftime("%Y-%m-%d", 1e9, 1), mktime("2001 09 09 01 46 40"), toupper("ß"), PROCINFO["version"]
  PROCINFO["sorted_in"] = "@ind_num_desc"; for (i = 0; i < 12; i++) sq[i] = i * i; for (i in sq) printf "%s ", sq[i]; print ""
  switch ("b7") { case /^a/: print "a"; break; case /^b[0-9]/: print "b"; break; default: print "none" }
  f = "double"; print @f(21); cmd = "cat"; print "coprocess" |& cmd; close(cmd, "to"); cmd |& getline line; print line; print patsplit("a1b22", p, /[0-9]+/), p[2]
}
function double(x) { return 2 * x }
