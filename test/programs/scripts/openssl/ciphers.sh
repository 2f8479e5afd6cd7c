seq 1 1000 > data; key=000102030405060708090a0b0c0d0e0f; iv=0f0e0d0c0b0a09080706050403020100
for cipher in aes-128-cbc aes-128-ctr camellia-128-cbc; do
  openssl enc -$cipher -K $key -iv $iv -in data -out packed; md5sum < packed; openssl enc -d -$cipher -K $key -iv $iv -in packed | cmp - data && echo "$cipher"
done 2>&1 | grep -v warning
for cipher in aes-256-cbc chacha20; do openssl enc -$cipher -K $key$key -iv $iv -in data | md5sum; done
openssl enc -des-ede3-cbc -K $key${key:0:16} -iv ${iv:0:16} -in data | md5sum
openssl enc -aes-256-cbc -pbkdf2 -iter 50 -S 0102030405060708 -pass pass:secret -in data -out packed; openssl enc -d -aes-256-cbc -pbkdf2 -iter 50 -S 0102030405060708 -pass pass:secret -in packed | cmp - data && echo 'by password'
