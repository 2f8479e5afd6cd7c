import {Errors} from '@oclif/core';
import {describe, expect, test} from 'vitest';
import {failureOf, Interrupted} from '../../src/cli/failure.ts';
import {InputError} from '../../src/files/errors.ts';
import {GuestFault, UnmodelledInstruction} from '../../src/isa/core/errors.ts';

describe('what an error says, and the exit code', () => {
  test.each([
    ['bad input', new InputError('is empty', {file: 'a.yaml', remedy: 'fill it'}), 'a.yaml: is empty; fill it', 1],
    [
      'an instruction',
      new UnmodelledInstruction(0x10000, 0xee100f10, 'why'),
      'instruction 0xee100f10 at 0x00010000: why',
      1,
    ],
    ['a guest fault', new GuestFault(0x10000, 0, 'read'), /^guest fault at pc 0x00010000: read/, 1],
    ['a value that the model cannot hold', new RangeError('no room'), 'no room', 1],
    ['the operating system', Object.assign(new Error('EMFILE: too many'), {code: 'EMFILE'}), 'EMFILE: too many', 1],
    [
      'usage',
      new Errors.CLIError('Parsing --jobs \n\tno number\nSee more help with --help'),
      'Parsing --jobs no number (see --help)',
      2,
    ],
    ['Ctrl-C', new Interrupted(), 'interrupted', 130],
  ])('%s', (_, error, message, exitCode) => {
    const failure = failureOf(error, []);
    expect(failure?.message).toMatch(message);
    expect(failure?.message).not.toContain('\n');
    expect(failure?.exitCode).toBe(exitCode);
  });

  test('a fault of trapwalk shows where it happened', () => {
    const failure = failureOf(new TypeError('x is not a function'), []);
    expect(failure?.message).toMatch(/fault of trapwalk.*\nTypeError: x is not a function\n +at .*failure\.test\.ts/);
    expect(failure?.exitCode).toBe(70);
  });

  test('a request to exit is left to oclif', () => {
    expect(failureOf(new Errors.ExitError(3), [])).toBeUndefined();
  });
});
