/** Where a worker thread's module is, whether trapwalk runs from src/ (through tsx) or from dist/. */

export interface ThreadEntry {
  readonly filename: string;
  readonly execArgv?: string[];
}

/** Entry `name` (a path without extension, relative to the module at `from`, its import.meta.url). */
export const threadEntry = (from: string, name: string): ThreadEntry =>
  from.endsWith('.ts')
    ? {filename: new URL(`${name}.ts`, from).href, execArgv: ['--import', import.meta.resolve('tsx')]}
    : {filename: new URL(`${name}.js`, from).href};
