use strict; use warnings;
use Digest::MD5 'md5_hex'; use Digest::SHA qw(sha256_hex sha512_base64); use MIME::Base64; use Encode; use List::Util qw(sum reduce first max shuffle uniq);
use POSIX qw(floor ceil fmod strftime); use Time::Local; use Storable qw(freeze thaw dclone); use Scalar::Util qw(blessed reftype looks_like_number);
my $data = join ',', 1 .. 3000; print md5_hex($data), "\n", sha256_hex($data), "\n", sha512_base64($data), "\n", encode_base64(substr $data, 0, 60);
print sum(1 .. 100), ' ', (reduce {$a * $b} 1 .. 15), ' ', (first {$_ * $_ > 200} 1 .. 20), ' ', max(3, 9, 4), ' ', join(',', uniq(1, 1, 2)), "\n";
print floor(-2.5), ceil(2.1), ' ', fmod(10, 3.5), ' ', strftime('%Y-%m-%d %H:%M:%S', gmtime 1e9), ' ', timegm(0, 0, 0, 1, 0, 2000), "\n";
my $copy = dclone({a => [1, {b => 2}]}); print thaw(freeze($copy))->{a}[1]{b}, ' ', length(encode('UTF-16', "\x{e9}t\x{e9}")), ' ', looks_like_number('1e5') ? 1 : 0, "\n";
srand 42; my @r = map {rand} 1 .. 3; printf "%.12f %.12f %.12f\n", @r;
