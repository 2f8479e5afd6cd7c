/** Loads of the running block whose lines are on their way, in the order in which the core comes to need them. */
import {MAX_BLOCK_INSTRUCTIONS} from '../trace/blocks.ts';

/** A load multiple touches up to three lines. */
const MOST = 3 * MAX_BLOCK_INSTRUCTIONS;

export class LoadWaits {
  private readonly uses = new Uint8Array(MOST);
  private readonly ready = new Float64Array(MOST);
  private readonly causes = new Uint8Array(MOST);
  private count = 0;
  private readonly counts: Float64Array;

  constructor(counts: Float64Array) {
    this.counts = counts;
  }

  /** A line that will be there at `ready`, for the instruction at index `use`; the wait counts as `cause`, a stall metric. */
  add(use: number, ready: number, cause: number): void {
    let at = this.count++;
    for (; at > 0 && this.uses[at - 1]! > use; at--) this.move(at - 1, at);
    this.uses[at] = use;
    this.ready[at] = ready;
    this.causes[at] = cause;
  }

  /** The core is about to issue the instruction at index `slot`. Returns when it can. */
  settle(slot: number, time: number): number {
    let now = time;
    let settled = 0;
    for (; settled < this.count && this.uses[settled]! <= slot; settled++) {
      const wait = Math.ceil(this.ready[settled]! - now);
      if (wait <= 0) continue;
      this.counts[this.causes[settled]!]! += wait;
      now += wait;
    }
    this.count -= settled;
    for (let at = 0; at < this.count; at++) this.move(at + settled, at);
    return now;
  }

  private move(from: number, to: number): void {
    this.uses[to] = this.uses[from]!;
    this.ready[to] = this.ready[from]!;
    this.causes[to] = this.causes[from]!;
  }
}
