/**
 * Recording runs on a thread of its own, so that Ctrl-C is heard while the guest executes. The trace grows in a directory
 * beside its final place and moves there when it is whole; the directory goes whatever happens.
 */
import {mkdirSync, mkdtempSync, renameSync, rmSync, type Stats, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {Piscina} from 'piscina';
import {InputError, systemReason} from '../files/errors.ts';
import {type Answer, answered, threadEntry} from '../files/threads.ts';
import type {TraceCounts} from '../trace/container.ts';
import type {GuestProgram} from './guest-program.ts';

export interface RecordRequest {
  readonly guest: GuestProgram;
  readonly record: 'markers' | 'all';
  readonly maxInstructions: number | undefined;
  readonly path: string;
}

/** Returns when the thread has ended, by itself or by `signal`. */
const recordOnThread = async (request: RecordRequest, signal: AbortSignal): Promise<TraceCounts> => {
  const pool = new Piscina<RecordRequest, Answer<TraceCounts>>({
    minThreads: 1,
    maxThreads: 1,
    ...threadEntry('cli/record-worker'),
  });
  try {
    return answered(await pool.run(request, {signal}));
  } finally {
    await pool.destroy();
  }
};

const refuse = (error: unknown, path: string): never => {
  throw new InputError(`cannot write (${systemReason(error)})`, {
    file: path,
    remedy: 'choose a place that you can write to',
  });
};

const makePlace = (path: string): string => {
  try {
    const parent = dirname(resolve(path));
    mkdirSync(parent, {recursive: true});
    return mkdtempSync(join(parent, '.trapwalk-'));
  } catch (error) {
    return refuse(error, path);
  }
};

const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, {throwIfNoEntry: false});
  } catch (error) {
    return refuse(error, path);
  }
};

/** @throws InputError when `output` cannot be written; as GuestTrace when the guest cannot be recorded. */
export const record = async (
  request: Omit<RecordRequest, 'path'>,
  output: string,
  signal: AbortSignal,
): Promise<TraceCounts> => {
  const stat = statOf(output);
  if (stat?.isDirectory()) {
    throw new InputError('cannot write (is a directory)', {file: output, remedy: 'name a file in it'});
  }
  // A device or pipe cannot be renamed onto; nothing partial can be left there.
  if (stat !== undefined && !stat.isFile()) return recordOnThread({...request, path: output}, signal);
  const place = makePlace(output);
  try {
    const path = join(place, 'trace');
    const counts = await recordOnThread({...request, path}, signal);
    if (counts.records === 0) {
      const {path: file} = request.guest;
      throw new InputError('the guest set no markers, so nothing was recorded', {file, remedy: 'record it with --all'});
    }
    renameSync(path, output);
    return counts;
  } finally {
    rmSync(place, {recursive: true, force: true});
  }
};
