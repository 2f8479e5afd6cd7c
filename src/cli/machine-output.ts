/** What a guest prints on its console, and what is said when it stops without having meant to. */
import {ConsoleLog} from '../board/console-log.ts';
import type {Machine} from '../board/machine.ts';
import type {Session} from '../board/snapshot/schema.ts';
import {InputError} from '../files/errors.ts';
import {writeOutput} from './streams.ts';

const STDOUT = 1;

/** Sends what the guest prints a slice at a time, for a character alone would be a system call. */
export class MachineOutput {
  readonly log = new ConsoleLog();
  readonly #kept: Buffer[] = [];
  #pending: number[] = [];
  #printed = false;
  readonly #mode: 'keep' | 'pass';

  constructor(mode: 'keep' | 'pass') {
    this.#mode = mode;
  }

  send = (character: number): void => {
    this.log.add(character);
    this.#pending.push(character);
  };

  /** Of what was passed on. */
  save(): Pick<Session, 'log' | 'printed'> {
    return {log: this.log.save(), printed: this.#printed};
  }

  restore({log, printed}: Pick<Session, 'log' | 'printed'>): void {
    this.log.restore(log);
    this.#printed = printed;
  }

  /** Whether anything was printed since it was last asked. */
  takePrinted(): boolean {
    const printed = this.#printed;
    this.#printed = false;
    return printed;
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    this.#printed = true;
    const bytes = Buffer.from(this.#pending);
    this.#pending = [];
    if (this.#mode === 'keep') this.#kept.push(bytes);
    else writeOutput(STDOUT, bytes);
  }

  get kept(): string {
    return Buffer.concat(this.#kept).toString('utf8');
  }
}

/** The guest stopped in a way that it did not mean to: the reason, then what is known of it. */
export const stopped = (reason: string, machine: Machine, {log}: MachineOutput): InputError => {
  const lines = log.lines.map((line) => `  ${line}`);
  const console =
    lines.length === 0 ? 'the guest had printed nothing' : `the console's last lines:\n${lines.join('\n')}`;
  return new InputError(`${reason}\n${console}\n${machine.describe()}`);
};
