seq 1 2000 > data
for digest in md5 sha256 sha512 sha3-256 blake2b512 ripemd160; do openssl dgst -$digest data; done
openssl dgst -sha256 -hmac key data; openssl dgst -mac cmac -macopt cipher:aes-128-cbc -macopt hexkey:000102030405060708090a0b0c0d0e0f data; openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f -in data poly1305; openssl dgst -sha256 -binary data | openssl base64
openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt pass:secret -kdfopt salt:salt -kdfopt iter:50 PBKDF2; openssl kdf -keylen 16 -kdfopt pass:secret -kdfopt salt:salt -kdfopt n:16 -kdfopt r:2 -kdfopt p:1 SCRYPT; openssl passwd -1 -salt abcdefgh password
