seq 1 20000 > data
for digest in md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum; do $digest data; done
cksum -a sm3 data; md5sum data | md5sum --check -; base64 -w 40 <(head -c 70 data); base32 <<< text; basenc --base16 <<< text; basenc --z85 <<< abc
