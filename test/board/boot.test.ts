/** What may be booted and where it is put; what may not, and what is said then. */
import {gzipSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {cpio} from '../../guests/cpio.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {identifyImage} from '../../src/board/boot/image.ts';
import {type BootFiles, checkConfiguration, load} from '../../src/board/boot/load.ts';
import {readTree} from '../../src/board/tree/flattened.ts';
import {cellsOf, child, stringsOf} from '../../src/board/tree/node.ts';
import {InputError} from '../../src/files/errors.ts';
import {assemble, buildElf, bytesOf} from '../isa/assemble.ts';

const VIRT = BOARDS.find(({id}) => id === 'virt')!;
const MEBIBYTE = 2 ** 20;
const BASE = VIRT.ramBase;

/** Zeros but for some words, by byte offset; little-endian. */
const file = (length: number, words: Readonly<Record<number, number>>): Uint8Array => {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  return bytes;
};
const NOP = 0xe320_f000;
const image = (length = 8192) => file(length, {0: NOP});
const zImage = (words: Readonly<Record<number, number>> = {}, length = 8192) =>
  file(length, {0: NOP, 36: 0x016f_2818, 40: 0, 44: 8192, 48: 0x0403_0201, ...words});
const text = (at: number, characters: string): Uint8Array => {
  const bytes = image();
  bytes.set(Buffer.from(characters, 'latin1'), at);
  return bytes;
};
const initrd = gzipSync(cpio([{path: 'init', type: 'file', mode: 0o755, data: Buffer.from('#!')}]));

describe('what a file is', () => {
  test.each([
    ['a zImage', zImage(), 'zImage'],
    ['a zImage with something behind it', zImage({}, 9000), 'zImage'],
    ['an Image', image(), 'Image'],
  ])('%s', (_, bytes, kind) => {
    expect(identifyImage('k', bytes).kind).toBe(kind);
  });

  test.each([
    ['nothing', new Uint8Array(), 'k: has 0 bytes, too few for a kernel; copy it again'],
    ['zeros', new Uint8Array(8192), 'k:byte 0: does not begin with an Arm instruction; pass a zImage'],
    ['a truncated zImage', zImage().subarray(0, 8000), 'k:byte 8000: the zImage is truncated: 8000 of 8192 bytes'],
    ['a zImage that ends before it starts', zImage({40: 9000}), 'k:byte 40: the zImage is said to end at 8192'],
    ['a big-endian zImage', zImage({36: 0x1828_6f01}), 'k:byte 36: is a big-endian zImage'],
    ['a zImage for the other endianness', zImage({48: 0x0102_0304}), 'k:byte 48: the zImage is not little-endian'],
    ['an AArch64 Image', text(0x38, 'ARM\x64'), 'k:byte 56: is a kernel for AArch64; pass one for 32-bit Arm (armhf)'],
    ['an x86 kernel', text(0x202, 'HdrS'), 'k:byte 514: is a kernel for x86'],
    ['a kernel in gzip', gzipSync(image()), 'k:byte 0: is compressed by gzip; decompress it first (gunzip)'],
    ["U-Boot's image", text(0, '\x27\x05\x19\x56'), "is an image of U-Boot's; cut off its header"],
    [
      'a device tree',
      text(0, '\xd0\x0d\xfe\xed'),
      'is a device tree, or a FIT image; pass a kernel; a tree goes to --dtb',
    ],
    ['an initramfs', text(0, '070701'), 'an initramfs goes to --initrd'],
    ['a package', text(0, '!<arch>'), 'is a Debian package'],
  ])('%s is refused with what to do', (_, bytes, message) => {
    expect(() => identifyImage('k', bytes)).toThrow(InputError);
    expect(() => identifyImage('k', bytes)).toThrow(message);
  });
});

describe('where it is put', () => {
  const start = (files: Partial<BootFiles>, memory = 64 * MEBIBYTE) => {
    const ram = new Uint8Array(memory);
    const all = {image: {file: 'k', bytes: image()}, commandLine: '', ...files};
    const {entry, registers} = load(VIRT, all, {cpus: 1, memory}, ram);
    return {ram, entry, registers, tree: readTree('memory', ram.subarray(registers[2] - BASE)).root};
  };

  test('an Image at 0x208000, the tree in the last 2 MiB', () => {
    const {ram, entry, registers} = start({});
    expect([entry, ...registers]).toEqual([0x4020_8000, 0, 0xffff_ffff, BASE + 62 * MEBIBYTE]);
    expect(new DataView(ram.buffer).getUint32(0x20_8000, true)).toBe(NOP);
  });

  test('an Image elsewhere when told so, a zImage 32 MiB up', () => {
    expect(start({textOffset: 0x8000}).entry).toBe(0x4000_8000);
    expect(start({image: {file: 'k', bytes: zImage()}}).entry).toBe(0x4200_0000);
  });

  test('the initramfs below the tree, which names it', () => {
    const {ram, tree} = start({initrd: {file: 'i', bytes: initrd}, commandLine: 'quiet'});
    const chosen = child(tree, 'chosen')!.properties;
    // One page holds it, just below 62 MiB.
    const at = BASE + 62 * MEBIBYTE - 4096;
    expect(cellsOf(chosen.get('linux,initrd-start')!)).toEqual([0, at]);
    expect(cellsOf(chosen.get('linux,initrd-end')!)).toEqual([0, at + initrd.length]);
    expect(stringsOf(chosen.get('bootargs')!)).toEqual(['quiet']);
    expect(ram.subarray(at - BASE, at - BASE + initrd.length)).toEqual(Uint8Array.from(initrd));
  });

  test('all of it in the first 512 MiB', () => {
    expect(start({}, 1024 * MEBIBYTE).registers[2]).toBe(BASE + 510 * MEBIBYTE);
  });

  test('a bare program where it is linked', () => {
    const bytes = buildElf([{address: BASE + 0x1000, data: bytesOf([assemble('NOP')]), size: 0x2000, flags: 5}]);
    const {ram, entry} = start({image: {file: 'k', bytes}});
    expect([entry, new DataView(ram.buffer).getUint32(0x1000, true)]).toEqual([BASE + 0x1000, NOP]);
  });

  test.each([
    [
      'memory too small',
      {image: {file: 'k', bytes: image(3 * MEBIBYTE)}},
      8,
      "k: the guest's memory of 8 MiB is too small for it; give it at least 20 MiB (--memory)",
    ],
    [
      'memory too small for the initramfs',
      {
        initrd: {
          file: 'i',
          bytes: gzipSync(cpio([{path: 'a', type: 'file', mode: 0, data: new Uint8Array(20 * MEBIBYTE)}]), {level: 0}),
        },
      },
      32,
      "i: the guest's memory of 32 MiB is too small for it",
    ],
    [
      'a program outside of RAM',
      {image: {file: 'k', bytes: buildElf([{address: 0x1_0000, data: bytesOf([NOP]), flags: 5}])}},
      64,
      'k: the segment at 0x10000 of 4 bytes is not in RAM; link it at 0x40000000 or above',
    ],
    [
      'a truncated initramfs',
      {initrd: {file: 'i', bytes: initrd.subarray(0, initrd.length - 5)}},
      64,
      'i: cannot be decompressed',
    ],
    [
      'a cpio archive without end',
      {initrd: {file: 'i', bytes: Buffer.from('070701'.padEnd(200, '0'))}},
      64,
      'i: the cpio archive has no end',
    ],
    [
      'an initramfs of something else',
      {initrd: {file: 'i', bytes: Buffer.from('hello')}},
      64,
      'i:byte 0: is no initramfs',
    ],
    [
      'a command line of 1024 bytes',
      {commandLine: 'x'.repeat(1024)},
      64,
      'the command line has 1024 bytes; Linux takes 1023 at most (--append)',
    ],
    ['a damaged tree', {tree: {file: 't', bytes: new Uint8Array(40)}}, 64, 't:byte 0: is no flattened device tree'],
  ])('%s is refused', (_, files, mebibytes, message) => {
    expect(() => start(files, mebibytes * MEBIBYTE)).toThrow(message);
  });

  test('a machine that no board is', () => {
    const check = (cpus: number, memory: number) => () => checkConfiguration(VIRT, {cpus, memory});
    expect(check(4, 2 * MEBIBYTE)).not.toThrow();
    expect(check(5, 64 * MEBIBYTE)).toThrow('board virt has 1 to 4 vCPUs, not 5; change --cpus');
    expect(check(1, MEBIBYTE)).toThrow('in steps of 2 MiB, not 1048576 bytes; change --memory');
    expect(check(1, 4096 * MEBIBYTE)).toThrow('board virt has 2 to 2048 MiB of RAM');
  });
});
