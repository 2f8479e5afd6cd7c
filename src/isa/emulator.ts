/** Runs an Arm Linux program in user mode and records what its memory system would see. */
import type {Block} from '../trace/blocks.ts';
import {TraceBuffer} from '../trace/buffer.ts';
import {MARKER_ID, type Marker, TLB_OPERATION_ID} from '../trace/events.ts';
import {type Bytes, bytes, GIBIBYTE} from '../units.ts';
import {Cpu} from './core/cpu.ts';
import {ElfError} from './core/errors.ts';
import {createEngine} from './create-engine.ts';
import {CodeCache} from './engine/code-cache.ts';
import type {Engine, EngineName} from './engine/engine.ts';
import {Clock} from './linux/clock.ts';
import {SystemError} from './linux/errno.ts';
import {findProgram, startProgram} from './linux/exec.ts';
import {HostStream, type HostStreams} from './linux/files/devices.ts';
import {Directory} from './linux/files/node.ts';
import {FileTable, type TerminalSize} from './linux/files/open-file.ts';
import {resolve} from './linux/files/path.ts';
import {FIRST_ID, Kernel} from './linux/kernel.ts';
import type {Profile} from './linux/load.ts';
import {MemoryMap} from './linux/memory-map.ts';
import {processFiles} from './linux/process-files.ts';
import {type Bind, buildRoot, ensureDirectory, mount, placeProgram} from './linux/root.ts';
import {Scheduler} from './linux/scheduler.ts';
import {signalName} from './linux/signals.ts';
import {Process, Task} from './linux/task.ts';
import {Asids, MOST_EVENT_WORDS} from './linux/tlb-maintenance.ts';
import {isUserHelper} from './linux/user-helpers.ts';
import {RING_BYTES, RING_CURSOR_OFFSET, RING_OFFSET, RING_RESERVE} from './memory/layout.ts';
import {Memory} from './memory/memory.ts';
import type {RegionLimits} from './translate/region.ts';

export interface EmulatorOptions {
  /** The program as the guest knows it: AT_EXECFN, messages, and where it lies in the guest's tree of files. */
  readonly path: string;
  readonly argv: readonly string[];
  /** NAME=VALUE. */
  readonly env?: readonly string[];
  /** A directory of the host that is the guest's root, only read; without one the guest's tree is empty. */
  readonly sysroot?: string;
  readonly binds?: readonly Bind[];
  /** Where the program starts, in the guest's tree; made if there is no such directory. `/` by default. */
  readonly cwd?: string;
  /** Standard input: its bytes, or who gives at most so many (none at the end). Empty by default. */
  readonly stdin?: Uint8Array | ((length: number) => Uint8Array);
  /** Which of the descriptors 0 to 2 are terminals; none by default. */
  readonly terminal?: (fd: number) => TerminalSize | undefined;
  /** All memory that the guest's processes touch. */
  readonly memoryLimit?: Bytes;
  /** More tasks are EAGAIN. */
  readonly taskLimit?: number;
  /** What AT_HWCAP and AT_PLATFORM announce; the instruction set is the same. */
  readonly profile?: Profile;
  /** Of AT_RANDOM, getrandom and /dev/urandom. */
  readonly seed?: number;
  /** CLOCK_REALTIME at the start, in seconds. */
  readonly epoch?: number;
  readonly engine?: EngineName;
  /** For tests of the engine 'translate'. */
  readonly regions?: Partial<RegionLimits>;
  readonly write: (fd: number, data: Uint8Array) => void;
  readonly warn: (line: string) => void;
  /** 'markers' records from trapwalk:warm (or begin) to trapwalk:end; 'all' from the first instruction. Nothing by default. */
  readonly record?: 'markers' | 'all';
}

/** What surrounds a program, whoever starts it. */
export type Surroundings = Pick<EmulatorOptions, 'sysroot' | 'binds' | 'env' | 'cwd'>;

export type RunResult = 'exited' | 'buffer-full' | 'limit';

const DEFAULT_MEMORY_LIMIT = bytes(GIBIBYTE);
const DEFAULT_TASK_LIMIT = 512;
/** 2023-11-14T22:13:20Z. */
const DEFAULT_EPOCH = 1_700_000_000;
/** What a shell reports for a process that a signal ended. */
const SIGNAL_EXIT = 128;

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

