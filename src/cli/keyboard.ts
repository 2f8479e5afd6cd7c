/** What is typed on a guest's console: by a person at the terminal, or from a file. */
import {setTimeout as sleep} from 'node:timers/promises';
import {readBytes} from '../files/read.ts';
import {readInput} from './streams.ts';

export interface Keyboard {
  /** A person is there: the guest waits in real time, and more may come at any time. */
  readonly isLive: boolean;
  /** What came since it was last asked. */
  take(): Uint8Array;
  /** Ends after so many milliseconds, or when a key is pressed. */
  pressed(milliseconds: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

const NONE = new Uint8Array(0);
const CHUNK = 65536;
/** Ctrl-D: what a terminal takes for the end of input. */
export const END_OF_INPUT = 4;
/** Ctrl-A, then x, ends the machine, as in QEMU; Ctrl-A twice is one. */
const ESCAPE = 1;
const QUIT = 'x'.charCodeAt(0);
const LONGEST_WAIT_MILLISECONDS = 60_000;

/** Known before the guest starts, so that the same input gives the same run. */
const prepared = (keys: Uint8Array): Keyboard => {
  let rest = keys;
  return {
    isLive: false,
    take: () => {
      const taken = rest;
      rest = NONE;
      return taken;
    },
    pressed: async () => {},
    close: () => {},
  };
};

/** All of standard input, to its end. */
const readStandardInput = (): Uint8Array => {
  const parts: Uint8Array[] = [];
  for (let part = readInput(CHUNK); part.length > 0; part = readInput(CHUNK)) parts.push(part);
  return Buffer.concat(parts);
};

/** Splits off the escape. @returns the keys for the guest, and whether the machine shall end. */
const filterEscapes = (keys: Uint8Array, afterEscape: boolean) => {
  const passed: number[] = [];
  let escaped = afterEscape;
  for (const key of keys) {
    if (escaped && key === QUIT) return {passed, escaped: false, quit: true};
    if (key === ESCAPE && !escaped) {
      escaped = true;
      continue;
    }
    passed.push(key);
    escaped = false;
  }
  return {passed, escaped, quit: false};
};

const terminal = (): Keyboard => {
  const {stdin} = process;
  let waiting: number[] = [];
  let escaped = false;
  let wake = new AbortController();
  const listen = (data: Buffer): void => {
    const result = filterEscapes(data, escaped);
    escaped = result.escaped;
    waiting.push(...result.passed);
    wake.abort();
    // The way of Ctrl-C, which goes to the guest while the terminal is raw.
    if (result.quit) process.kill(process.pid, 'SIGINT');
  };
  stdin.setRawMode(true);
  stdin.on('data', listen);
  return {
    isLive: true,
    take: () => {
      const taken = Uint8Array.from(waiting);
      waiting = [];
      return taken;
    },
    pressed: async (milliseconds, signal) => {
      if (waiting.length > 0) return;
      wake = new AbortController();
      const time = Math.min(milliseconds, LONGEST_WAIT_MILLISECONDS);
      await sleep(time, undefined, {signal: AbortSignal.any([wake.signal, signal])}).catch(() => {});
    },
    close: () => {
      stdin.off('data', listen);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
};

/** @param input a file, or '-' for standard input; a terminal, if there is one, when left out. @throws InputError */
export const openKeyboard = (input: string | undefined): Keyboard => {
  if (input === '-') return prepared(readStandardInput());
  if (input !== undefined) return prepared(readBytes(input));
  return process.stdin.isTTY ? terminal() : prepared(NONE);
};
