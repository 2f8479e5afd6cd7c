/** The end of what a guest has printed, to be shown when something goes wrong, and a kernel's panic in it. */
import type {Saved} from './saved.ts';

const LINES_KEPT = 12;
const LONGEST_LINE = 400;
/** Linux prints it once the panic's own report is out (kernel/panic.c). */
const PANIC_END = '---[ end Kernel panic';
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

export interface ConsoleLogState {
  /** The last ones. */
  readonly lines: readonly string[];
  /** Bytes of the one that is not finished. */
  readonly line: readonly number[];
  readonly panicked: boolean;
}

export class ConsoleLog implements Saved<ConsoleLogState> {
  readonly #lines: string[] = [];
  #line: number[] = [];
  #panicked = false;

  /** Whether a kernel has said that it stopped. */
  get panicked(): boolean {
    return this.#panicked;
  }

  /** The last lines, the unfinished one too. */
  get lines(): readonly string[] {
    const last = this.#text();
    return last === '' ? this.#lines : [...this.#lines, last];
  }

  save(): ConsoleLogState {
    return {lines: [...this.#lines], line: [...this.#line], panicked: this.#panicked};
  }

  restore({lines, line, panicked}: ConsoleLogState): void {
    this.#lines.splice(0, this.#lines.length, ...lines);
    this.#line = [...line];
    this.#panicked = panicked;
  }

  add(character: number): void {
    if (character === NEWLINE) this.#endLine();
    else if (character !== CARRIAGE_RETURN && this.#line.length < LONGEST_LINE) this.#line.push(character);
  }

  #text(): string {
    return Buffer.from(this.#line).toString('utf8');
  }

  #endLine(): void {
    const text = this.#text();
    this.#line = [];
    this.#lines.push(text);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    if (text.includes(PANIC_END)) this.#panicked = true;
  }
}
