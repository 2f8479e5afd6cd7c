seq 200 | awk '{print ($1 * 7919) % 211}' > numbers
sort -n numbers | uniq -c | sort -k1,1nr -k2,2n | head -n 5
sort numbers | tail -n 3
cut -c1-2 numbers | sort -u | tr '\n' ' '; echo
tr '0-9' 'a-j' < numbers | paste -s -d, - | fold -w 60
tac numbers | nl | sed -n '1p;100p;200p'
rev numbers | grep -c '^1'
wc numbers < /dev/null
head -c 100 numbers | wc
seq 1 3 > a; seq 2 4 > b
comm a b
comm -12 a b
seq 5 | tee copy | xargs -n 2 echo pair
cat copy | while read -r line; do echo "line $line"; done
expand -t 4 <<END
	tab	stops
END
yes trapwalk | head -n 4
false | true; echo "last $?"
! true | false; echo "negated $?"
seq 10 | shuf > /dev/null && echo shuffled
split -l 60 numbers part. && wc -l part.*
