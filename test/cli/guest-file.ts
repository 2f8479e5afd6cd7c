/** ELF files to run, made from one that comes along by writing instructions over its first ones. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll} from 'vitest';
import {parseElf} from '../../src/isa/linux/elf.ts';
import {chooseGuest} from '../../src/tracegen/catalogue.ts';

/** A directory for the tests of a file. */
export const useDirectory = (): ((...parts: string[]) => string) => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'trapwalk-cli-'));
  });
  afterAll(() => rmSync(directory, {recursive: true, force: true}));
  return (...parts) => join(directory, ...parts);
};

export const guestBytes = (): Buffer => readFileSync(chooseGuest('dhrystone').path);

/** A guest whose first instructions are `words`. */
export const guestOf = (...words: readonly number[]): Buffer => {
  const bytes = guestBytes();
  const {entry, segments} = parseElf('guest', bytes);
  const segment = segments.find(({address, size}) => entry >= address && entry < address + size);
  if (segment === undefined) throw new Error('no segment holds the entry point');
  const start = segment.data.byteOffset - bytes.byteOffset + entry - segment.address;
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, start + 4 * index);
  return bytes;
};

/** mov r0, #3; mov r7, #1 (exit); svc 0. */
export const EXITS_WITH_3 = [0xe3a00003, 0xe3a07001, 0xef000000];
/** b . */
export const LOOPS = [0xeafffffe];
/** mov r0, #0; ldr r0, [r0]. */
export const FAULTS = [0xe3a00000, 0xe5900000];
/** mrc p15, 0, r0, c0, c0, 0: no instruction of user mode. */
export const UNDEFINED = [0xee100f10];
/** svc 0x900001: exit of the old ABI. */
export const OLD_CALL = [0xef900001];

export const writeGuest = (path: string, bytes: Uint8Array): string => {
  writeFileSync(path, bytes);
  return path;
};
