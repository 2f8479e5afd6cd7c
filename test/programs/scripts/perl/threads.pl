use strict; use warnings; use threads; use threads::shared; use Thread::Queue;
my $total :shared = 0; my $queue = Thread::Queue->new(1 .. 40); $queue->end;
my @workers = map {threads->create(sub {my $sum = 0; while (defined(my $n = $queue->dequeue)) {lock $total; $total += $n * $n; $sum++} $sum})} 1 .. 3;
my $items = 0; $items += $_->join for @workers; print "$items $total\n";
