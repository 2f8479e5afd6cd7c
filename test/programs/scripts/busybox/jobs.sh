trap 'echo usr1' USR1
trap 'echo leaving $?' EXIT
kill -USR1 $$
(exit 3) & first=$!
(sleep 0.02; exit 5) & second=$!
wait $first; echo "first $?"
wait $second; echo "second $?"
sh -c 'kill -TERM $$'; echo "terminated $?"
sh -c 'kill -KILL $$'; echo "killed $?"
( trap 'echo child got int; exit 9' INT; kill -INT $(sh -c 'echo $PPID'); echo not reached )
echo "child $?"
mkfifo pipe
seq 1 2000 > pipe &
awk '{s += $1} END {print "fifo", s}' pipe
wait
sleep 10 & sleeper=$!
kill $sleeper; wait $sleeper; echo "sleeper $?"
timeout 0.05 sleep 5; echo "timeout $?"
trap '' HUP; kill -HUP $$; echo survived
set -e
false || echo guarded
( false; echo not reached ) || echo subshell
exit 4
