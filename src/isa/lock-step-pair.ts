/** Two emulators of one program, led through the same instruction counts. */
import type {Emulator, EmulatorOptions} from './emulator.ts';
import type {EngineName} from './engine/engine.ts';
import type {Progress} from './lock-step-state.ts';

export interface PairPlan {
  readonly elf: Uint8Array | undefined;
  readonly options: Omit<EmulatorOptions, 'engine' | 'write' | 'warn'>;
  /** The reference and the engine under test. */
  readonly engines: readonly [EngineName, EngineName];
  readonly create: (elf: Uint8Array | undefined, options: EmulatorOptions) => Emulator;
}

/** One emulator, with what it did since that was taken last. */
export class Runner {
  readonly emulator: Emulator;
  /** The message of what it cannot go on for. */
  error: string | undefined = undefined;
  #hasExited = false;
  #records: Uint32Array[] = [];
  #output = new Map<number, Uint8Array[]>();
  #warnings: string[] = [];

  constructor({elf, options, create}: PairPlan, engine: EngineName) {
    this.emulator = create(elf, {
      ...options,
      engine,
      write: (fd, data) => {
        const chunks = this.#output.get(fd);
        if (chunks) chunks.push(data.slice());
        else this.#output.set(fd, [data.slice()]);
      },
      warn: (line) => this.#warnings.push(line),
    });
  }

  get hasEnded(): boolean {
    return this.#hasExited || this.error !== undefined;
  }

  /** Up to the first block boundary at or after an instruction count. */
  runTo(count: number): void {
    if (this.hasEnded) return;
    const {emulator} = this;
    try {
      for (;;) {
        const result = emulator.run(count - emulator.instructions);
        this.#takeRecords();
        if (result === 'exited') this.#hasExited = true;
        if (result !== 'buffer-full') return;
      }
    } catch (error) {
      this.#takeRecords();
      this.error = String(error);
    }
  }

  take(): Progress {
    const output = new Map([...this.#output].map(([fd, chunks]) => [fd, Buffer.concat(chunks)] as const));
    const progress = {
      emulator: this.emulator,
      records: joined(this.#records),
      output,
      warnings: this.#warnings,
      ending: this.#ending(),
    };
    this.#records = [];
    this.#output = new Map();
    this.#warnings = [];
    return progress;
  }

  #ending(): string | undefined {
    if (!this.#hasExited) return this.error;
    return this.emulator.signal ?? `exit code ${this.emulator.exitCode}`;
  }

  #takeRecords(): void {
    const {trace} = this.emulator;
    if (trace.length > 0) this.#records.push(trace.words.slice(0, trace.length));
    trace.clear();
  }
}

const joined = (parts: readonly Uint32Array[]): Uint32Array => {
  const all = new Uint32Array(parts.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export class Pair {
  readonly plan: PairPlan;
  readonly runners: readonly [Runner, Runner];

  constructor(plan: PairPlan) {
    this.plan = plan;
    this.runners = [new Runner(plan, plan.engines[0]), new Runner(plan, plan.engines[1])];
  }

  /** Of the reference. */
  get instructions(): number {
    return this.runners[0].emulator.instructions;
  }

  get hasEnded(): boolean {
    return this.runners.some(({hasEnded}) => hasEnded);
  }

  /** Leads both to a count. @returns what they did since the last time. */
  runTo(count: number): readonly [Progress, Progress] {
    for (const runner of this.runners) runner.runTo(count);
    return [this.runners[0].take(), this.runners[1].take()];
  }

  /** Leads both from the start through counts. */
  static at(plan: PairPlan, counts: readonly number[]): Pair {
    const pair = new Pair(plan);
    for (const count of counts) pair.runTo(count);
    return pair;
  }
}
