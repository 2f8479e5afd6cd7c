umask 022
mkdir -p d/e/f; echo one > d/a; echo three > d/e/b; : > d/e/f/empty
ln d/a d/hard; ln -s ../a d/e/soft; ln -s nowhere d/broken
find d | sort
find d -type l | sort; find d -type f -size +0c | sort; find d -name '*[ab]' | sort
find d -type f -exec wc -c {} \; | sort
stat -c '%A %h %s %n' d/a d/e/soft d/broken; stat -c '%A %h %n' d/e
chmod u+s,g-r,o=x d/a; stat -c '%a' d/a
cat d/e/soft; readlink -f d/e/soft; cat d/broken; echo "status $?"
mv d/e g; cp -r g h; rm -r g; ls -R d h
rmdir d; echo "status $?"
touch -d '2010-10-10 10:10:10' h/b; [ h/b -ot d/a ] && echo older
[ -d h -a ! -e g -a -L d/broken ] && echo tests
dd if=/dev/zero of=z bs=1k count=5 2> /dev/null; dd if=d/a of=z bs=1 seek=2000 conv=notrunc 2>&1 | head -n 2; cksum z
truncate -s 100 z; wc -c < z
du -a h | wc -l; basename /usr/lib/x.so .so; dirname /usr/lib/x.so
cd /usr/share/base-passwd && ls && find .. -path ../perl -prune -o -name passwd.master -print
ls /nonexistent; echo "status $?"; cd /nonexistent; echo "status $?"; /tmp/d/a; echo "status $?"; nosuchcommand; echo "status $?"
