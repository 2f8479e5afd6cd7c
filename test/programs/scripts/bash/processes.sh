diff <(seq 1 5) <(seq 2 6)
paste <(printf 'a\nb\n') <(printf '1\n2\n') | tee >(wc -l > lines) > pasted; wait; cat pasted
coproc adder { while read -r a b; do echo $((a + b)); done; }
echo 3 4 >&"${adder[1]}"; read -r sum <&"${adder[0]}"; echo "coproc $sum"
eval "exec ${adder[1]}>&-"; wait "$adder_PID"; echo "coproc ended $?"
set -o pipefail; true | (exit 3) | true; echo "pipefail $? ${PIPESTATUS[*]}"
pids=(); for i in 3 1 2; do (sleep "0.0$i"; exit "$i") & pids+=($!); done
for p in "${pids[@]}"; do wait "$p"; echo -n "$? "; done; echo
(exit 7) & wait -n; echo "wait -n $?"
exec 5<> both; echo written >&5; exec 5>&-; cat both
result=$(for i in {1..5}; do echo $i; done | while read -r x; do echo -n $((x * x)),; done); echo "$result"
(cd /usr; pwd); pwd; echo "level $BASH_SUBSHELL $(echo $BASH_SUBSHELL)"
env -i A=1 /bin/bash -c 'echo "$A ${HOME-none}"'
/bin/bash -c 'exit 300'; echo $?; { /bin/bash -c 'kill -SEGV $$'; } 2> /dev/null; echo $?
. <(echo 'sourced=yes'); echo $sourced
time_limit() { timeout 0.1 sleep 3; }; time_limit; echo "timeout $?"
