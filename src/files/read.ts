/** Reading whole files, with the reason in words when it fails. */
import {readFileSync} from 'node:fs';
import {InputError, systemReason} from './errors.ts';

/** @throws InputError when the file cannot be read. */
export const readBytes = (path: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path});
  }
};

/** UTF-8, strictly; a byte order mark is dropped. @throws InputError when the file cannot be read or is not text. */
export const readText = (path: string): string => {
  const bytes = readBytes(path);
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw new InputError('is not UTF-8 text', {file: path});
  }
};
