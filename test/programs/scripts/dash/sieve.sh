n=2
primes=
while [ $n -lt 200 ]; do
  prime=1
  for p in $primes; do
    [ $((p * p)) -gt $n ] && break
    [ $((n % p)) -eq 0 ] && { prime=0; break; }
  done
  [ $prime = 1 ] && primes="$primes $n"
  n=$((n + 1))
done
echo "$primes" | fold -s -w 72
