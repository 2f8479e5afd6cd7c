use strict; use warnings; use bigint;
my $f = 1; $f *= $_ for 1 .. 25; print "$f\n"; print 2**127 - 1, "\n"; print +(2**89 - 1) % 1000000007, "\n";
my ($a, $b) = (0, 1); ($a, $b) = ($b, $a + $b) for 1 .. 100; print "$a\n";
