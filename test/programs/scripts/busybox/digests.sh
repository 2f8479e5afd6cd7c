seq 1 5000 > data
for digest in md5sum sha1sum sha256sum sha512sum sha3sum cksum; do $digest data; done
sha256sum data > sums; sha256sum -c sums
echo change >> data; sha256sum -c sums 2>&1; echo "status $?"
crc32 data
