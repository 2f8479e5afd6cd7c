m4 <<'END'
define(`forloop', `pushdef(`$1', `$2')_forloop($@)popdef(`$1')')dnl
define(`_forloop', `$4`'ifelse($1, `$3', `', `define(`$1', incr($1))$0($@)')')dnl
forloop(`i', 1, 8, `eval(i ** 2) ') len(`hello') translit(`abc', `a-c', `x-z') format(`%05d', 42) substr(`macro', 1, 3) regexp(`GNU m4', `m\(.\)', `\1') esyscmd(`echo shell')
END
bc -l <<'END'
define f(n) {
  if (n < 2) return 1;
  return n * f(n - 1);
}
f(40); scale=50; 4*a(1); e(1); s(1); l(2); j(0, 1); sqrt(2); for (i = 0; i < 3; i++) i ^ 2; 7 % 4; 1 / 0
obase=16; 2^70; ibase=2; 1011
END
dc -e '30 k 2 v p 16 o 255 p [hello] P 10 P 2 100 ^ 7 % p [lx1+dsx5>b]sb 0sx lbx lx p'
file -b /usr/bin/dash /etc/passwd /usr/bin/awk /usr/bin/python3.11 | sed 's/BuildID[^,]*, //'; printf '\x89PNG\r\n\x1a\n' | file -; run-parts --test /etc/profile.d
