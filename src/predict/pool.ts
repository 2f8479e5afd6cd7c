/** Runs jobs on worker threads, longest first; results come back in the order of the jobs, whatever finished first. */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {InputError} from '../files/errors.ts';
import {threadEntry} from '../files/threads.ts';
import type {Job, JobResult} from './job.ts';
import type {Outcome} from './worker.ts';

export interface PoolOptions {
  readonly jobs?: number;
  readonly onDone?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Instructions of a unit of work, near enough to start long jobs first. */
const INSTRUCTIONS_PER_ITERATION = 400;
const INSTRUCTIONS_PER_ELEMENT = 16;

const workOf = (job: Job): number =>
  job.run.work *
  job.systems.length *
  (job.benchmark.perWork === 'iteration' ? INSTRUCTIONS_PER_ITERATION : INSTRUCTIONS_PER_ELEMENT);

export const runJobs = async (jobs: readonly Job[], options: PoolOptions = {}): Promise<JobResult[]> => {
  const threads = Math.max(1, Math.min(options.jobs ?? availableParallelism(), jobs.length));
  const pool = new Piscina<Job, Outcome>({
    minThreads: threads,
    maxThreads: threads,
    ...threadEntry('predict/worker'),
  });
  try {
    let done = 0;
    const order = jobs.map((_, i) => i).sort((a, b) => workOf(jobs[b] as Job) - workOf(jobs[a] as Job));
    const results = new Array<JobResult>(jobs.length);
    await Promise.all(
      order.map(async (index) => {
        const outcome = await pool.run(jobs[index] as Job, options.signal ? {signal: options.signal} : {});
        if ('badInput' in outcome) throw new InputError(outcome.badInput);
        results[index] = outcome.result;
        options.onDone?.(++done, jobs.length);
      }),
    );
    return results;
  } finally {
    await pool.destroy();
  }
};
