fib() {
  local n=$1
  if [ "$n" -lt 2 ]; then echo "$n"; return; fi
  echo $(($(fib $((n - 1))) + $(fib $((n - 2)))))
}
fib 7
i=0
while :; do
  i=$((i + 1))
  case $i in
    *[13579]) continue ;;
    2[0-9]) break ;;
    1?) printf 'teen %02d\n' "$i" ;;
    *) echo "small $i" ;;
  esac
done
for word in one "two three" four; do set -- "$@" "$word"; done
echo "$# ${2} ${1#o} ${word%r} ${missing:-default} ${#word}"
unset word
(echo "${word?is not set}") 2>&1
echo "status $?"
cat <<END
 expanded $((6 * 7)) and $(echo nested $(echo deeper))
END
cat <<'END'
 literal $((6 * 7))
END
IFS=:
for part in $PATH; do echo "[$part]"; done
echo 'a:b::c' | { read -r first second rest; echo "$first|$second|$rest"; }
until [ $((i -= 7)) -lt 0 ]; do printf '%d %x %o\n' $i $i $i; done
echo $((0x1f + 010)) $((-7 / 2)) $((-7 % 3)) $((1 << 20 | 5)) $((3 > 2 && 2 > 3)) $((9223372036854775807 + 1))
