use strict; use warnings; $| = 1;
pipe my $reader, my $writer or die; my $pid = fork;
if (!$pid) {close $reader; print {$writer} "square $_ ", $_ ** 2, "\n" for 1 .. 5; close $writer; exit 3}
close $writer; print while <$reader>; waitpid $pid, 0; print 'child ', $? >> 8, "\n";
my $caught = 0; local $SIG{ALRM} = sub {$caught++; die "alarm\n"}; eval {alarm 1; select undef, undef, undef, 5; alarm 0}; print "caught $caught $@";
local $SIG{USR1} = sub {print "usr1\n"}; kill USR1 => $$; local $SIG{__WARN__} = sub {print "warned: $_[0]"}; warn "careful\n";
print `echo backtick; exit 2`, $? >> 8, "\n"; system 'sh', '-c', 'kill -9 $$'; print $? & 127, "\n";
open my $sort, '|-', 'sort -r' or die; print {$sort} "$_\n" for qw(b c a); close $sort;
open my $in, '-|', 'seq 1 3' or die; chomp(my @l = <$in>); close $in; print "@l\n";
use Socket; socketpair my $x, my $y, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die; if (!fork) {syswrite $y, 'through a socket'; exit} sysread $x, my $got, 100; wait; print "$got\n";
my @children = map {my $n = $_; fork // die; } 0 .. 0; if (!$children[0]) {exit 1} 1 while wait != -1; print "none left\n";
local $SIG{CHLD} = 'IGNORE'; exec 'sh', '-c', 'echo replaced; exit 6';
