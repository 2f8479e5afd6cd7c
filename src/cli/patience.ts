/** How a guest waits: for as long as it would in real time when a person is at the keyboard, and else no time at all. */
import {type Machine, UNITS_PER_SECOND} from '../board/machine.ts';
import type {Session} from '../board/snapshot/schema.ts';
import {END_OF_INPUT, type Keyboard} from './keyboard.ts';
import {type MachineOutput, stopped} from './machine-output.ts';

/** Where the input is a file, its end is Ctrl-D: it is pressed whenever the guest has waited for so long, and so often with no answer. */
const END_PRESSED_EVERY = UNITS_PER_SECOND;
const MOST_PRESSES = 600;

const HANGS = 'the guest hangs: every vCPU waits, and nothing will wake one';
const HANGS_AT_INPUT = `the guest hangs: it waits, and does not answer to the end of its input for ${MOST_PRESSES} s`;

export class Patience {
  readonly #machine: Machine;
  readonly #keyboard: Keyboard;
  readonly #output: MachineOutput;
  /** Guest time of the last Ctrl-D. */
  #pressed = 0;
  #presses = 0;

  constructor(machine: Machine, keyboard: Keyboard, output: MachineOutput) {
    this.#machine = machine;
    this.#keyboard = keyboard;
    this.#output = output;
  }

  save(): Pick<Session, 'pressed' | 'presses'> {
    return {pressed: this.#pressed, presses: this.#presses};
  }

  restore({pressed, presses}: Pick<Session, 'pressed' | 'presses'>): void {
    this.#pressed = pressed;
    this.#presses = presses;
  }

  /** @throws InputError when waiting is in vain. */
  async wait(until: number, signal: AbortSignal): Promise<void> {
    if (this.#keyboard.isLive) await this.#waitForPerson(until, signal);
    else this.#waitAtEnd(until);
  }

  async #waitForPerson(until: number, signal: AbortSignal): Promise<void> {
    const machine = this.#machine;
    const start = performance.now();
    await this.#keyboard.pressed(((until - machine.time) / UNITS_PER_SECOND) * 1000, signal);
    const waited = Math.floor(((performance.now() - start) / 1000) * UNITS_PER_SECOND);
    machine.skipTo(Math.min(until, machine.time + waited));
  }

  #waitAtEnd(until: number): void {
    const machine = this.#machine;
    if (this.#output.takePrinted()) this.#presses = 0;
    const next = this.#pressed + END_PRESSED_EVERY;
    if (until < next) machine.skipTo(until);
    else this.#press(next, until);
  }

  #press(next: number, until: number): void {
    const machine = this.#machine;
    if (this.#presses++ === MOST_PRESSES) throw stopped(HANGS_AT_INPUT, machine, this.#output);
    machine.skipTo(next);
    this.#pressed = machine.time;
    machine.type(Uint8Array.of(END_OF_INPUT));
    if (until === Number.POSITIVE_INFINITY && !machine.listens) throw stopped(HANGS, machine, this.#output);
  }
}
