/** Entry point of a worker thread. Bad input comes back as a value, since error classes do not survive the way between threads. */
import {InputError} from '../files/errors.ts';
import {type Job, type JobResult, runJob} from './job.ts';

export type Outcome = {readonly result: JobResult} | {readonly badInput: string};

export default (job: Job): Outcome => {
  try {
    return {result: runJob(job)};
  } catch (error) {
    if (error instanceof InputError) return {badInput: error.message};
    throw error;
  }
};
