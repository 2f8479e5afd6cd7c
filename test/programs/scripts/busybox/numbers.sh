echo '2^200; scale=30; 2/3; sqrt(2); (17%5)*-3' | bc
echo '4 k 355 113 / p 2 64 ^ p [la1+dsa*pla10>y]sy 0sa1 lyx' | dc
expr 17 \* 3 + 4; expr abc : 'a\(.\)c'; expr 5 \> 10; echo "status $?"
factor 360 1000003 4294967295
seq -w 8 11; seq 1 0.5 3; printf '%5.2f|%-8s|%+d|%e\n' 3.14159 left 7 12345.678
date -u -d @1000000000 '+%Y-%m-%d %H:%M:%S %j %a %b'; cal 2 2024
date -u -d '2024-02-29 12:00:00' +%s
test 3 -gt 2 && [ abc != abd ] && echo compared
