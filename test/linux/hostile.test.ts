/** System calls with arguments that nobody means: whatever they are, the guest gets an answer and the host no exception. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {GuestDeadlock} from '../../src/isa/linux/scheduler.ts';
import {ALL_CALLS} from '../../src/isa/linux/system-calls.ts';
import {bytes, MEBIBYTE} from '../../src/units.ts';
import {systemCall} from '../isa/assemble.ts';
import {prepare} from '../isa/run.ts';
import {DATA, programOf} from './calls.ts';

/** Those that end the program, so that nothing would come after them. */
const ENDING = [1, 248, 119, 173];
const NUMBERS = ALL_CALLS.map(({number}) => number).filter((number) => !ENDING.includes(number));

const PATHS = ['/tmp/a', '/proc/self/fd/1', '.', '/dev/zero', '/tmp', '', '/proc/self/exe', '/tmp/b/../a'];
const dataOf = (noise: readonly number[]): {readonly data: Uint8Array; readonly pointers: readonly number[]} => {
  const pointers: number[] = [];
  let text = '';
  for (const path of PATHS) {
    pointers.push(DATA + text.length);
    text += `${path}\0`;
  }
  const start = Math.ceil(text.length / 8) * 8;
  const data = Buffer.alloc(start + 4 * noise.length);
  data.write(text, 'latin1');
  for (const [index, word] of noise.entries()) {
    pointers.push(DATA + start + 4 * index);
    data.writeInt32LE(word | 0, start + 4 * index);
  }
  return {data, pointers};
};

const SMALL = [0, 1, 2, 3, 4, 5, 7, 8, 16, 64, 100, 4096];
const EXTREME = [-1, -100, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_0fff, 0x1000, 0xbeff_f000, 0xbeff_fffd];
const value = fc.oneof(
  fc.constantFrom(...SMALL),
  fc.constantFrom(...EXTREME),
  fc.nat(40).map((index) => ({pointer: index})),
  fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1}),
  fc.nat(31).map((bit) => 1 << bit),
);
const oneCall = fc.tuple(fc.constantFrom(...NUMBERS), fc.array(value, {minLength: 0, maxLength: 6}));
const noise = fc.array(fc.oneof(fc.constantFrom(...SMALL, ...EXTREME, DATA, DATA + 64), fc.integer()), {
  minLength: 32,
  maxLength: 32,
});

describe('system calls with arbitrary arguments', () => {
  it('answer or end the guest', {timeout: 120_000}, () => {
    fc.assert(
      fc.property(fc.array(oneCall, {minLength: 8, maxLength: 30}), noise, (calls, words) => {
        const {data, pointers} = dataOf(words);
        const code = calls.flatMap(([number, args]) =>
          systemCall(
            number,
            ...args.map((arg) => (typeof arg === 'number' ? arg : pointers[arg.pointer % pointers.length]!)),
          ),
        );
        const {emulator} = prepare(programOf([...code, ...systemCall(248, 0)], data), {
          memoryLimit: bytes(16 * MEBIBYTE),
          taskLimit: 8,
        });
        try {
          expect(['exited', 'limit']).toContain(emulator.run(20_000));
        } catch (error) {
          expect(error).toBeInstanceOf(GuestDeadlock);
        }
      }),
      {seed: 21, numRuns: 300},
    );
  });
});
