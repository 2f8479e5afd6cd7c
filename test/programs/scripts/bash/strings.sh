s='The quick brown fox jumps over the lazy dog'
echo "${s/o/0}|${s//o/0}|${s#* }|${s##* }|${s%o*}|${s%%o*}|${s:4:5}|${s: -3}|${#s}|${s^^}|${s,,}|${s@Q}"
[[ $s =~ ([a-z]+)\ ([a-z]+)\ fox ]] && echo "${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
[[ 2024-02-29 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]] && echo "$((10#${BASH_REMATCH[2]}))"
[[ $s == *fox* && ! $s < A ]] && echo glob
shopt -s extglob
echo "${s//@(quick|lazy) /}"; case file.tar.gz in *.tar.@(gz|xz)) echo archive ;; esac
printf '%-10s|%5d|%x|%08.3f|%q|%b\n' name 42 255 3.14159 'a b$c' 'tab\there'
printf -v padded '%05d' 42; echo "$padded" {a..e}{1..3} {01..10..3}
read -r -a words <<< "$s"; echo "${#words[@]} ${words[3]}"
while IFS='=' read -r key value; do echo "$value<-$key"; done <<< $'a=1\nb=2=3'
echo $'\u00e9 \x41 \101' "${s:0:3}${undefined:+no}${undefined-unset}"
eval "$(printf 'v%s=%s;' 1 one 2 two)"; echo "$v1$v2"; name=v2; echo "${!name}" ${!v@}
echo $((16#ff)) $((2 ** 40)) $((7 / -2)) $((7 % -3)) $((5 & 3 ^ 1)) $((x = 4, x++ + ++x)) $((-1 >> 1)) $((~5))
set -- one two three; echo "$# ${*:2} ${@: -1}"
