/** A guest's ELF file. */
import {readFileSync} from 'node:fs';
import {InputError} from '../files/errors.ts';

/** @throws InputError when the file cannot be read. */
export const readGuest = (path: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError((error as NodeJS.ErrnoException).code ?? String(error), {
      file: path,
      remedy: 'name a guest of `trapwalk guests`, or a readable ARM ELF file',
    });
  }
};
