seq 20 > a
sed 's/7/seven/;15d' a > b
diff a b
diff -u --label a --label b a b
diff -y -W 20 a b | head -n 8
diff3 a b a
cmp a b
echo $?
sdiff -s a b
