import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ElfError} from '../../src/isa/core/errors.ts';
import {parseElf} from '../../src/isa/linux/elf.ts';
import {bytes} from '../../src/units.ts';
import {buildElf, bytesOf, CODE, exitWith, program} from './assemble.ts';
import {prepare} from './run.ts';

const good = program(exitWith(0));
const patched = (at: number, ...values: readonly number[]): Uint8Array => {
  const copy = good.slice();
  copy.set(values, at);
  return copy;
};
const part = (address: number, size: number, flags = 5) => ({address, data: bytesOf([0]), size, flags});

describe('an ELF file', () => {
  it.each([
    ['not an ELF', Uint8Array.of(1, 2, 3, 4), 'guest.elf: not an ELF file; pass an Arm Linux executable'],
    ['an empty file', new Uint8Array(0), 'not an ELF file'],
    ['a cut header', good.slice(0, 40), 'the ELF header is truncated (40 of 52 bytes)'],
    ['64-bit', patched(4, 2), 'not a 32-bit ELF file'],
    ['big-endian', patched(5, 2), 'not a little-endian ELF file'],
    ['x86', patched(18, 3), 'its machine is 3, not Arm (40)'],
    ['an object file', patched(16, 1), 'its type is 1, not an executable (2 or 3)'],
    ['headers of another size', patched(42, 56), 'program headers are of 56 bytes'],
    ['no headers', patched(44, 0), 'it has 0 program headers'],
    ['headers beyond the end', patched(28, 0xff, 0xff, 0xff, 0x7f), 'its program headers are truncated'],
    ['nothing to load', patched(52, 4), 'it has nothing to load'],
    ['a cut segment', good.slice(0, -1), 'the segment at 0x00010000 is truncated'],
    ['fewer bytes in memory', patched(52 + 20, 1, 0), 'more bytes in the file'],
    ['an entry between instructions', patched(24, 2), 'is half of an instruction'],
    ['an entry elsewhere', patched(26, 9), 'is in no executable segment'],
    ['the null page', buildElf([part(0, 8)]), 'lies outside 0x00001000–0xbf000000'],
    ['the kernel', buildElf([part(0xbeff_fffc, 8)]), 'lies outside'],
    ['more than 1 GiB', buildElf([part(CODE, 2 ** 30 + 1)]), 'more than 1 GiB'],
    ['more than 1 GiB in sum', buildElf([part(CODE, 2 ** 30 - 4), part(0x8000_0000, 8)]), 'more than 1 GiB'],
    [
      'overlap',
      buildElf([part(CODE, 0x2000), part(CODE + 0x1000, 8)]),
      'the segments at 0x00010000 and 0x00011000 overlap',
    ],
  ])('is refused: %s', (_, elf, message) => {
    const parse = () => parseElf('guest.elf', elf);
    expect(parse).toThrow(ElfError);
    expect(parse).toThrow(message);
  });

  it('may begin in Thumb state, and may be loaded anywhere', () => {
    expect(parseElf('guest.elf', patched(24, 1)).entry).toBe(CODE + 1);
    expect(parseElf('guest.elf', patched(16, 3)).isRelocatable).toBe(true);
    expect(parseElf('guest.elf', good).isRelocatable).toBe(false);
  });

  it.each([
    ['a name', '/lib/ld.so\0', '/lib/ld.so'],
    ['no end', '/lib/ld.so', 'has no end'],
    ['a zero within', '/lib\0/ld.so\0', 'has no end'],
    ['nothing', '\0', 'is truncated'],
  ])('names a dynamic linker: %s', (_, name, expected) => {
    const data = new TextEncoder().encode(name);
    const elf = buildElf([
      {address: CODE, data: bytesOf(exitWith(0)), flags: 5},
      {address: CODE + 0x8000, data, flags: 4},
    ]);
    // The second program header becomes PT_INTERP.
    elf[52 + 32] = 3;
    if (expected.startsWith('/')) expect(parseElf('guest.elf', elf).interpreter).toBe(expected);
    else expect(() => parseElf('guest.elf', elf)).toThrow(expected);
  });

  it('is refused when it does not fit or lies in the stack', () => {
    expect(() => prepare(good, {memoryLimit: bytes(4096)})).toThrow('does not fit into the memory limit');
    expect(() => prepare(buildElf([part(0xbee0_0000, 8)]))).toThrow('overlaps the stack');
  });

  it('with any mutation loads or throws ElfError', () => {
    const mutation = fc.array(fc.tuple(fc.nat(83), fc.nat(255)), {minLength: 1, maxLength: 8});
    fc.assert(
      fc.property(mutation, fc.nat(good.length), (changes, length) => {
        const elf = good.slice(0, length < 84 ? length : good.length);
        for (const [at, value] of changes) if (at < elf.length) elf[at] = value;
        try {
          expect(parseElf('guest.elf', elf).segments.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ElfError);
        }
      }),
      {seed: 11, numRuns: 20_000},
    );
  });

  it('with any mutation starts or throws ElfError', () => {
    const mutation = fc.array(fc.tuple(fc.nat(83), fc.nat(255)), {minLength: 1, maxLength: 4});
    fc.assert(
      fc.property(mutation, (changes) => {
        const elf = good.slice();
        for (const [at, value] of changes) elf[at] = value;
        try {
          const {emulator} = prepare(elf);
          expect(emulator.instructions).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ElfError);
        }
      }),
      {seed: 12, numRuns: 60},
    );
  });
});
