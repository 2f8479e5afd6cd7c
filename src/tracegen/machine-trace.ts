/** A trace made by executing a machine on the fly, in chunks of one vCPU each, through the same interface as a stored one. */
import {createMachine, type MachineOptions} from '../board/create-machine.ts';
import {deviceClass, softwareInterruptRegister} from '../board/device-class.ts';
import {type Machine, type Progress, QUANTUM, UNITS_PER_SECOND} from '../board/machine.ts';
import {InputError} from '../files/errors.ts';
import {sha256} from '../files/hash.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {MachineHeader, TraceChunk, TraceHeader, TraceSource} from '../trace/source.ts';
import {MachineRecorder} from './machine/recorder.ts';

/** A part of all that is executed. */
export interface Window {
  /** Instructions of all vCPUs before it, and in it, at least: up to a millisecond of guest time more. */
  readonly skip: number;
  readonly length: number;
}

export interface MachineTraceOptions extends Omit<MachineOptions, 'observer' | 'send'> {
  /** Makes this trace again. */
  readonly command: string;
  /** Between the guest's markers, everything, or a part of that. */
  readonly record: 'markers' | 'all' | Window;
  /** A character of the guest's console; left out, they are lost. */
  readonly send?: (character: number) => void;
}

/** Guest time between two looks at what there is. */
const SLICE = 1_000_000;

const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const headerOf = ({board, files, cpus, memory, command}: MachineTraceOptions): TraceHeader => {
  const {image, initrd, tree, commandLine} = files;
  const others = Object.entries({initrd, 'device-tree': tree}).flatMap(([role, file]) =>
    file === undefined ? [] : [{role, name: basename(file.file), hash: sha256(file.bytes)}],
  );
  const machine: MachineHeader = {
    board: board.id,
    ramBase: board.ramBase,
    ramSize: memory,
    quantum: QUANTUM,
    nanosecondsPerInstruction: 1e9 / UNITS_PER_SECOND,
    commandLine,
    files: others,
  };
  return {
    guest: basename(image.file),
    command,
    guestHash: sha256(image.bytes),
    isa: 'armv7-a',
    endianness: 'little',
    vcpus: cpus,
    machine,
  };
};

export class MachineTrace implements TraceSource {
  readonly header: TraceHeader;
  readonly machine: Machine;
  readonly #image: string;
  readonly #record: MachineTraceOptions['record'];
  readonly #recorder: MachineRecorder;
  readonly #chunks: TraceChunk[] = [];
  /** Instructions at the start of the recording. */
  #start = 0;
  #hasStarted = false;
  #isOver = false;

  /** @throws as {@link createMachine} */
  constructor(options: MachineTraceOptions) {
    this.header = headerOf(options);
    this.#image = options.files.image.file;
    this.#record = options.record;
    const recorder = new MachineRecorder(
      (vcpu, words) => this.#chunks.push({vcpu, words: words.slice(), length: words.length}),
      (marker) => {
        if (this.#record !== 'markers') return;
        if (marker === 'end') this.#isOver = this.#hasStarted;
        else this.#begin();
      },
    );
    this.#recorder = recorder;
    const {board} = options;
    this.machine = createMachine({...options, send: options.send ?? (() => {}), observer: recorder});
    recorder.connect({
      now: (cpu) => this.machine.timeOf(cpu),
      deviceClass: (address) => deviceClass(board, address),
      softwareInterrupts: softwareInterruptRegister(board),
      programmedTimers: () => this.machine.programmedTimers(),
    });
    this.#look();
  }

  get blocks(): BlockTable {
    return this.#recorder.blocks;
  }

  /** The recording has ended, by a marker or with its window; what the machine does now is not recorded. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Lets the machine run a little. @returns how it went on. */
  advance(): Progress {
    const progress = this.machine.advance(SLICE);
    this.#look();
    if (progress.state === 'ended') this.#isOver = true;
    if (this.#isOver) this.#end();
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

  #skip(until: number): void {
    if (until !== Number.POSITIVE_INFINITY) this.machine.skipTo(until);
    else
      throw new InputError('the guest waits for what will not come', {
        file: this.#image,
        remedy: "'trapwalk run --linux' shows all that it says",
      });
  }

  /** Whether the recording begins or ends by what was executed. */
  #look(): void {
    if (this.#record === 'markers' || this.#isOver) return;
    const {skip, length} = this.#record === 'all' ? {skip: 0, length: Number.POSITIVE_INFINITY} : this.#record;
    const {instructions} = this.machine;
    if (!this.#hasStarted && instructions >= skip) this.#begin();
    if (this.#hasStarted && instructions - this.#start >= length) this.#isOver = true;
  }

  #begin(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#start = this.machine.instructions;
    this.#recorder.start();
  }

  #end(): void {
    if (!this.#recorder.isRecording) return;
    this.#recorder.flush();
    this.#recorder.stop();
  }
}
