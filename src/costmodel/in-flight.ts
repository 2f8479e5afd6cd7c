/** The latest requests of one kind, of which at most so many may be under way: the next waits for the one that many before it. */
export class InFlight {
  private readonly done: Float64Array;
  private next = 0;

  /** @param most how many may be under way, at least 1. */
  constructor(most: number) {
    this.done = new Float64Array(most);
  }

  /** The earliest time from `time` on at which the next may begin. */
  free(time: number): number {
    const oldest = this.done[this.next]!;
    return oldest > time ? oldest : time;
  }

  /** One has begun that will be over at `done`. */
  begin(done: number): void {
    this.done[this.next] = done;
    this.next = (this.next + 1) % this.done.length;
  }
}
