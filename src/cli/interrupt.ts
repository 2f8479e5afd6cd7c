/** Ctrl-C as an AbortSignal, so that a command can tidy up before it ends. */
import {Interrupted} from './failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Waits no longer than until the signal. @throws Interrupted */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Interrupted()), {once: true});
    work.then(resolve, reject);
  });

/**
 * Runs `action` until it ends or the user stops it. Files appear within one turn of the event loop (AtomicFile), so a signal
 * falls before or after; what needs longer must honour the signal and tidy up in `settled` time.
 * @throws Interrupted
 */
export const interruptible = async <T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of SIGNALS) process.once(name, stop);
  try {
    return await unlessAborted(action(controller.signal), controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
};
