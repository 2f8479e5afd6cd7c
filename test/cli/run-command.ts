/** Runs a command from src/ in this process, with its streams caught; or the whole program, from its entry point. */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {type Command, Config} from '@oclif/core';
import {captureOutput} from '@oclif/test';
import {packagePath, packageRoot} from '../../src/files/paths.ts';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** oclif's own look for commands would import them past the test runner; a command that is called directly needs none. */
const config = Config.load({
  root: packageRoot(),
  pjson: {...JSON.parse(readFileSync(packagePath('package.json'), 'utf8')), oclif: {bin: 'trapwalk'}},
});

export const runCommand = async (command: Command.Class, ...argv: readonly string[]): Promise<Outcome> => {
  const loaded = await config;
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const {stdout, stderr, error} = await captureOutput(() => command.run([...argv], loaded));
    if (error !== undefined && error.code !== 'EEXIT') throw error;
    return {stdout, stderr, exitCode: error?.oclif?.exit ?? Number(process.exitCode ?? 0)};
  } finally {
    process.exitCode = before;
  }
};

/** Of a command that must succeed and print one JSON value and nothing else on stdout. */
export const runJson = async (command: Command.Class, ...argv: readonly string[]) => {
  const {stdout, exitCode, stderr} = await runCommand(command, ...argv);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
};

export const DEV_ARGUMENTS = ['--import', 'tsx', packagePath('bin', 'dev.js')];

export const runProgram = (...argv: readonly string[]): Outcome => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [...DEV_ARGUMENTS, ...argv], {
    cwd: packageRoot(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {stdout, stderr, exitCode: status ?? -1};
};
