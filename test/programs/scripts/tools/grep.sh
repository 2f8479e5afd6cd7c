grep -c root /etc/passwd
grep -rl 'nobody' /etc 2>/dev/null | sort
grep -E '^(b|m)[a-z]+:' /etc/passwd
grep -P '^(?<n>\w+):x:(\d+):\2:(?=n)' /etc/passwd
grep -Po '(?<=:)/usr/\w+/(?!sbin)\K\w+' /etc/passwd
grep -w -A1 -B1 -n mail /etc/passwd
grep -oi 'DEBIAN' /etc/os-release | uniq -c
grep -f <(printf 'irc\ngames\n') -F /etc/passwd
grep x /missing
echo $?
seq 1000 | grep -E '^([1-9])\1.?$' | tr '\n' ' '
