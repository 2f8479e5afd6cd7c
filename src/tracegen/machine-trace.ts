/** A trace made by executing a machine on the fly, in chunks of one vCPU each, through the same interface as a stored one. */
import {BOARDS, type Board} from '../board/boards.ts';
import {type BootDescription, describeBoot} from '../board/boot/description.ts';
import {createMachine, type MachineOptions} from '../board/create-machine.ts';
import {deviceClass, softwareInterruptRegister} from '../board/device-class.ts';
import {type Machine, type Progress, UNITS_PER_SECOND} from '../board/machine.ts';
import {restoreMachine, type Snapshot} from '../board/snapshot/snapshot.ts';
import type {Turns} from '../board/turns.ts';
import {InputError} from '../files/errors.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {Marker} from '../trace/events.ts';
import type {MachineHeader, TraceChunk, TraceHeader, TraceSource} from '../trace/source.ts';
import {MachineRecorder} from './machine/recorder.ts';

/** A part of all that is executed. */
export interface Window {
  /** Instructions of all vCPUs before it, and in it, at least: it begins and ends behind a turn of all of them. */
  readonly skip: number;
  readonly length: number;
}

/** What is recorded: a machine that boots, or one that goes on. */
type Recorded =
  | Omit<MachineOptions, 'observer' | 'send'>
  | ({readonly snapshot: Snapshot} & Pick<MachineOptions, 'turns'>);

export type MachineTraceOptions = Recorded & {
  /** Makes this trace again. */
  readonly command: string;
  /** Between the guest's markers, everything, or a part of that. */
  readonly record: 'markers' | 'all' | Window;
  /** A character of the guest's console; left out, they are lost. */
  readonly send?: (character: number) => void;
};

/** Guest time between two looks at what there is. */
const SLICE = 1_000_000;

interface Described {
  readonly board: Board;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly boot: BootDescription;
}

const describe = (recorded: Recorded): Described => {
  if (!('snapshot' in recorded)) return {...recorded, boot: describeBoot(recorded.files)};
  const {header} = recorded.snapshot;
  return {...header, board: BOARDS.find(({id}) => id === header.board)!};
};

const headerOf = (
  {board, cpus, memory, boot}: Described,
  {quantum, sharesCpu}: Turns,
  command: string,
): TraceHeader => {
  const {image, others, commandLine} = boot;
  const machine: MachineHeader = {
    board: board.id,
    ramBase: board.ramBase,
    ramSize: memory,
    quantum,
    ...(sharesCpu && {sharesCpu}),
    nanosecondsPerInstruction: 1e9 / UNITS_PER_SECOND,
    commandLine,
    files: others,
  };
  return {
    guest: image.name,
    command,
    guestHash: image.hash,
    isa: 'armv7-a',
    endianness: 'little',
    vcpus: cpus,
    machine,
  };
};

export class MachineTrace implements TraceSource {
  readonly header: TraceHeader;
  readonly machine: Machine;
  /** File that the machine is from. */
  readonly #source: string;
  readonly #record: MachineTraceOptions['record'];
  readonly #recorder: MachineRecorder;
  readonly #chunks: TraceChunk[] = [];
  /** Instructions at the start of the recording. */
  #start = 0;
  #hasStarted = false;
  #isOver = false;

  /** @throws as {@link createMachine} */
  constructor(options: MachineTraceOptions) {
    const described = describe(options);
    const {board} = described;
    this.#source = 'snapshot' in options ? options.snapshot.file : options.files.image.file;
    this.#record = options.record;
    const recorder = new MachineRecorder(
      (vcpu, words) => this.#chunks.push({vcpu, words: words.slice(), length: words.length}),
      (marker) => this.#mark(marker),
    );
    this.#recorder = recorder;
    const hooks = {send: options.send ?? (() => {}), observer: recorder};
    this.machine =
      'snapshot' in options
        ? restoreMachine(options.snapshot, {...hooks, turns: options.turns})
        : createMachine({...options, ...hooks});
    this.header = headerOf(described, this.machine.turns, options.command);
    recorder.connect({
      now: (cpu) => this.machine.timeOf(cpu),
      deviceClass: (address) => deviceClass(board, address),
      softwareInterrupts: softwareInterruptRegister(board),
      programmedTimers: () => this.machine.programmedTimers(),
    });
    // One that was kept behind a mark stands where a recording of the whole run would have heard of it.
    const {marker} = this.machine;
    if (marker !== undefined) this.#mark(marker);
    this.#look();
  }

  get blocks(): BlockTable {
    return this.#recorder.blocks;
  }

  /** The recording has ended, by a marker or with its window; what the machine does now is not recorded. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The recording has begun. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Lets the machine run a little. @returns how it went on. */
  advance(): Progress {
    const progress = this.machine.advance(Math.min(SLICE, this.#left));
    this.#look();
    if (progress.state === 'ended') this.#end();
    if (this.#isOver) this.#recorder.flush();
    return progress;
  }

  /** A chunk that is whole, if there is one. */
  take(): TraceChunk | undefined {
    return this.#chunks.shift();
  }

  /** @throws InputError for a guest that waits for ever, which has no input here; what the machine throws. */
  next(): TraceChunk | undefined {
    for (;;) {
      const chunk = this.take();
      if (chunk !== undefined || this.#isOver) return chunk;
      const progress = this.advance();
      if (progress.state === 'idle') this.#skip(progress.until);
    }
  }

  /** A window has no markers: one of them alone would mislead who measures between them. */
  #mark(marker: Marker): void {
    if (typeof this.#record !== 'string' || this.#isOver) return;
    const bounds = this.#record === 'markers';
    if (bounds && marker !== 'end') this.#begin();
    this.#recorder.tellMarker(marker);
    if (bounds && marker === 'end' && this.#hasStarted) this.#end();
  }

  #skip(until: number): void {
    if (until !== Number.POSITIVE_INFINITY) this.machine.skipTo(until);
    else
      throw new InputError('the guest waits for what will not come', {
        file: this.#source,
        remedy: "'trapwalk run --linux' shows all that it says",
      });
  }

  /** Guest time to the next bound of a window, if all vCPUs execute; a turn at least. */
  get #left(): number {
    if (typeof this.#record === 'string') return SLICE;
    const {skip, length} = this.#record;
    const bound = this.#hasStarted ? this.#start + length : skip;
    return Math.max(1, Math.floor((bound - this.machine.instructions) / this.header.vcpus));
  }

  /** Whether the recording begins or ends by what was executed. */
  #look(): void {
    if (this.#record === 'markers' || this.#isOver) return;
    const {skip, length} = this.#record === 'all' ? {skip: 0, length: Number.POSITIVE_INFINITY} : this.#record;
    const {instructions} = this.machine;
    if (!this.#hasStarted && instructions >= skip) this.#begin();
    if (this.#hasStarted && instructions - this.#start >= length) this.#end();
  }

  #begin(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#start = this.machine.instructions;
    this.#recorder.start();
  }

  #end(): void {
    this.#isOver = true;
    this.#recorder.stop();
  }
}
