/** The initramfs' archive, byte for byte. */
import {expect, test} from 'vitest';
import {cpio, type Entry} from '../../guests/cpio.ts';

const ENTRIES: readonly Entry[] = [
  {path: 'bin', type: 'directory', mode: 0o755},
  {path: 'bin/a', type: 'file', mode: 0o644, data: Buffer.from('hello')},
  {path: 'bin/b', type: 'link', mode: 0o777, data: Buffer.from('a')},
  {path: 'console', type: 'characterDevice', mode: 0o600, device: [5, 1]},
];

test('an entry is a header of hexadecimal words, a name and data, each padded to four bytes', () => {
  const archive = Buffer.from(cpio([ENTRIES[1]!])).toString('latin1');
  const header = (...words: readonly number[]) =>
    `070701${words.map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
  // 110 + 6 = 116 is a multiple of four, 5 is not; 110 + 11 = 121 is not.
  expect(archive).toBe(
    `${header(1, 0o100644, 0, 0, 1, 0, 5, 0, 0, 0, 0, 6, 0)}bin/a\0hello\0\0\0` +
      `${header(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)}TRAILER!!!\0\0\0\0`,
  );
});

test('of a device, the number is in the header', () => {
  const archive = Buffer.from(cpio([ENTRIES[3]!])).toString('latin1');
  // The tenth and eleventh word.
  expect([archive.slice(6 + 8 * 9, 6 + 8 * 10), archive.slice(6 + 8 * 10, 6 + 8 * 11)]).toEqual([
    '00000005',
    '00000001',
  ]);
});

test('the same entries give the same bytes', () => {
  expect(cpio(ENTRIES)).toEqual(cpio(ENTRIES));
});
