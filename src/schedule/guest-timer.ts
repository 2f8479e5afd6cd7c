/**
 * A vCPU's virtual timer in the host's time. A recording has the ticks that came at its own speed; the host's time decides how
 * many there are. A tick that repeats keeps its period: one that the recording lacks is added, and what waits for one waits
 * for the next. A timer that is set anew for each occasion is due as long after that as it was recorded.
 */

/** Two periods that differ by less than this part are the same. */
const TOLERANCE = 0.01;

export class GuestTimer {
  readonly #cyclesPerNanosecond: number;
  /** In place of the recorded one, cycles. */
  readonly #ownPeriod: number | undefined;
  /** Of the first tick; undefined where none is programmed. */
  #first: number | undefined;
  #lastDue = 0;
  #recordedPeriod: number | undefined;
  #isPeriodic = true;
  #due = Number.POSITIVE_INFINITY;
  #executed = 0;

  constructor(cyclesPerNanosecond: number, period: number | undefined) {
    this.#cyclesPerNanosecond = cyclesPerNanosecond;
    this.#ownPeriod = period;
  }

  /** The guest programs it at `time` to be due at `due`, nanoseconds of guest time; not enabled, it is never due. */
  program(isEnabled: boolean, time: number, due: number, now: number): void {
    if (!isEnabled) {
      this.#due = Number.POSITIVE_INFINITY;
      return;
    }
    this.#due = now + Math.max(0, due - time) * this.#cyclesPerNanosecond;
    if (this.#first === undefined) this.#first = this.#due;
    else {
      const period = due - this.#lastDue;
      this.#recordedPeriod ??= period;
      if (period <= 0 || Math.abs(period - this.#recordedPeriod) > TOLERANCE * this.#recordedPeriod)
        this.#isPeriodic = false;
    }
    this.#lastDue = due;
  }

  /** Its interrupt was taken. */
  taken(): void {
    this.#executed++;
  }

  /** The measurement begins: ticks count from here. */
  restart(now: number): void {
    const period = this.#period;
    if (period === undefined || this.#first === undefined) return;
    this.#first += Math.ceil(Math.max(0, now - this.#first) / period) * period;
    this.#executed = 0;
  }

  /** When it is due next after `now`; infinite where it is not programmed. */
  next(now: number): number {
    const period = this.#period;
    if (this.#first === undefined || period === undefined) return this.#due;
    return now < this.#first ? this.#first : this.#first + (Math.floor((now - this.#first) / period) + 1) * period;
  }

  /** When its interrupt is there for who waits for one from `now` on: at once if one is overdue. */
  nextInterrupt(now: number): number {
    return Math.min(this.next(now), Math.max(now, this.missing));
  }

  /** When a tick is due that the recording is behind with; infinite where that is not known yet. */
  get missing(): number {
    const period = this.#period;
    return this.#first === undefined || period === undefined
      ? Number.POSITIVE_INFINITY
      : this.#first + this.#executed * period;
  }

  get #period(): number | undefined {
    if (!this.#isPeriodic || this.#recordedPeriod === undefined) return undefined;
    return this.#ownPeriod ?? this.#recordedPeriod * this.#cyclesPerNanosecond;
  }
}
