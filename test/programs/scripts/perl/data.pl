use strict; use warnings;
my @records = map {{id => $_, value => ($_ * 7919) % 1009, name => chr(97 + $_ % 26) x 3}} 1 .. 400;
my @sorted = sort {$a->{value} <=> $b->{value} or $a->{id} <=> $b->{id}} @records;
print join(' ', map {"$_->{id}:$_->{value}"} @sorted[0 .. 5]), "\n";
my %group; push @{$group{$_->{name}}}, $_->{id} for @records; print join(' ', map {scalar @{$group{$_}}} sort keys %group), "\n";
my @primes = grep {my $n = $_; !grep {$n % $_ == 0} 2 .. sqrt $n} 2 .. 300; print "@primes[-5..-1]\n";
my @fib = (1, 1); push @fib, $fib[-1] + $fib[-2] while @fib < 80; print "$fib[79]\n";
sub counter {my $n = shift; return {next => sub {++$n}, reset => sub {$n = 0}}} my $c = counter(5); $c->{next}() for 1 .. 3; print $c->{next}(), "\n";
print join(',', unpack('H*', pack('NnCa3x2d<f>w', 0xdeadbeef, 513, 7, 'abcd', 1.5, -2.25, 300))), "\n";
print join(' ', unpack('l< s> C/a* Z*', pack('l< s> C/a* Z*', -5, -300, 'counted', 'zero'))), "\n";
printf "%.15g %.17g %s %s %s\n", 0.1 + 0.2, 1e23, 1e15 + 0.3, 9**20, -7 / 2;
printf "%s %s %s %d\n", 9**9**9, -9**9**9, 10 % -3, 18446744073709551615;
printf "%.10f %.10f %.10f %.10f\n", sin 1, cos 2, exp 3, log 4; print int(-3.7), ' ', 2**0.5, ' ', abs(-4), ' ', hex('ff'), ' ', oct('0b101'), "\n";
my @stack = (1 .. 10); splice @stack, 2, 3, 'a' .. 'c'; print "@stack | @{[reverse @stack]} | ", join('-', @stack[grep {$_ % 2} 0 .. $#stack]), "\n";
local $@; eval {die {code => 42}}; print "died with $@->{code}\n"; eval {my $x = 1 / ($#stack - 9)}; print $@;
package Shape {sub new {my ($class, %a) = @_; bless {%a}, $class} sub area {0} sub show {my $s = shift; printf "%s %.3f\n", ref $s, $s->area}}
package Circle {our @ISA = 'Shape'; sub area {3.14159265 * $_[0]{r} ** 2}} package Square {our @ISA = 'Shape'; sub area {$_[0]{a} ** 2}}
$_->show for Circle->new(r => 2), Square->new(a => 3), Shape->new;
use Data::Dumper; $Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1; print Dumper({list => [1, 'two', undef], hash => {k => \'v'}});
