/** The guest's time: an instruction takes a nanosecond, and sleeping while nobody can run takes its time. */
const NANOSECONDS = 1e9;

export type Time = readonly [seconds: number, nanoseconds: number];

export class Clock {
  readonly #instructions: () => number;
  #idle = 0;

  /** @param instructions executed by all tasks. */
  constructor(instructions: () => number) {
    this.#instructions = instructions;
  }

  /** Nanoseconds since the start. */
  get now(): number {
    return this.#instructions() + this.#idle;
  }

  /** CLOCK_REALTIME of a guest that starts at `epoch`, in seconds. */
  since(epoch: number): Time {
    const {now} = this;
    return [epoch + Math.floor(now / NANOSECONDS), now % NANOSECONDS];
  }

  skipTo(time: number): void {
    this.#idle += Math.max(0, time - this.now);
  }
}
