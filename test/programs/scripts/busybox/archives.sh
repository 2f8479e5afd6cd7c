mkdir -p tree/sub; seq 1 3000 > tree/numbers; yes abc | head -n 2000 > tree/sub/repeat; ln -s numbers tree/link
touch -d '2001-02-03 04:05:06' tree/numbers tree/sub/repeat
chmod 640 tree/numbers; chmod 755 tree/sub tree
tar cf tree.tar tree/numbers tree/sub/repeat tree/link
tar tf tree.tar
mkdir out; tar xf tree.tar -C out; cmp tree/numbers out/tree/numbers && readlink out/tree/link
stat -c '%a %s %Y %n' out/tree/numbers
gzip -c tree/numbers > n.gz; gunzip -c n.gz | cmp - tree/numbers && echo gzip
bzip2 -c tree/sub/repeat > r.bz2; bunzip2 -c r.bz2 | md5sum
tar czf tree.tgz tree; zcat tree.tgz | tar tf - | sort
(cd tree; find . | sort | cpio -o -H newc 2>/dev/null) | cpio -t 2>&1
gunzip < /dev/null; echo "empty $?"
printf 'not gzip' | gunzip 2>&1; echo "bad $?"
