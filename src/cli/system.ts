/** Boots a machine and connects its console to the terminal. */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {BOARDS} from '../board/boards.ts';
import type {NamedFile} from '../board/boot/load.ts';
import {createMachine, type MachineOptions} from '../board/create-machine.ts';
import {type Machine, type Progress, UNITS_PER_SECOND} from '../board/machine.ts';
import {InputError} from '../files/errors.ts';
import {readBytes} from '../files/read.ts';
import {type Keyboard, openKeyboard} from './keyboard.ts';
import {MachineOutput, stopped} from './machine-output.ts';
import {Patience} from './patience.ts';

/** A machine, and what it boots. */
export interface MachineChoice {
  readonly linux: string;
  readonly initrd: string | undefined;
  readonly dtb: string | undefined;
  readonly append: string | undefined;
  /** What is typed on the console: a file, or '-' for standard input. */
  readonly input: string | undefined;
  readonly textOffset: number | undefined;
  readonly board: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}

export interface SystemOptions extends MachineChoice {
  readonly limit: number | undefined;
  /** Keep what the guest prints for the outcome, or pass it through. */
  readonly output: 'keep' | 'pass';
  readonly signal: AbortSignal;
}

export interface SystemOutcome {
  readonly board: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly end: 'power-off' | 'reset';
  /** Of all vCPUs. */
  readonly instructions: number;
  /** Since the start, as the guest's clock counts. */
  readonly guestSeconds: number;
  readonly seconds: number;
  /** Millions of instructions per second. */
  readonly mips: number;
  /** With output 'keep'. */
  readonly console?: string;
}

/** Guest time between two looks at keyboard and signals. */
const SLICE = 1_000_000;

/** What the guest or the emulator could not go on with, with the guest's state; a fault of trapwalk as it is. */
const withState = (error: unknown, machine: Machine, output: MachineOutput): unknown => {
  const isOfGuest = error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError);
  return isOfGuest ? stopped(error.message, machine, output) : error;
};

const named = (file: string): NamedFile => ({file, bytes: readBytes(file)});

/** @throws InputError when a file cannot be read. */
export const machineOptions = (choice: MachineChoice): Omit<MachineOptions, 'send' | 'observer'> => {
  const {cpus, memory, initrd, dtb, textOffset} = choice;
  return {
    board: BOARDS.find(({id}) => id === choice.board)!,
    cpus,
    memory,
    files: {
      image: named(choice.linux),
      ...(initrd === undefined ? {} : {initrd: named(initrd)}),
      ...(dtb === undefined ? {} : {tree: named(dtb)}),
      ...(textOffset === undefined ? {} : {textOffset}),
      commandLine: choice.append ?? '',
    },
  };
};

export interface SessionOptions {
  readonly machine: Machine;
  readonly output: MachineOutput;
  readonly keyboard: Keyboard;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
  /** Lets the machine run a little. */
  readonly step: () => Progress;
}

/** A machine that runs with its console. */
export class Session {
  readonly #options: SessionOptions;
  readonly #patience: Patience;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#patience = new Patience(options.machine, options.keyboard, options.output);
  }

  /**
   * Lets the machine run a little, or wait. @returns why it ended, if it did.
   * @throws InputError with the guest's state when it cannot go on.
   */
  async advance(): Promise<'power-off' | 'reset' | undefined> {
    const {machine, output, signal} = this.#options;
    try {
      return await this.#advance();
    } catch (error) {
      output.flush();
      throw error instanceof InputError || signal.aborted ? error : withState(error, machine, output);
    }
  }

  async #advance(): Promise<'power-off' | 'reset' | undefined> {
    const {machine, output, keyboard, limit, signal, step} = this.#options;
    signal.throwIfAborted();
    machine.type(keyboard.take());
    const progress = step();
    output.flush();
    if (output.log.panicked) throw stopped('the guest panicked', machine, output);
    if (progress.state === 'ended') return progress.why;
    if (limit !== undefined && machine.instructions >= limit)
      throw stopped(`the guest did not end within ${limit} instructions; raise --max-instructions`, machine, output);
    if (progress.state === 'idle') await this.#patience.wait(progress.until, signal);
    // Lets signals and keys come in.
    await nextTurn();
    return undefined;
  }
}

/** @throws InputError when a file cannot be booted, or the guest does not end by itself. */
export const executeSystem = async (options: SystemOptions): Promise<SystemOutcome> => {
  const {limit, signal} = options;
  const output = new MachineOutput(options.output);
  const machineOf = machineOptions(options);
  const {board, cpus, memory} = machineOf;
  const machine = createMachine({...machineOf, send: output.send});
  const keyboard = openKeyboard(options.input);
  const start = performance.now();
  try {
    const session = new Session({machine, output, keyboard, limit, signal, step: () => machine.advance(SLICE)});
    let end = await session.advance();
    while (end === undefined) end = await session.advance();
    const seconds = (performance.now() - start) / 1000;
    return {
      board: board.id,
      cpus,
      memory,
      end,
      instructions: machine.instructions,
      guestSeconds: machine.time / UNITS_PER_SECOND,
      seconds,
      mips: machine.instructions / seconds / 1e6,
      ...(options.output === 'keep' ? {console: output.kept} : {}),
    };
  } finally {
    keyboard.close();
  }
};
