/** One program in two memories, under the interpreter and under the translator, for comparison after each run. */
import {Cpu} from '../../../src/isa/core/cpu.ts';
import {hexadecimal} from '../../../src/isa/core/errors.ts';
import {STATE, VFP_WORDS} from '../../../src/isa/core/state.ts';
import {CodeCache} from '../../../src/isa/engine/code-cache.ts';
import type {Engine} from '../../../src/isa/engine/engine.ts';
import {Interpreter} from '../../../src/isa/engine/interpreter.ts';
import {EXECUTABLE, READABLE, WRITABLE} from '../../../src/isa/memory/address-space.ts';
import {RING_BYTES, RING_CURSOR_OFFSET, RING_OFFSET, RING_RESERVE} from '../../../src/isa/memory/layout.ts';
import {Memory} from '../../../src/isa/memory/memory.ts';
import {Translator} from '../../../src/isa/translate/translator.ts';
import {TraceBuffer} from '../../../src/trace/buffer.ts';
import {bytes, MEBIBYTE} from '../../../src/units.ts';
import {SCRATCH, SCRATCH_BYTES} from '../random-cases.ts';

/** Words of a core's state that count: all but r15 and what is behind d31. */
const STATE_WORDS = STATE.vfp + VFP_WORDS;
const NAMES = Object.entries(STATE);

const wordName = (word: number): string => {
  if (word >= STATE.vfp) return `word ${word - STATE.vfp} of d0–d31`;
  if (word < STATE.negative) return `r${word}`;
  return NAMES.find(([, at]) => at === word)?.[0] ?? `word ${word}`;
};

export interface Twin<E extends Engine> {
  readonly cpu: Cpu<Memory>;
  readonly cache: CodeCache;
  readonly engine: E;
}

const createTwin = <E extends Engine>(
  engineOf: (cpu: Cpu<Memory>, cache: CodeCache) => E,
  codeEnd: number,
  code: number,
) => {
  const memory = new Memory(bytes(64 * MEBIBYTE));
  const trace = new TraceBuffer(
    new Uint32Array(memory.wasm.buffer, RING_OFFSET, RING_BYTES / 4),
    new Int32Array(memory.wasm.buffer, RING_CURSOR_OFFSET, 1),
    RING_RESERVE,
  );
  const cpu = new Cpu(memory, trace);
  const cache = new CodeCache(memory);
  memory.map(code, codeEnd, READABLE | EXECUTABLE);
  memory.map(SCRATCH, SCRATCH + SCRATCH_BYTES, READABLE | WRITABLE);
  return {cpu, cache, engine: engineOf(cpu, cache)};
};

/** Executions of a block after which it is translated. */
export const HOT_AFTER = 2;
const noHostCall = (): boolean => false;
const PAGE = 0x1000;

export class Twins {
  readonly interpreted: Twin<Interpreter>;
  readonly translated: Twin<Translator>;

  /** @param code the program's bytes, and where they are. */
  constructor(address: number, code: Uint8Array) {
    const end = address + Math.ceil(code.length / PAGE) * PAGE;
    this.interpreted = createTwin((cpu, cache) => new Interpreter(cpu, cache, noHostCall), end, address);
    this.translated = createTwin(
      (cpu, cache) => new Translator(cpu, cache, noHostCall, {hotAfter: HOT_AFTER}),
      end,
      address,
    );
    for (const {cpu} of this.#both()) cpu.memory.load(address, code);
  }

  #both() {
    return [this.interpreted, this.translated] as const;
  }

  set recording(recording: boolean) {
    for (const {cpu} of this.#both()) cpu.recording = recording;
  }

  /** Starts both at an address, in a state that `prepare` sets; scratch memory is `scratch`. */
  start(next: number, scratch: Uint8Array, prepare: (cpu: Cpu) => void): void {
    for (const {cpu} of this.#both()) {
      cpu.state.fill(0, 0, STATE_WORDS);
      cpu.zero = 1;
      cpu.memory.write(SCRATCH, scratch);
      cpu.trace.clear();
      cpu.supervisorCall = undefined;
      cpu.next = next | 0;
      prepare(cpu);
    }
  }

  /** @returns what went wrong where, of either, as text. */
  run(budget: number): readonly (string | undefined)[] {
    return this.#both().map(({engine}) => {
      try {
        engine.run(budget);
        return undefined;
      } catch (error) {
        return String(error);
      }
    });
  }

  differences(): readonly string[] {
    const [mine, reference] = [this.translated, this.interpreted];
    const found: string[] = [];
    for (let word = 0; word < STATE_WORDS; word++) {
      const [is, not] = [mine.cpu.state[word]!, reference.cpu.state[word]!];
      if (word !== 15 && !sameWord(word, is, not)) {
        found.push(`${wordName(word)} is ${hexadecimal(is)}, not ${hexadecimal(not)}`);
      }
    }
    const [own, other] = [mine, reference].map(({cpu}) => Buffer.from(cpu.memory.read(SCRATCH, SCRATCH_BYTES)!)) as [
      Buffer,
      Buffer,
    ];
    if (!own.equals(other)) found.push('memory differs');
    if (mine.engine.instructions !== reference.engine.instructions) {
      found.push(`${mine.engine.instructions} instructions, not ${reference.engine.instructions}`);
    }
    const [trace, otherTrace] = [mine, reference].map(({cpu}) => cpu.trace.words.slice(0, cpu.trace.length).join());
    if (trace !== otherTrace) found.push(`records ${trace}, not ${otherTrace}`);
    return found;
  }
}

/** N and Z are kept as numbers that have them. */
const sameWord = (word: number, a: number, b: number): boolean => {
  if (word === STATE.negative) return a < 0 === b < 0;
  if (word === STATE.zero) return (a === 0) === (b === 0);
  return a === b;
};
