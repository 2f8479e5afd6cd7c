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
