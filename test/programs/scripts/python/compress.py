import base64, binascii, bz2, hashlib, hmac, lzma, zlib
data = b"".join(b"%d %d\n" % (i, i * i) for i in range(1200))
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"): print(name, hashlib.new(name, data).hexdigest())
print(hmac.new(b"key", data, "sha256").hexdigest(), hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 500).hex(), hashlib.shake_128(data).hexdigest(8))
for module in (zlib, bz2, lzma): packed = module.compress(data); print(module.__name__, len(packed), hashlib.md5(packed).hexdigest(), module.decompress(packed) == data)
print(zlib.crc32(data), zlib.adler32(data), binascii.crc_hqx(data, 0), base64.b85encode(data[:20]), base64.b32encode(data[:10]))
try: zlib.decompress(b"nonsense")
except zlib.error as error: print(error)
