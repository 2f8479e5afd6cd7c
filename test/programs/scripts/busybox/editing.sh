seq 1 12 > n
sed -n '2,4p;$p' n
sed -e 's/1/one/g' -e '/one2/d' -e '5!s/$/./' n
sed -E ':a;s/^([0-9]+)([0-9]{3})/\1,\2/;ta' <<END
1234567
98
END
sed '2,3{N;s/\n/+/}' n
sed 'y/123/abc/;3i\
inserted
7a\
appended
9c\
changed' n
cp n edited; sed -i '1d' edited; head -n 1 edited
grep -n '[2-4]$' n; grep -v 1 n | wc -l; grep -c . n; grep -o -E '[0-9]{2}' n
grep -i -e ONE -e two <<END
One
two
three
END
grep -q nothing n; echo "status $?"
printf 'a\nb\nc\n' > x; printf 'a\nB\nc\nd\n' > y
diff -u x y | tail -n +3; cmp x y; echo "status $?"
printf '1,2s/a/A/\n2\n.\n$a\nlast\n.\nw\nq\n' | ed x; cat x
printf 'ab\tc\0' | od -c; printf 'trapwalk emulates arm' | hexdump -C; printf '\1\2\3\377' | xxd -p
printf 'binary\0data' | base64; echo YmluYXJ5 | base64 -d; echo
printf 'begin' | uuencode name
