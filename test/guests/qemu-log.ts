/**
 * Boundaries from what QEMU logs with {@link LOG_ARGUMENTS}: target/arm/helper.c tells of exceptions and returns, and
 * accel/tcg/cpu-exec.c of the registers before the first block of a handler, as `arm_cpu_dump_state` writes them.
 */
import type {Boundary} from './boundary.ts';

/** The vectors alone have their registers logged: Linux puts them high. QEMU logs to standard error. */
export const LOG_ARGUMENTS = ['-d', 'int,cpu,fpu', '-dfilter', '0xffff0000+0x20'] as const;

const TAKING = /^Taking exception \d+ \[(.*)\] on CPU 0/;
const FAULT = /^\.\.\.with ([DI])FSR 0x([0-9a-f]+) [DI]FAR 0x([0-9a-f]+)/;
const RETURN = /^Exception return from AArch32 \w+ to usr PC 0x([0-9a-f]+)/;
/** One of a core register, the status, or a register of 64 bits. */
const REGISTER = /\b(R|d)(\d\d)=([0-9a-f]+)|\b(PSR)=([0-9a-f]+)/g;
const LAST = /^FPSCR: ([0-9a-f]+)/;
const CALL = 'Hypervisor Call';
const CALL_DONE = '...handled as PSCI call';
const word = (digits: string): string => digits.padStart(8, '0');

/** Takes the log line by line. */
class Log {
  #event: string | undefined;
  #state = new Map<string, string>();

  /** @returns the boundary that the line completes. */
  take(line: string): Boundary | undefined {
    const taking = TAKING.exec(line);
    if (taking !== null) {
      this.#event = taking[1]!;
      this.#state = new Map();
      return undefined;
    }
    const back = RETURN.exec(line);
    if (back !== null) return {event: 'return to usr', state: new Map([['target', word(back[1]!)]])};
    return this.#event === undefined ? undefined : this.#detail(this.#event, line);
  }

  #detail(event: string, line: string): Boundary | undefined {
    const fault = FAULT.exec(line);
    if (fault !== null) {
      const [, kind, status, address] = fault;
      this.#state.set(`${kind!.toLowerCase()}fsr`, word(status!)).set(`${kind!.toLowerCase()}far`, word(address!));
    }
    for (const [, kind, number, value, status, bits] of line.matchAll(REGISTER)) {
      if (status === undefined) this.#state.set(`${kind!.toLowerCase()}${Number(number)}`, value!);
      else this.#state.set('cpsr', bits!);
    }
    const last = LAST.exec(line);
    if (last !== null) this.#state.set('fpscr', last[1]!);
    if (last === null && !(event === CALL && line === CALL_DONE)) return undefined;
    this.#event = undefined;
    return {event, state: this.#state};
  }
}

/** @param chunks of the log. */
export async function* qemuBoundaries(chunks: AsyncIterable<string>): AsyncGenerator<Boundary> {
  const log = new Log();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const boundary = log.take(line);
      if (boundary !== undefined) yield boundary;
    }
  }
}
