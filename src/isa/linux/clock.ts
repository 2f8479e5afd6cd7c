/** The guest's time: an instruction takes a nanosecond, and sleeping while nobody can run takes its time. */
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

  skipTo(time: number): void {
    this.#idle += Math.max(0, time - this.now);
  }
}
