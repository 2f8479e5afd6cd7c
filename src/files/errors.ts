/** The one error for bad input, whoever reads it: a file, a flag, a trace. The CLI prints its message and exits with 1. */

export interface InputErrorOptions {
  /** Path as the user wrote it. */
  readonly file?: string;
  /** Where in the file: 'line:column', 'chunk 3, byte 4096'. */
  readonly place?: string;
  /** What the user can do about it. */
  readonly remedy?: string;
}

const compose = (message: string, {file, place, remedy}: InputErrorOptions): string => {
  const where = [file, place].filter((part) => part !== undefined).join(':');
  return `${where && `${where}: `}${message}${remedy === undefined ? '' : `; ${remedy}`}`;
};

export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly file: string | undefined;
  readonly place: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, options: InputErrorOptions = {}) {
    super(compose(message, options));
    this.file = options.file;
    this.place = options.place;
    this.remedy = options.remedy;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  // What Node 24 says of a directory to be made below a file; Node 20 says ENOTDIR.
  EEXIST: 'a part of the path is not a directory',
  EISDIR: 'is a directory',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

/** Why the operating system refused, in words; rethrows what did not come from it. */
export const systemReason = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  return REASONS[code] ?? code;
};
