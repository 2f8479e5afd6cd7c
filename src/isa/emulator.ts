/** Runs a static Arm Linux program in user mode and records what its memory system would see. */
import type {Block} from '../trace/blocks.ts';
import {TraceBuffer} from '../trace/buffer.ts';
import {ACCESS_WORDS, blockRecord, MARKER_ID, type Marker} from '../trace/records.ts';
import {type Bytes, bytes, MEBIBYTE} from '../units.ts';
import {decodeA32} from './a32.ts';
import {type CodeBlock, CodeCache, SLOT_MASK} from './code-cache.ts';
import {Cpu} from './cpu.ts';
import {parseElf} from './elf.ts';
import {GuestFault, UnmodelledInstruction} from './errors.ts';
import {buildStack, loadSegments, type Profile} from './linux/load.ts';
import {Process} from './linux/process.ts';
import {callSystem} from './linux/system-calls.ts';
import {callUserHelper, isUserHelper} from './linux/user-helpers.ts';
import {Memory} from './memory.ts';
import {SP} from './operation.ts';

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
  readonly write: (fd: number, data: Uint8Array) => void;
  readonly warn: (line: string) => void;
  readonly trace?: TraceBuffer;
  /** 'markers' records from trapwalk:warm (or begin) to trapwalk:end; 'all' from the first instruction. */
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
  /** Instructions executed, those whose condition failed included. Also the guest's clock in ns (a nominal 1 GHz). */
  instructions = 0;
  readonly cpu: Cpu;
  readonly #cache: CodeCache;
  readonly #process: Process;
  readonly #recordsAll: boolean;
  readonly #hasTrace: boolean;
  /** The block in progress, for the count when it ends in an error. */
  #current: CodeBlock | undefined = undefined;

  /** @throws ElfError when the file cannot be run. */
  constructor(elf: Uint8Array, options: EmulatorOptions) {
    const {path, argv, env = [], profile = 'v5-soft', seed = 1, write, warn} = options;
    const executable = parseElf(path, elf);
    const random = generator(seed);
    const memory = new Memory(options.memoryLimit ?? DEFAULT_MEMORY_LIMIT);
    this.#hasTrace = options.trace !== undefined;
    this.#recordsAll = options.record === 'all';
    this.cpu = new Cpu(memory, options.trace ?? new TraceBuffer());
    this.cpu.recording = this.#hasTrace && this.#recordsAll;
    this.#cache = new CodeCache(this.cpu, decodeA32);
    const port = {write, warn, marker: (marker: Marker) => this.#mark(marker), instructions: () => this.instructions};
    this.#process = new Process(this.cpu, executable, port, random);
    loadSegments(memory, executable, path);
    this.cpu.r[SP] = buildStack(memory, executable, {path, argv, env, profile}, random);
    this.cpu.next = executable.entry | 0;
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
   * @throws GuestFault, UnmodelledInstruction: the guest cannot go on; `instructions` counts those before the culprit.
   */
  run(maxInstructions: number): RunResult {
    const limit = this.instructions + maxInstructions;
    const {cpu} = this;
    while (this.exitCode === undefined) {
      if (cpu.recording && cpu.trace.length > cpu.trace.high) return 'buffer-full';
      if (this.instructions >= limit) return 'limit';
      const slice = Math.min(limit - this.instructions, SLICE);
      if (cpu.recording) this.#runRecording(slice);
      else this.#runSilently(slice);
      this.#serve();
    }
    return 'exited';
  }

  /** Until the slice is used up, an SVC, or a user helper. */
  #runSilently(slice: number): void {
    const {cpu} = this;
    const {slots} = this.#cache;
    let executed = 0;
    try {
      while (executed < slice && cpu.supervisorCall === undefined) {
        const address = cpu.next;
        let block = slots[(address >>> 2) & SLOT_MASK];
        if (block === undefined || block.address !== address) {
          this.#current = undefined;
          if (isUserHelper(address)) return;
          block = this.#cache.fetch(address);
        }
        this.#current = block;
        executed += block.operations.length;
        cpu.next = block.end;
        if (block.compiled !== undefined) block.compiled();
        else block.warmUp(cpu);
      }
    } catch (error) {
      executed -= this.#unexecuted(error);
      throw error;
    } finally {
      this.instructions += executed;
    }
  }

  /** The same, with a record for every block; also until the buffer is above its high mark. */
  #runRecording(slice: number): void {
    const {cpu} = this;
    const {slots} = this.#cache;
    const trace = cpu.trace;
    const {words, high} = trace;
    let executed = 0;
    let at = -1;
    try {
      while (executed < slice && cpu.supervisorCall === undefined && trace.length <= high) {
        const address = cpu.next;
        let block = slots[(address >>> 2) & SLOT_MASK];
        if (block === undefined || block.address !== address) {
          this.#current = undefined;
          if (isUserHelper(address)) return;
          block = this.#cache.fetch(address);
        }
        this.#current = block;
        executed += block.operations.length;
        cpu.next = block.end;
        at = trace.length;
        trace.length = at + 1;
        words[at] = block.id << 8;
        if (block.compiled !== undefined) block.compiled();
        else block.warmUp(cpu);
        words[at] = (block.id << 8) | ((trace.length - at - 1) >> 1);
      }
    } catch (error) {
      // The block did not end, but what it did stays a whole record.
      if (this.#current) words[at] = blockRecord(this.#current.id, (trace.length - at - 1) / ACCESS_WORDS);
      executed -= this.#unexecuted(error);
      throw error;
    } finally {
      this.instructions += executed;
    }
  }

  /** Of the current block, the instructions from the culprit on. */
  #unexecuted(error: unknown): number {
    const block = this.#current;
    if (!block || !(error instanceof GuestFault || error instanceof UnmodelledInstruction)) return 0;
    return ((block.end - error.pc) | 0) / 4;
  }

  #serve(): void {
    const {cpu} = this;
    const call = cpu.supervisorCall;
    if (call !== undefined) {
      cpu.supervisorCall = undefined;
      if (cpu.recording) cpu.trace.event('supervisor-call', cpu.r[7]!);
      callSystem(this.#process, call);
    } else if (isUserHelper(cpu.next)) callUserHelper(cpu);
  }

  #mark(marker: Marker): void {
    if (!this.#hasTrace) return;
    const {cpu} = this;
    if (marker !== 'end') cpu.recording = true;
    if (cpu.recording) cpu.trace.event('marker', MARKER_ID[marker]);
    if (marker === 'end') cpu.recording = this.#recordsAll;
  }
}
