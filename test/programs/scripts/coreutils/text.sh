seq 1 400 | awk '{print ($1 * 7919) % 1009, "k" $1 % 7}' > data
sort -k2,2 -k1,1nr data | head -n 6; sort -t' ' -k1n --stable data | tail -n 2; sort -R --random-source=data data | sort | md5sum; sort -u -k2,2 data | wc -l; sort --check data; echo "status $?"
sort -h <<< ''; printf '1K\n2M\n512\n' | sort -h; printf 'v1.10\nv1.9\n' | sort -V; sort -m <(seq 1 2 9) <(seq 2 2 8) | tr '\n' ' '; echo
cut -d' ' -f2 data | uniq -c | head -n 3; paste -d, <(seq 3) <(seq 4 6); join <(seq 3 | sed 's/$/ a/') <(seq 2 4 | sed 's/$/ b/'); comm <(seq 3) <(seq 2 4)
fmt -w 30 <<< 'The quick brown fox jumps over the lazy dog and runs away'; fold -w 10 <<< abcdefghijklmnopqrstuvwxyz; pr -t -2 -l 5 <(seq 10); nl -ba -w3 <(printf 'a\n\nb\n'); tac <(seq 3); expand <(printf 'a\tb\n'); unexpand -a <(printf 'a       b\n')
tr -cs 'a-z' '\n' <<< 'one, two; three'; tr -d aeiou <<< vowels; head -c 5 data; tail -n +399 data; wc data; shuf --random-source=data -i 1-20 | tr '\n' ' '; echo
tsort <<< 'a b b c a c d a'; csplit -s -f part data 100 200; wc -l part*; split -n l/3 data s.; wc -c s.*; ptx -w 40 <<< 'permuted index words'; od -A x -t x1z -N 32 data; od -t f8 -t d4 -N 16 data; numfmt --to=iec 123456789 --from=auto 1M; numfmt --grouping --field=2 <<< 'x 5000'
