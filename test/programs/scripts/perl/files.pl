use strict; use warnings;
open my $out, '>', 'numbers' or die; printf {$out} "%04d\n", $_ for 1 .. 500; close $out;
open my $file, '+<', 'numbers' or die; seek $file, 5 * 99, 0; my $line = <$file>; print $line, tell $file, "\n"; seek $file, -5, 2; print {$file} "last\n"; close $file;
print -s 'numbers', ' ', (-e 'missing' ? 'yes' : "no: $!"), "\n"; local $/; open $file, '<', 'numbers'; my $all = <$file>; print substr $all, -10; print "\n";
mkdir 'dir'; rename 'numbers', 'dir/renamed'; symlink 'renamed', 'dir/link'; opendir my $d, 'dir'; print join(' ', sort readdir $d), ' ', readlink('dir/link'), "\n"; closedir $d;
utime 1e9, 1e9, 'dir/renamed'; chmod 0600, 'dir/renamed'; printf "%o %d\n", (stat 'dir/renamed')[2, 9]; print join(' ', glob 'dir/*'), "\n"; truncate 'dir/renamed', 12; print -s _ , ' ', -s 'dir/renamed', "\n";
unlink 'dir/link', 'dir/renamed'; print rmdir('dir') ? "removed\n" : "kept\n"; print "$0 @ARGV $ENV{LC_ALL}\n"; print while <DATA>; die "done\n";
__DATA__
from the script's end
