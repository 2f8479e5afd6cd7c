/** Whether a file can be an initramfs of Linux, and whether all of it is there as far as can be told. */
import {gunzipSync} from 'node:zlib';
import {InputError} from '../../files/errors.ts';

const CPIO = [...Buffer.from('07070')];
const GZIP = [0x1f, 0x8b];
/** Of the other decompressors that Linux has. */
const OTHERS: readonly (readonly number[])[] = [
  [0xfd, ...Buffer.from('7zXZ')],
  [...Buffer.from('BZh')],
  [0x5d, 0x00, 0x00],
  [0x89, ...Buffer.from('LZO')],
  [0x02, 0x21, 0x4c, 0x18],
  [0x28, 0xb5, 0x2f, 0xfd],
];
/** Name of the last entry of every cpio archive. */
const TRAILER = Buffer.from('TRAILER!!!');
/** An initramfs of more bytes would not fit into any guest. */
const MOST_UNPACKED = 2 ** 30;

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((value, index) => bytes[index] === value);

const unpack = (file: string, bytes: Uint8Array): Uint8Array => {
  try {
    return gunzipSync(bytes, {maxOutputLength: MOST_UNPACKED});
  } catch (error) {
    throw new InputError(`cannot be decompressed (${(error as Error).message})`, {
      file,
      remedy: 'the initramfs is truncated or damaged: copy or pack it again',
    });
  }
};

/** The bytes, when nothing is wrong with them. @throws InputError */
export const checkedInitrd = (file: string, bytes: Uint8Array): Uint8Array => {
  const isGzip = startsWith(bytes, GZIP);
  if (!isGzip && OTHERS.some((magic) => startsWith(bytes, magic))) return bytes;
  const archive = isGzip ? unpack(file, bytes) : bytes;
  if (!startsWith(archive, CPIO))
    throw new InputError('is no initramfs: neither a cpio archive nor a compressed one', {
      file,
      place: 'byte 0',
      remedy: 'pack one with cpio -o -H newc, or make one with npm run guest:linux',
    });
  if (!Buffer.from(archive.buffer, archive.byteOffset, archive.length).includes(TRAILER))
    throw new InputError('the cpio archive has no end', {file, remedy: 'it is truncated: copy or pack it again'});
  return bytes;
};
