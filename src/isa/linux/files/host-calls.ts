/** How the host's file system is asked. */
import {ERRNO, type ErrnoName, SystemError} from '../errno.ts';

/** Leads to what is open, be it unlinked, or a link itself. */
export const pathOf = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** What the guest's call fails with when the host's did; a code that is not in the table is EIO. */
const hostError = (error: unknown): Error => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error as Error;
  return new SystemError(code in ERRNO ? (code as ErrnoName) : 'EIO');
};

/** Asks the host: its errors become the guest's. */
export const askHost = <T>(ask: () => T): T => {
  try {
    return ask();
  } catch (error) {
    throw hostError(error);
  }
};
