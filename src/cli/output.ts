/** Finds out that a place cannot be written before the work whose result goes there. */
import {AtomicFile} from '../files/write.ts';

/** Leaves nothing but the missing directories of `path`. @throws InputError when it cannot be written. */
export const requireWritable = (path: string): void => new AtomicFile(path).discard();
