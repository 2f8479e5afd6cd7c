/**
 * A machine in a file: magic, version and length of the header in 32 bits each, the header's CRC, the header as JSON, and the
 * sections that it lists. Numbers are little-endian.
 */
import {crc32} from 'node:zlib';
import type {z} from 'zod';
import {InputError} from '../../files/errors.ts';
import type {Packed} from './pages.ts';
import {configuration, type Header, header} from './schema.ts';

const MAGIC = Uint8Array.from([0x89, 0x54, 0x57, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Another one whenever what a machine has to remember changes. */
const VERSION = 2;
const LENGTH_AT = 12;
const CHECKSUM_AT = 16;
const HEADER_AT = 20;
/** A few tens of kilobytes are usual; typed input that waits is in it, too. */
const MOST_HEADER = 2 ** 26;
const MAKE_IT_AGAIN = 'make it again with --snapshot-at';

/** @returns parts of the file, in order. */
export const encodeSnapshot = (content: Omit<Header, 'sections'>, packed: readonly Packed[]): readonly Uint8Array[] => {
  const sections = packed.map(({bytes, size}) => ({stored: bytes.length, size, checksum: crc32(bytes)}));
  const text = Buffer.from(JSON.stringify({...content, sections}));
  const preamble = Buffer.alloc(HEADER_AT);
  preamble.set(MAGIC);
  preamble.writeUInt32LE(VERSION, MAGIC.length);
  preamble.writeUInt32LE(text.length, LENGTH_AT);
  preamble.writeUInt32LE(crc32(text), CHECKSUM_AT);
  return [preamble, text, ...packed.map(({bytes}) => bytes)];
};

const refuse = (file: string, place: string, message: string, remedy = MAKE_IT_AGAIN): never => {
  throw new InputError(message, {file, place, remedy});
};

const checked = <T>(file: string, schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const {path, message} = result.error.issues[0]!;
  return refuse(file, `header, ${path.join('.') || 'as a whole'}`, message);
};

const parsed = (file: string, text: Buffer): unknown => {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return refuse(file, 'header', 'it is no JSON');
  }
};

const readHeader = (file: string, bytes: Buffer): {readonly header: Header; readonly end: number} => {
  if (bytes.length < HEADER_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new InputError('it is no snapshot of trapwalk', {file, remedy: 'pass what --snapshot wrote'});
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version !== VERSION)
    refuse(file, 'byte 8', `it is a snapshot of version ${version}; this trapwalk reads version ${VERSION}`);
  const length = bytes.readUInt32LE(LENGTH_AT);
  const end = HEADER_AT + length;
  if (length > MOST_HEADER || end > bytes.length)
    refuse(
      file,
      `byte ${LENGTH_AT}`,
      `the header has ${length} bytes, the file ${bytes.length}: it was cut off or is damaged`,
    );
  const text = bytes.subarray(HEADER_AT, end);
  if (crc32(text) !== bytes.readUInt32LE(CHECKSUM_AT)) refuse(file, `byte ${HEADER_AT}`, 'the header is damaged');
  const value = parsed(file, text);
  return {header: checked(file, header(checked(file, configuration, value)), value), end};
};

export interface Snapshot {
  readonly file: string;
  readonly header: Header;
  readonly sections: readonly Packed[];
}

/** @throws InputError naming the file, the place and what to do. */
export const decodeSnapshot = (file: string, data: Uint8Array): Snapshot => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const {header: content, end} = readHeader(file, bytes);
  let at = end;
  const sections = content.sections.map(({stored, size, checksum}, index) => {
    const part = bytes.subarray(at, at + stored);
    if (part.length < stored)
      refuse(
        file,
        `section ${index}, byte ${at}`,
        `it has ${stored} bytes, the rest of the file ${part.length}: it was cut off`,
      );
    if (crc32(part) !== checksum) refuse(file, `section ${index}, byte ${at}`, 'the section is damaged');
    at += stored;
    return {bytes: part, size};
  });
  if (at !== bytes.length) refuse(file, `byte ${at}`, `${bytes.length - at} bytes follow the last section`);
  return {file, header: content, sections};
};
