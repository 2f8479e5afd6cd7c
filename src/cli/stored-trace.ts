/** Traces in files, told from programs by their first bytes. */
import {closeSync, existsSync, openSync, readSync} from 'node:fs';
import {InputError, systemReason} from '../files/errors.ts';
import {loadCalibration} from '../predict/calibration.ts';
import {checked} from '../trace/checked.ts';
import {MAGIC} from '../trace/container.ts';
import {type OpenOptions, openTrace, type StoredTrace} from '../trace/read.ts';

/** Does the file start as a stored trace does? False for what cannot be opened: whoever opens it next says why. */
export const isTrace = (path: string): boolean => {
  if (!existsSync(path)) return false;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const start = Buffer.alloc(MAGIC.length);
    return readSync(file, start, 0, start.length, 0) === start.length && start.equals(MAGIC);
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path, remedy: 'name a guest or a trace'});
  } finally {
    closeSync(file);
  }
};

/** Opens a stored trace that checks every record as it is read. @throws InputError naming the damage, at once or when it is read. */
export const openChecked = (path: string, options: OpenOptions = {}): StoredTrace => checked(openTrace(path, options));

/** Bytes of a data line of the default machine. */
export const lineSize = (): number => loadCalibration().machineFile.caches.l1d.line.value;
