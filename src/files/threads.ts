/** Where a worker thread's module is, whether trapwalk runs from src/ (through tsx) or from dist/. */
import {pathToFileURL} from 'node:url';
import {packagePath} from './paths.ts';

export interface ThreadEntry {
  readonly filename: string;
  readonly execArgv?: string[];
}

const fileOf = (...parts: string[]): string => pathToFileURL(packagePath(...parts)).href;

/** The entry `name`: its path below src/, without an extension. */
export const threadEntry = (name: string): ThreadEntry =>
  import.meta.url.endsWith('.ts')
    ? {filename: fileOf('src', `${name}.ts`), execArgv: ['--import', import.meta.resolve('tsx')]}
    : {filename: fileOf('dist', `${name}.js`)};

/** Errors lose their class between threads, so they travel as data. */
export type Answer<T> =
  | {readonly value: T}
  | {readonly error: {readonly name: string; readonly message: string; readonly stack: string | undefined}};

/** On the thread that works. */
export const answer = <T>(work: () => T): Answer<T> => {
  try {
    return {value: work()};
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const {name, message, stack} = error;
    return {error: {name, message, stack}};
  }
};

/** On the thread that asked. @throws what the other did, under its name. */
export const answered = <T>(given: Answer<T>): T => {
  if ('error' in given) throw Object.assign(new Error(given.error.message), given.error);
  return given.value;
};
