/** The guest's standard streams, connected to those of this process. */
import {readSync} from 'node:fs';
import {isatty} from 'node:tty';

const LARGEST_READ = 65536;
/** Between two looks at an input that is not ready and does not block. */
const PAUSE_MILLISECONDS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** At most `length` bytes of standard input, none at its end. It waits. */
export const readInput = (length: number): Uint8Array => {
  const buffer = new Uint8Array(Math.min(length, LARGEST_READ));
  for (;;) {
    try {
      return buffer.subarray(0, readSync(0, buffer, 0, buffer.length, null));
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'EOF' || code === 'EISDIR') return new Uint8Array(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, PAUSE_MILLISECONDS);
    }
  }
};

/** @throws Error with code EPIPE when nobody reads any more. */
export const writeOutput = (fd: number, data: Uint8Array): void => {
  const stream = fd === 1 ? process.stdout : process.stderr;
  stream.write(Buffer.from(data));
  if (stream.errored) throw stream.errored;
};

export const terminalSize = (fd: number): {readonly rows: number; readonly columns: number} | undefined => {
  if (!isatty(fd)) return undefined;
  const {rows = 24, columns = 80} = process.stdout;
  return {rows, columns};
};
