moves=0
hanoi() {
  local n=$1 from=$2 to=$3 via=$4
  ((n == 0)) && return
  hanoi $((n - 1)) "$from" "$via" "$to"
  ((++moves))
  ((moves % 8 == 0)) && echo "$moves: $from -> $to"
  hanoi $((n - 1)) "$via" "$to" "$from"
}
hanoi 6 A C B
echo $moves
memo=(0 1); for ((i = 2; i <= 90; i++)); do memo[i]=$((memo[i - 1] + memo[i - 2])); done; echo "${memo[90]}"
isprime() { local i; for ((i = 2; i * i <= $1; i++)); do (($1 % i)) || return 1; done; }
for ((n = 2; n < 120; n++)); do isprime $n && printf '%d ' $n; done; echo
