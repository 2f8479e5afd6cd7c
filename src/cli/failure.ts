/**
 * What an error says to the user, and the exit code: 2 for a command line that makes no sense, 1 for anything else that
 * went wrong outside of trapwalk, 130 for Ctrl-C. An error of JavaScript's own kinds (TypeError, …) is a fault of trapwalk
 * and no input can excuse it: its stack is shown, and the code is 70 (EX_SOFTWARE of sysexits). RangeError is none of these:
 * the model throws it for values that it cannot hold.
 */
import {nearest} from '../files/nearest.ts';

export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

const INPUT = 1;
const USAGE = 2;
const FAULT = 70;
const INTERRUPTED = 130;

/** The user stopped the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}

/** A fault of trapwalk, told by where the engines part. */
export class EnginesDiffer extends Error {
  override readonly name = 'EnginesDiffer';
}

const FAULTS = ['TypeError', 'ReferenceError', 'SyntaxError', 'EvalError', 'URIError', 'AssertionError'];

/** oclif's errors, by what they carry: its classes for parse errors are not exported. */
interface OclifError extends Error {
  readonly oclif: {readonly exit?: number};
  readonly code?: string;
  /** Unknown flags as typed. */
  readonly flags?: readonly string[];
  /** Missing arguments (by name), or those that are too many (as typed). */
  readonly args?: readonly (string | {readonly name: string})[];
}
const isOclif = (error: Error): error is OclifError => 'oclif' in error;

const oneLine = (message: string): string =>
  message.replace('See more help with --help', '').replace(/\s+/g, ' ').trim();

const unknownFlag = (flag: string, known: readonly string[]): string => {
  const guess = nearest(flag.replace(/^-+/, ''), known);
  const hint =
    guess === undefined
      ? `known flags are ${known.map((name) => `--${name}`).join(', ')}`
      : `did you mean '--${guess}'?`;
  return `unknown flag '${flag}'; ${hint}`;
};

const usageMessage = (error: OclifError, flags: readonly string[]): string => {
  if (error.message.startsWith('Nonexistent flag'))
    return (error.flags ?? []).map((flag) => unknownFlag(flag, flags)).join('; ');
  const names = (error.args ?? []).map((arg) => (typeof arg === 'string' ? arg : arg.name.toUpperCase()));
  if (error.message.startsWith('Missing')) return `missing argument: ${names.join(' ')}`;
  if (error.message.startsWith('Unexpected argument')) return `unexpected argument: ${names.join(' ')}`;
  return oneLine(error.message).replace(/^The following errors? occurred: /, '');
};

/** Undefined for oclif's own request to exit. */
export const failureOf = (error: Error, flags: readonly string[]): Failure | undefined => {
  if (error instanceof Interrupted) return {message: error.message, exitCode: INTERRUPTED};
  if (error instanceof EnginesDiffer) return {message: error.message, exitCode: FAULT};
  if (isOclif(error)) {
    if (error.code === 'EEXIT') return undefined;
    return {message: `${usageMessage(error, flags)} (see --help)`, exitCode: error.oclif.exit ?? USAGE};
  }
  if (FAULTS.includes(error.name)) {
    return {message: `this is a fault of trapwalk, please report it:\n${error.stack}`, exitCode: FAULT};
  }
  return {message: error.message, exitCode: INPUT};
};
