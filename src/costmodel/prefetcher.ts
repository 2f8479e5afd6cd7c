/**
 * The L1 stride prefetcher of DDI 0464 6.5.2: one stream, trained by `trigger` misses a constant stride apart (at most
 * ±4 lines). Training starts anew in each 4 KiB page, since the next physical frame is unknown; that the trained stride
 * is dropped at the boundary is an assumption, which the small published difference between 4 KiB and 2 MiB stage-2
 * pages on compute-bound streams supports.
 */
import type {Machine} from './machine.ts';

export class Prefetcher {
  /** Lines between prefetches; 0 while untrained. */
  stride = 0;
  private last = -1;
  private misses = 0;
  private readonly trigger: number;
  private readonly maximumStride: number;
  private readonly pageLines: number;

  constructor(machine: Machine) {
    this.trigger = machine.prefetchTrigger;
    this.maximumStride = machine.prefetchStride;
    this.pageLines = machine.prefetchPageLines;
  }

  /** A load or PLD missed `line`. Returns whether the stream is trained. */
  miss(line: number): boolean {
    const difference = line - this.last;
    if (!this.samePage(line, this.last)) {
      this.stride = 0;
      this.misses = 1;
    } else if (difference !== 0 && difference === this.stride) {
      this.misses++;
    } else {
      const usable = difference !== 0 && Math.abs(difference) <= this.maximumStride;
      this.stride = usable ? difference : 0;
      this.misses = usable ? 2 : 1;
    }
    this.last = line;
    return this.misses >= this.trigger;
  }

  /** The stream caught up with a prefetched line: it goes on from there. */
  advance(line: number): boolean {
    this.last = line;
    return this.misses >= this.trigger;
  }

  samePage(line: number, other: number): boolean {
    return other >= 0 && Math.floor(line / this.pageLines) === Math.floor(other / this.pageLines);
  }
}
