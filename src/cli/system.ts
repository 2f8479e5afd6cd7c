/** Runs a machine, and connects its console to the terminal. */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {type Machine, type Progress, type Reached, UNITS_PER_SECOND} from '../board/machine.ts';
import type {Place} from '../board/place.ts';
import type {Configuration, Session as SavedSession} from '../board/snapshot/schema.ts';
import {InputError} from '../files/errors.ts';
import type {EngineName} from '../isa/engine/engine.ts';
import {type Keyboard, openKeyboard} from './keyboard.ts';
import {MachineOutput, stopped} from './machine-output.ts';
import {Patience} from './patience.ts';
import {describePlace, placeText} from './place.ts';
import {type Origin, originFlags, type Powered, powerUp} from './power-up.ts';

export interface SystemOptions {
  readonly origin: Origin;
  /** What is typed on the console: a file, or '-' for standard input. */
  readonly input: string | undefined;
  readonly limit: number | undefined;
  readonly engine: EngineName | undefined;
  /** Ends the run there, and keeps the machine in a file. */
  readonly snapshot: {readonly at: Place; readonly file: string} | undefined;
  /** Keep what the guest prints for the outcome, or pass it through. */
  readonly output: 'keep' | 'pass';
  readonly signal: AbortSignal;
}

export interface SystemOutcome extends Configuration {
  readonly end: 'power-off' | 'reset' | 'snapshot';
  /** Of all vCPUs, since it was booted. */
  readonly instructions: number;
  /** Since it was booted, as the guest's clock counts. */
  readonly guestSeconds: number;
  readonly seconds: number;
  /** Millions of instructions per second of this run. */
  readonly mips: number;
  /** With output 'keep'. */
  readonly console?: string;
  /** With end 'snapshot'. */
  readonly snapshot?: {readonly file: string; readonly bytes: number};
}

/** Guest time between two looks at keyboard and signals. */
const SLICE = 1_000_000;

/** What the guest or the emulator could not go on with, with the guest's state; a fault of trapwalk as it is. */
const withState = (error: unknown, machine: Machine, output: MachineOutput): unknown => {
  const isOfGuest = error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError);
  return isOfGuest ? stopped(error.message, machine, output) : error;
};

export interface SessionOptions {
  readonly machine: Machine;
  readonly output: MachineOutput;
  readonly keyboard: Keyboard;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
  /** Lets the machine run a little. */
  readonly step: () => Progress | Reached;
  /** Where it ends. */
  readonly place?: Place | undefined;
  /** Of a snapshot that the machine is from. */
  readonly saved?: SavedSession | undefined;
}

type End = 'power-off' | 'reset' | 'snapshot';

/** A machine that runs with its console. */
export class Session {
  readonly #options: SessionOptions;
  readonly #patience: Patience;

  constructor(options: SessionOptions) {
    this.#options = options;
    const {machine, keyboard, output, saved} = options;
    this.#patience = new Patience(machine, keyboard, output);
    if (saved !== undefined) for (const part of [output, this.#patience]) part.restore(saved);
  }

  save(): SavedSession {
    return {...this.#options.output.save(), ...this.#patience.save()};
  }

  /**
   * Lets the machine run a little, or wait. @returns why it ended, if it did.
   * @throws InputError with the guest's state when it cannot go on.
   */
  async advance(): Promise<End | undefined> {
    const {machine, output, signal} = this.#options;
    try {
      return await this.#advance();
    } catch (error) {
      output.flush();
      throw error instanceof InputError || signal.aborted ? error : withState(error, machine, output);
    }
  }

  async #advance(): Promise<End | undefined> {
    const {machine, output, keyboard, limit, signal, step, place} = this.#options;
    signal.throwIfAborted();
    machine.type(keyboard.take());
    const progress = step();
    output.flush();
    if (output.log.panicked) throw stopped('the guest panicked', machine, output);
    if (progress.state === 'reached') return 'snapshot';
    if (progress.state === 'ended') return progress.why;
    if (limit !== undefined && machine.instructions >= limit)
      throw stopped(`the guest did not end within ${limit} instructions; raise --max-instructions`, machine, output);
    if (progress.state === 'idle') await this.#patience.wait(progress.until, signal);
    if (place?.kind === 'time' && machine.hasReached(place)) return 'snapshot';
    // Lets signals and keys come in.
    await nextTurn();
    return undefined;
  }
}

/** What cannot be reached any more is said before the machine runs. */
const checkPlace = (machine: Machine, at: Place): void => {
  if (at.kind !== 'marker' && machine.hasReached(at))
    throw new InputError(`the machine is past that place: ${describePlace(at)}`, {remedy: 'change --snapshot-at'});
};

const keep = async ({machine, configuration, boot}: Powered, session: SavedSession, options: SystemOptions) => {
  const {origin, input, snapshot} = options;
  const {at, file} = snapshot!;
  const {writeSnapshot} = await import('../board/snapshot/snapshot.ts');
  const command = ['trapwalk run', ...originFlags(origin, input), `--snapshot-at ${placeText(at)} --snapshot FILE`];
  return {
    file,
    bytes: writeSnapshot(file, {machine, configuration, boot: boot(), command: command.join(' '), session}),
  };
};

/** @throws InputError when a file cannot be booted or gone on with, or the guest does not end, or come to its place, by itself. */
export const executeSystem = async (options: SystemOptions): Promise<SystemOutcome> => {
  const {limit, signal, snapshot} = options;
  const place = snapshot?.at;
  const output = new MachineOutput(options.output);
  const powered = await powerUp(options.origin, {
    send: output.send,
    ...(options.engine && {engine: options.engine}),
  });
  const {machine, session: saved} = powered;
  if (place !== undefined) checkPlace(machine, place);
  const keyboard = openKeyboard(options.input);
  const [start, before] = [performance.now(), machine.instructions];
  try {
    const step = () => machine.advance(SLICE, place);
    const session = new Session({machine, output, keyboard, limit, signal, step, place, saved});
    let end = await session.advance();
    while (end === undefined) end = await session.advance();
    const seconds = (performance.now() - start) / 1000;
    if (place !== undefined && end !== 'snapshot')
      throw new InputError(`the guest ended before ${describePlace(place)}`, {
        remedy: 'change --snapshot-at; no snapshot was written',
      });
    return {
      ...powered.configuration,
      end,
      instructions: machine.instructions,
      guestSeconds: machine.time / UNITS_PER_SECOND,
      seconds,
      mips: (machine.instructions - before) / seconds / 1e6,
      ...(options.output === 'keep' ? {console: output.kept} : {}),
      ...(end === 'snapshot' ? {snapshot: await keep(powered, session.save(), options)} : {}),
    };
  } finally {
    keyboard.close();
  }
};
