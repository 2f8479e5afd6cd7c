/** Boots a machine and connects its console to the terminal. */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {BOARDS} from '../board/boards.ts';
import type {NamedFile} from '../board/boot/load.ts';
import {createMachine} from '../board/create-machine.ts';
import {type Machine, UNITS_PER_SECOND} from '../board/machine.ts';
import {InputError} from '../files/errors.ts';
import {readBytes} from '../files/read.ts';
import {type Keyboard, openKeyboard} from './keyboard.ts';
import {MachineOutput, stopped} from './machine-output.ts';
import {Patience} from './patience.ts';

export interface SystemOptions {
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

const drive = async (machine: Machine, output: MachineOutput, keyboard: Keyboard, {limit, signal}: SystemOptions) => {
  const patience = new Patience(machine, keyboard, output);
  for (;;) {
    signal.throwIfAborted();
    machine.type(keyboard.take());
    const progress = machine.advance(SLICE);
    output.flush();
    if (output.log.panicked) throw stopped('the guest panicked', machine, output);
    if (progress.state === 'ended') return progress.why;
    if (limit !== undefined && machine.instructions >= limit)
      throw stopped(`the guest did not end within ${limit} instructions; raise --max-instructions`, machine, output);
    if (progress.state === 'idle') await patience.wait(progress.until, signal);
    // Lets signals and keys come in.
    await nextTurn();
  }
};

const named = (file: string): NamedFile => ({file, bytes: readBytes(file)});

/** @throws InputError when a file cannot be booted, or the guest does not end by itself. */
export const executeSystem = async (options: SystemOptions): Promise<SystemOutcome> => {
  const {cpus, memory, initrd, dtb, textOffset} = options;
  const board = BOARDS.find(({id}) => id === options.board)!;
  const output = new MachineOutput(options.output);
  const machine = createMachine({
    board,
    cpus,
    memory,
    send: output.send,
    files: {
      image: named(options.linux),
      ...(initrd === undefined ? {} : {initrd: named(initrd)}),
      ...(dtb === undefined ? {} : {tree: named(dtb)}),
      ...(textOffset === undefined ? {} : {textOffset}),
      commandLine: options.append ?? '',
    },
  });
  const keyboard = openKeyboard(options.input);
  const start = performance.now();
  try {
    const end = await drive(machine, output, keyboard, options);
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
  } catch (error) {
    output.flush();
    throw error instanceof InputError || options.signal.aborted ? error : withState(error, machine, output);
  } finally {
    keyboard.close();
  }
};
