/** Ctrl-C as an AbortSignal, so that a command can tidy up before it ends. */
import {setMaxListeners} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {Interrupted} from './failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How long work may take to tidy up once it was told to stop. */
const GRACE_MILLISECONDS = 1000;

/**
 * Runs `action` until it ends or the user stops it. Files appear within one turn of the event loop (AtomicFile), so a
 * signal falls before or after; work that holds files for longer removes them when the signal aborts.
 * @throws Interrupted
 */
export const interruptible = async <T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const {signal} = controller;
  // A pool listens once per job.
  setMaxListeners(0, signal);
  const stop = () => controller.abort();
  for (const name of SIGNALS) process.once(name, stop);
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), {once: true}));
  const work = action(signal);
  const settled = work.then(
    () => {},
    () => {},
  );
  try {
    await Promise.race([settled, aborted]);
    if (!signal.aborted) return await work;
    await Promise.race([settled, sleep(GRACE_MILLISECONDS)]);
    throw new Interrupted();
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
};
