seq 20 > a
sed -n '/5/,/8/{=;p}' a; sed -E 's/([0-9])([0-9])/\2\1/;1!G;h;$!d' a | head -n 3; sed --posix -e '$!N;P;D' a | tail -n 1; sed -z 's/\n/,/g' a; echo; sed 's/1/&\n/w out' a | wc -l; sed -s -n '$=' a a; sed 'e echo from sed' <(echo x); sed -u 2q a; sed 'bad' a; echo $?
