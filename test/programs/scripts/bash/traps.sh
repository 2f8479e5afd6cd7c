set -E
trap 'echo "exit $?"' EXIT
trap 'echo "error in line $LINENO: $?"' ERR
trap 'echo usr1; usr1=1' USR1
trap 'echo usr2' USR2
false
f() { (exit 4); }; f
kill -USR1 $$; kill -USR2 $BASHPID
( trap 'echo child term; exit 12' TERM; while :; do sleep 0.01; done ) & child=$!
sleep 0.1; kill $child; wait $child; echo "child $?"
trap 'echo return' RETURN; g() { :; }; declare -ft g; g; trap - RETURN
trap -p USR2
trap - ERR
( set -e; false; echo not reached ); echo "set -e $?"
trap 'n=$((n + 1)); [ $n -ge 3 ] && exit 5' ALRM
for i in 1 2 3 4; do kill -ALRM $$; done
