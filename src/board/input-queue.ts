/** What is typed on the console and has not arrived yet. */
import type {Input} from './devices/pl011.ts';
import type {Saved} from './saved.ts';

export class InputQueue implements Input, Saved<readonly number[]> {
  #characters: number[] = [];

  get isEmpty(): boolean {
    return this.#characters.length === 0;
  }
  push(characters: Uint8Array): void {
    if (characters.length > 0) this.#characters = [...this.#characters, ...characters];
  }
  take(): number | undefined {
    return this.#characters.shift();
  }
  save(): readonly number[] {
    return this.#characters;
  }
  restore(characters: readonly number[]): void {
    this.#characters = [...characters];
  }
}
