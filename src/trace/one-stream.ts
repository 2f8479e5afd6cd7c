/** For what can take one vCPU's records only. */
import {InputError} from '../files/errors.ts';
import type {StoredTrace} from './read.ts';

/** @throws InputError where the streams of several vCPUs are read. */
export const requireStream = (trace: StoredTrace): void => {
  if (trace.vcpu !== undefined) return;
  throw new InputError(`has ${trace.header.vcpus} vCPUs, each with instructions of its own`, {
    file: trace.path,
    remedy: 'choose one of them with --vcpu',
  });
};