/** Names are bytes; a character of the guest's names stands for one (see user-memory.ts). */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const inputOf = (stdin: EmulatorOptions['stdin']): HostStreams['read'] => {
  if (typeof stdin === 'function') return stdin;
  let left = stdin ?? new Uint8Array(0);
  return (length) => {
    const taken = left.subarray(0, length);
    left = left.subarray(taken.length);
    return taken;
  };
};

export class Emulator {
  readonly cpu: Cpu<Memory>;
  /** The program's file. */
  readonly program: Uint8Array;
  /** The records made, for the caller to take and to clear. */
  readonly trace: TraceBuffer;
  readonly #cache: CodeCache;
  readonly #engine: Engine;
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #record: 'markers' | 'all' | undefined;
  /** Whose records are being made. */
  #recordedSpace = 0;
  #recordedTask = FIRST_ID;
  readonly #asids = new Asids();
  #runningTask = FIRST_ID;
  #runningSpace = -1;
  /** The last thing that happened was a system call. */
  #isInCall = false;

  /**
   * @param elf the program's file; undefined for one that lies at `path` in the guest's tree.
   * @throws ElfError when the file cannot be run; RootError when a directory of the host cannot be had.
   */
  constructor(elf: Uint8Array | undefined, options: EmulatorOptions) {
    const memory = new Memory(options.memoryLimit ?? DEFAULT_MEMORY_LIMIT);
    this.#record = options.record;
    this.trace = new TraceBuffer(
      new Uint32Array(memory.wasm.buffer, RING_OFFSET, RING_BYTES / 4),
      new Int32Array(memory.wasm.buffer, RING_CURSOR_OFFSET, 1),
      // What is invalidated is recorded when a task begins to run, and before a system call.
      RING_RESERVE + 2 * MOST_EVENT_WORDS,
    );
    this.cpu = new Cpu(memory, this.trace);
    this.cpu.recording = this.#record === 'all';
    this.#cache = new CodeCache(memory);
    this.#engine = createEngine(options.engine ?? 'translate', this.cpu, this.#cache, isUserHelper, options.regions);
    this.#kernel = this.#createKernel(options);
    this.program = this.#startFirst(elf, options);
    this.#scheduler = new Scheduler(this.#kernel, this.#engine, {
      onRun: (task) => this.#noteTask(task),
      onSystemCall: (number) => {
        this.#recordMaintenance();
        this.#isInCall = true;
        if (this.cpu.recording) this.trace.event('supervisor-call', number);
      },
    });
  }

  /** Instructions executed, those whose condition failed included. Also the guest's clock in ns (a nominal 1 GHz). */
  get instructions(): number {
    return this.#engine.instructions;
  }

  get blocks(): Block[] {
    return this.#cache.blocks;
  }

  /** Of the first process, once it has ended; 128 and the signal's number when a signal ended it. */
  get exitCode(): number | undefined {
    const {ending} = this.#kernel;
    if (ending === undefined) return undefined;
    return 'signal' in ending ? SIGNAL_EXIT + ending.signal : ending.code;
  }

  /** Name of the signal that ended the first process. */
  get signal(): string | undefined {
    const {ending} = this.#kernel;
    return ending !== undefined && 'signal' in ending ? signalName(ending.signal) : undefined;
  }

  /**
   * Executes at least `maxInstructions` (up to the end of the block that reaches them) unless the program exits or the
   * trace buffer is above its high mark, which the caller then drains.
   * @throws UnmodelledInstruction, GuestDeadlock: the guest cannot go on; `instructions` counts those before the culprit.
   */
  run(maxInstructions: number): RunResult {
    const limit = this.instructions + maxInstructions;
    const {cpu, trace} = this;
    while (this.#kernel.ending === undefined) {
      if (cpu.recording && trace.length > trace.high) return 'buffer-full';
      if (this.instructions >= limit) return 'limit';
      this.#scheduler.step(limit - this.instructions);
    }
    return 'exited';
  }

  #createKernel(options: EmulatorOptions): Kernel {
    const {seed = 1, epoch = DEFAULT_EPOCH, taskLimit = DEFAULT_TASK_LIMIT, profile = 'v5-soft', warn} = options;
    const random = generator(seed);
    const clock = new Clock(() => this.instructions);
    const streams: HostStreams = {
      read: inputOf(options.stdin),
      write: options.write,
      terminal: options.terminal ?? (() => undefined),
    };
    const {directory, volume} = buildRoot({
      sysroot: options.sysroot,
      binds: options.binds ?? [],
      now: () => clock.since(epoch),
      random,
      terminal: () => new HostStream(1, streams),
    });
    const kernel: Kernel = new Kernel({
      cpu: this.cpu,
      clock,
      port: {
        warn,
        marker: (marker) => this.#mark(marker),
        signal: (signal) => {
          if (this.cpu.recording) this.trace.event('signal', signal);
        },
      },
      settings: {mostTasks: taskLimit, epoch, hostName: 'trapwalk', profile},
      random,
      volume,
    });
    mount(directory, '/proc', processFiles(kernel, volume));
    const current = options.cwd === undefined ? directory : this.#startDirectory(directory, asBytes(options.cwd));
    const process = new Process(FIRST_ID, undefined);
    const files = new FileTable();
    for (const fd of [0, 1, 2]) files.add(new HostStream(fd, streams));
    const context = {root: directory, current, mask: 0o022};
    const map = new MemoryMap(this.cpu.memory, this.cpu.memory.space, kernel.maintenance);
    const parts = {map, files, context, identity: {user: 0, group: 0}};
    const task = new Task(kernel.newId(), process, parts, this.cpu, (one) => kernel.makeReady(one));
    kernel.processes.set(process.id, process);
    kernel.tasks.set(task.id, task);
    kernel.running = task;
    return kernel;
  }

  #startDirectory(root: Directory, path: string): Directory {
    try {
      const {node} = resolve({root, current: root}, root, path, true);
      if (node instanceof Directory) return node;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
    return ensureDirectory(root, path);
  }

  #startFirst(elf: Uint8Array | undefined, options: EmulatorOptions): Uint8Array {
    const kernel = this.#kernel;
    const task = kernel.current;
    const path = asBytes(options.path);
    const {root, current} = task.context;
    try {
      const start = path.startsWith('/') ? root : current;
      if (elf !== undefined) placeProgram(start, path, elf);
      const argv = options.argv.map(asBytes);
      const env = (options.env ?? []).map(asBytes);
      return startProgram(kernel, task, {...findProgram(task, path), path, argv, env}, kernel.settings.profile);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw new ElfError(options.path, `cannot be started (${error.message})`, 'name a program in the root directory');
    }
  }

  /**
   * What the guest's own accesses have invalidated (copies of shared pages) waits for the next system call or task, for it came
   * in the middle of a record; so the records do not depend on the portions in which the guest is executed.
   */
  #noteTask({id, map}: Task): void {
    const space = map.space.id;
    const isOther = id !== this.#runningTask || space !== this.#runningSpace;
    if (!isOther && !this.#isInCall) return;
    this.#isInCall = false;
    this.#runningTask = id;
    if (space !== this.#runningSpace && this.#asids.isDealtAnewFor(space)) this.#kernel.maintenance.all();
    this.#runningSpace = space;
    this.#recordMaintenance();
    if (!this.cpu.recording || (id === this.#recordedTask && space === this.#recordedSpace)) return;
    this.#recordedTask = id;
    this.#recordedSpace = space;
    this.trace.event('task-switch', space, id);
  }

  #recordMaintenance(): void {
    for (const event of this.#kernel.maintenance.take()) {
      if (!this.cpu.recording) continue;
      if (event.kind === 'space-end') this.trace.event('space-end', event.space);
      else {
        const {operation, space, address, pages} = event;
        this.trace.event('tlb-maintenance', TLB_OPERATION_ID[operation], space, address, pages);
      }
    }
  }

  #mark(marker: Marker): void {
    if (this.#record === undefined) return;
    const {cpu} = this;
    if (marker !== 'end') cpu.recording = true;
    if (cpu.recording) this.trace.event('marker', MARKER_ID[marker]);
    if (marker === 'end') cpu.recording = this.#record === 'all';
  }
}
