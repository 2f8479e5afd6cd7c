/** Programs made of system calls with constant arguments, put together without a compiler. */
import {assemble, buildElf, bytesOf, CODE, loadConstant, systemCall} from '../isa/assemble.ts';

export const DATA = 0x0010_0000;
export const BUFFER = DATA + 0x4000;
const MI = 4;

/** Texts laid out in the data segment, each with a zero behind it. */
export const layOut = (...texts: readonly string[]): {readonly data: Uint8Array; readonly at: readonly number[]} => {
  const at: number[] = [];
  let data = '';
  for (const text of texts) {
    at.push(DATA + data.length);
    data += `${text}\0`;
  }
  return {data: Buffer.from(data, 'latin1'), at};
};

export const programOf = (words: readonly number[], data: Uint8Array = new Uint8Array(4)): Uint8Array =>
  buildElf([
    {address: CODE, data: bytesOf(words), flags: 5},
    {address: DATA, data, size: 0x8000, flags: 6},
  ]);

/** Ends with the error number in r0, if there is one. */
export const orExit: readonly number[] = [
  assemble('CMP (immediate)', {Rn: 0, imm12: 0}),
  assemble('RSB (immediate)', {cond: MI, Rn: 0, Rd: 0}),
  assemble('MOV (immediate)', {cond: MI, Rd: 7, imm12: 1}),
  assemble('SVC', {cond: MI}),
];

/** r0 of the last call becomes the exit code. */
export const exitWithResult: readonly number[] = [...loadConstant(7, 1), assemble('SVC')];

/** A call, then {@link orExit}. */
export const checked = (number: number, ...args: readonly number[]): readonly number[] => [
  ...systemCall(number, ...args),
  ...orExit,
];

/** Moves r0, a descriptor, to the call's first argument that follows. */
export const withResult = (number: number, ...args: readonly number[]): readonly number[] => [
  ...args.flatMap((value, index) => loadConstant(index + 1, value)),
  ...loadConstant(7, number),
  assemble('SVC'),
];

const AT_FDCWD = -100;
export const OPENAT = 322;
export const READ = 3;
export const WRITE = 4;

/** Prints the start of a file, or ends with the error number. */
export const printFile = (path: string, flags = 0): Uint8Array => {
  const {data, at} = layOut(path);
  return programOf(
    [
      ...checked(OPENAT, AT_FDCWD, at[0]!, flags, 0o600),
      ...withResult(READ, BUFFER, 64),
      ...orExit,
      assemble('MOV (register)', {Rd: 2, Rm: 0}),
      ...loadConstant(0, 1),
      ...loadConstant(1, BUFFER),
      ...loadConstant(7, WRITE),
      assemble('SVC'),
      ...systemCall(248, 0),
    ],
    data,
  );
};
