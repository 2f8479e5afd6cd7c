seq 1 300 | awk '
  function gcd(a, b) { return b ? gcd(b, a % b) : a }
  { sum += $1; squares += $1 * $1; if (gcd($1, 30) == 1) coprime[n++] = $1 }
  END {
    printf "%d %.3f %e %g\n", sum, squares / NR, squares, 1 / 3
    for (i = n - 3; i < n; i++) printf "%s ", coprime[i]
    print length(coprime), int(-3.7), 7 % 4, and(12, 10), rshift(80, 2)
  }'
printf 'alice,30\nbob,25\ncarol,41\n' | awk -F, 'NR > 1 { age[$1] = $2 } { $2 = $2 + 1; print } END { for (n in age) c++; print c, ("bob" in age) }' OFS=';'
echo 'the quick brown fox' | awk '{ gsub(/[aeiou]/, "<&>"); print; print toupper($2), substr($0, 5, 7), index($0, "o"), match($0, /q[^ ]*/), RSTART, RLENGTH; n = split($0, part, " "); print n, part[n] }'
awk 'BEGIN { while (("echo from a command" | getline line) > 0) print line; printf "%c%c %5s|%-5s|%05d %x\n", 65, "hello", "ab", "cd", 42, 255; exit 3 }'; echo "status $?"
