/** Runs a static Arm Linux program in user mode and records what its memory system would see. */
import type {Block} from '../trace/blocks.ts';
import {TraceBuffer} from '../trace/buffer.ts';
import {MARKER_ID, type Marker} from '../trace/records.ts';
import {type Bytes, bytes, MEBIBYTE} from '../units.ts';
import {Cpu} from './core/cpu.ts';
import {SP} from './core/operation.ts';
import {CodeCache} from './engine/code-cache.ts';
import {createEngine, type Engine, type EngineName} from './engine/engine.ts';
import {parseElf} from './linux/elf.ts';
import {buildStack, loadSegments, type Profile} from './linux/load.ts';
import {Process} from './linux/process.ts';
import {callSystem} from './linux/system-calls.ts';
import {callUserHelper, isUserHelper} from './linux/user-helpers.ts';
import {RING_BYTES, RING_CURSOR_OFFSET, RING_OFFSET} from './memory/layout.ts';
import {Memory} from './memory/memory.ts';

export interface EmulatorOptions {
  /** Name of the program, for messages and AT_EXECFN. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  /** All that the guest may map, stack (8 MiB) included. */
  readonly memoryLimit?: Bytes;
  /** What AT_HWCAP and AT_PLATFORM announce; the instruction set is the same. */
  readonly profile?: Profile;
  /** Of AT_RANDOM and getrandom. */
  readonly seed?: number;
  readonly engine?: EngineName;
  readonly write: (fd: number, data: Uint8Array) => void;
  readonly warn: (line: string) => void;
  /** 'markers' records from trapwalk:warm (or begin) to trapwalk:end; 'all' from the first instruction. Nothing by default. */
  readonly record?: 'markers' | 'all';
}

export type RunResult = 'exited' | 'buffer-full' | 'limit';

const DEFAULT_MEMORY_LIMIT = bytes(256 * MEBIBYTE);
/** Instructions between two looks at the limit: keeps the inner loop's counter a small integer. */
const SLICE = 2 ** 28;

/** Marsaglia's xorshift32: deterministic bytes, no more. */
const generator = (seed: number): (() => number) => {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
};

export class Emulator {
  readonly cpu: Cpu;
  /** The records made, for the caller to take and to clear. */
  readonly trace: TraceBuffer;
  readonly #cache: CodeCache;
  readonly #engine: Engine;
  readonly #process: Process;
  readonly #record: 'markers' | 'all' | undefined;

  /** @throws ElfError when the file cannot be run. */
  constructor(elf: Uint8Array, options: EmulatorOptions) {
    const {path, argv, env = [], profile = 'v5-soft', seed = 1, write, warn} = options;
    const executable = parseElf(path, elf);
    const random = generator(seed);
    const memory = new Memory(options.memoryLimit ?? DEFAULT_MEMORY_LIMIT);
    this.#record = options.record;
    this.trace = new TraceBuffer(
      new Uint32Array(memory.wasm.buffer, RING_OFFSET, RING_BYTES / 4),
      new Int32Array(memory.wasm.buffer, RING_CURSOR_OFFSET, 1),
    );
    this.cpu = new Cpu(memory, this.trace);
    this.cpu.recording = this.#record === 'all';
    this.#cache = new CodeCache(memory);
    this.#engine = createEngine(options.engine ?? 'interpret', this.cpu, this.#cache, isUserHelper);
    const port = {write, warn, marker: (marker: Marker) => this.#mark(marker), instructions: () => this.instructions};
    this.#process = new Process(this.cpu, executable, port, random);
    loadSegments(memory, executable, path);
    this.cpu.r[SP] = buildStack(memory, executable, {path, argv, env, profile}, random);
    this.cpu.next = executable.entry | 0;
  }

  /** Instructions executed, those whose condition failed included. Also the guest's clock in ns (a nominal 1 GHz). */
  get instructions(): number {
    return this.#engine.instructions;
  }

  get blocks(): Block[] {
    return this.#cache.blocks;
  }

  get exitCode(): number | undefined {
    return this.#process.exitCode;
  }

  /**
   * Executes at least `maxInstructions` (up to the end of the block that reaches them) unless the program exits or the
   * trace buffer is above its high mark, which the caller then drains.
   * @throws GuestFault, UndefinedInstruction, UnmodelledInstruction: the guest cannot go on; `instructions` counts those
   * before the culprit.
   */
  run(maxInstructions: number): RunResult {
    const limit = this.instructions + maxInstructions;
    const {cpu, trace} = this;
    while (this.exitCode === undefined) {
      if (cpu.recording && trace.length > trace.high) return 'buffer-full';
      if (this.instructions >= limit) return 'limit';
      this.#engine.run(Math.min(limit - this.instructions, SLICE));
      this.#serve();
    }
    return 'exited';
  }

  #serve(): void {
    const {cpu} = this;
    const call = cpu.supervisorCall;
    if (call !== undefined) {
      cpu.supervisorCall = undefined;
      if (cpu.recording) this.trace.event('supervisor-call', cpu.r[7]!);
      callSystem(this.#process, call);
    } else if (isUserHelper(cpu.next)) callUserHelper(cpu);
  }

  #mark(marker: Marker): void {
    if (this.#record === undefined) return;
    const {cpu} = this;
    if (marker !== 'end') cpu.recording = true;
    if (cpu.recording) this.trace.event('marker', MARKER_ID[marker]);
    if (marker === 'end') cpu.recording = this.#record === 'all';
  }
}
