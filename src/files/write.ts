/**
 * Files that appear whole or not at all: written beside their final place under a temporary name, then renamed.
 * A device or pipe (`/dev/stdout`) has no such step; it is written to directly and never replaced.
 */
import {closeSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {InputError, systemReason} from './errors.ts';

let temporaries = 0;

/** The place that `path` names, through symbolic links, so that a link is not replaced by a file. */
const destination = (path: string): {target: string; replace: boolean} => {
  const stat = statSync(path, {throwIfNoEntry: false});
  if (stat === undefined) return {target: resolve(path), replace: true};
  if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), {code: 'EISDIR'});
  // A pipe has no real path, and what is not replaced needs none.
  return stat.isFile() ? {target: realpathSync(path), replace: true} : {target: path, replace: false};
};

const attempt = <T>(path: string, action: () => T): T => {
  try {
    return action();
  } catch (error) {
    const reason = systemReason(error);
    throw new InputError(`cannot write (${reason})`, {file: path, remedy: 'choose a place that you can write to'});
  }
};

/** A file being written: after `write`s call `commit` to give it its name, or `discard` to leave no trace of it. */
export class AtomicFile {
  readonly path: string;
  /** Bytes written so far. */
  size = 0;
  readonly #descriptor: number;
  readonly #target: string;
  /** Undefined for a device. */
  readonly #temporary: string | undefined;
  #open = true;

  /** Creates missing parent directories. @throws InputError when the place cannot be written. */
  constructor(path: string) {
    this.path = path;
    [this.#target, this.#temporary, this.#descriptor] = attempt(path, () => {
      const {target, replace} = destination(path);
      if (!replace) return [target, undefined, openSync(target, 'w')];
      mkdirSync(dirname(target), {recursive: true});
      const temporary = join(dirname(target), `.${basename(target)}.${process.pid}-${temporaries++}.tmp`);
      return [target, temporary, openSync(temporary, 'wx')];
    });
  }

  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    attempt(this.path, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
    });
    this.size += bytes.length;
  }

  commit(): void {
    this.#close();
    const temporary = this.#temporary;
    if (temporary === undefined) return;
    try {
      attempt(this.path, () => renameSync(temporary, this.#target));
    } catch (error) {
      rmSync(temporary, {force: true});
      throw error;
    }
  }

  discard(): void {
    this.#close();
    if (this.#temporary !== undefined) rmSync(this.#temporary, {force: true});
  }

  #close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

/** Writes `path` whole or not at all, creating its directory. @throws InputError when it cannot be written. */
export const writeFileAtomic = (path: string, data: string | Uint8Array): void => {
  const file = new AtomicFile(path);
  try {
    file.write(data);
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
};
