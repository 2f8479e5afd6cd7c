declare -a squares
for ((i = 0; i < 50; i++)); do squares[i]=$((i * i)); done
echo "${squares[@]:5:4} ${#squares[@]} ${squares[-1]}"
declare -A count
for word in the cat and the dog and the bird; do ((count[$word]++)); done
for key in $(printf '%s\n' "${!count[@]}" | sort); do echo "$key=${count[$key]}"; done
list=(b 'a a' c); list+=(d); unset 'list[0]'; printf '<%s>' "${list[@]}" "${!list[@]}"; echo
mapfile -t lines < <(printf 'x\ny z\n\nlast'); echo "${#lines[@]} ${lines[1]} ${lines[3]}"
sort_array() {
  local -n ref=$1
  local i j t
  for ((i = 1; i < ${#ref[@]}; i++)); do
    t=${ref[i]}
    for ((j = i; j > 0 && ref[j - 1] > t; j--)); do ref[j]=${ref[j - 1]}; done
    ref[j]=$t
  done
}
values=(); for ((i = 0; i < 40; i++)); do values+=($(((i * 7919 + 13) % 101))); done
sort_array values; echo "${values[*]}"
declare -i integer='3*4'; declare -u upper=shout; declare -r constant=1; declare -p integer upper constant list
IFS=, ; echo "${list[*]}"
