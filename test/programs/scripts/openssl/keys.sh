printf 'signed by the script' > message
openssl dgst -sha256 -sign /home/rsa.pem message > rsa.sig; md5sum rsa.sig; openssl rsa -in /home/rsa.pem -pubout -out rsa.pub 2> /dev/null; openssl dgst -sha256 -verify rsa.pub -signature rsa.sig message; echo x >> message; openssl dgst -sha256 -verify rsa.pub -signature rsa.sig message 2> /dev/null; echo $?
printf 'signed by the script' > message; openssl pkeyutl -sign -rawin -inkey /home/ed25519.pem -in message -out ed.sig; od -An -tx1 ed.sig; openssl pkey -in /home/ed25519.pem -pubout -out ed.pub; openssl pkeyutl -verify -rawin -pubin -inkey ed.pub -sigfile ed.sig -in message
openssl ec -in /home/ec.pem -pubout -out ec.pub 2> /dev/null; openssl dgst -sha256 -sign /home/ec.pem message > ec.sig; openssl dgst -sha256 -verify ec.pub -signature ec.sig message
echo 'MEYCIQDKNvFJf2KDZvMwts6jhZ8ue/fHDij/3K/pPUddkL4CpAIhAKEguYeT9lAq3Ob/Mjv4Z/SpJqDiW6VIxkXn/y/XHCBl' | base64 -d > fixed.sig; openssl dgst -sha256 -verify ec.pub -signature fixed.sig message
openssl pkeyutl -derive -inkey /home/ec.pem -peerkey ec.pub | md5sum
openssl pkey -in /home/ec.pem -text -noout; openssl x509 -in /home/certificate.pem -noout -subject -fingerprint -sha256 -text | head -n 12; openssl verify -attime 1900000000 -CAfile /home/certificate.pem /home/certificate.pem; openssl asn1parse -in /home/ec.pem | tail -n 3
openssl errstr 0407006A; openssl rsa -in missing.pem 2> /dev/null; echo $?
