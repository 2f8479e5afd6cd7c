seq 1 6000 > data; head -c 20000 /usr/bin/dash | od -An -tx1 >> data
for tool in 'gzip -n' bzip2 'xz -0' 'xz -T2 --block-size=20000 -1' 'zstd -q -3' 'zstd -q -T2 -1'; do
  $tool -c data > packed; echo "$tool: $(wc -c < packed) $(md5sum < packed)"; ${tool%% *} -dc packed | cmp - data && echo same
done
gzip -c data | gzip -l - | tail -n 1 | awk '{print $2}'; printf 'broken' | xz -d; echo $?; gzip -t data; echo $?; zstd -q -t data; echo $?
bzip2 -c data > d.bz2; printf 'X' | dd of=d.bz2 bs=1 seek=500 conv=notrunc status=none; bzip2 -t d.bz2; echo $?
