count=0
for i in 1 2 3 4 5 6 7 8; do
  value=$(echo "$i" | { read -r x; echo $((x * x)); })
  count=$((count + value))
done
echo "sum $count"
echo start | cat | cat | sed s/start/end/ | cat
while read -r a b; do echo "$b $a"; done <<END
x y
1 2
END
{ echo out; echo err >&2; } 2>&1 | sort
exec 3> log; echo to log >&3; exec 3>&-; cat log
set -- -a -b value rest
while getopts ab: o; do echo "$o ${OPTARG-}"; done
shift $((OPTIND - 1)); echo "$*"
trap 'echo caught' TERM; kill -TERM $$; trap - TERM
for i in 1 2 3; do (exit $i) & done; wait; echo "waited $?"
f() { echo "in $1"; return 6; }; f x; echo $?
readonly fixed=1; (fixed=2) 2>/dev/null; echo "readonly $?"
eval 'v=$(printf "%s-" a b c)'; echo "$v"; echo "${v%%-*} ${v#*-}"
command -v sed; type cd; umask 027; umask
kill -s ABRT $$
