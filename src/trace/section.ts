/**
 * The frame that every part of a stored trace stands in, little-endian (docs/trace-format.md):
 *
 * ```
 * kind u8 · codec u8 · reserved u16 = 0 · stored length u32 · raw length u32 · CRC-32 u32 · stored bytes
 * ```
 * The CRC covers the twelve bytes before it and the stored bytes. Lengths are checked before anything is read or allocated.
 */
import {readSync} from 'node:fs';
import {brotliCompressSync, brotliDecompressSync, constants, crc32} from 'node:zlib';

export const SECTION_KINDS = ['header', 'blocks', 'records', 'index'] as const;
export type SectionKind = (typeof SECTION_KINDS)[number];

/**
 * `raw`: as it is. `brotli`: compressed; of records, in formats 1 to 3, their older columns. `brotli-columns`: of records only,
 * their columns, compressed.
 */
export const CODECS = ['raw', 'brotli', 'brotli-columns'] as const;
export type Codec = (typeof CODECS)[number];

export const FRAME_BYTES = 16;
const CRC_AT = 12;

/** No section unpacks to more. */
export const MAX_RAW_BYTES = 2 ** 26;

/** Of brotli, for what is written once. */
const QUALITY = 6;

export interface Section {
  readonly kind: SectionKind;
  readonly codec: Codec;
  readonly raw: Uint8Array;
  /** Offset of the byte behind it. */
  readonly end: number;
}

/** Damage to the file; its reader says where, and what is left. */
export class DamagedSection extends Error {
  override readonly name = 'DamagedSection';
}

/** @param quality of brotli. */
export const encodeSection = (kind: SectionKind, codec: Codec, raw: Uint8Array, quality = QUALITY): Uint8Array => {
  if (raw.length > MAX_RAW_BYTES)
    throw new RangeError(`a ${kind} section of ${raw.length} bytes is over ${MAX_RAW_BYTES}`);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  };
  const stored = codec === 'raw' ? raw : brotliCompressSync(raw, {params});
  const section = Buffer.alloc(FRAME_BYTES + stored.length);
  section.writeUInt8(SECTION_KINDS.indexOf(kind), 0);
  section.writeUInt8(CODECS.indexOf(codec), 1);
  section.writeUInt32LE(stored.length, 4);
  section.writeUInt32LE(raw.length, 8);
  section.set(stored, FRAME_BYTES);
  section.writeUInt32LE(crc32(stored, crc32(section.subarray(0, CRC_AT))), CRC_AT);
  return section;
};

/** Exactly `length` bytes at `offset`. @throws DamagedSection when the file ends before. */
export const readExactly = (file: number, offset: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, offset + done);
    if (count === 0) throw new DamagedSection('the file ends here');
    done += count;
  }
  return bytes;
};

const unpack = (codec: Codec, stored: Uint8Array, rawLength: number): Uint8Array => {
  if (codec === 'raw') return stored;
  try {
    return brotliDecompressSync(stored, {maxOutputLength: Math.max(1, rawLength)});
  } catch (error) {
    throw new DamagedSection(`cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
};

/** Reads and verifies the section at `offset`; it must end at or before `limit`. @throws DamagedSection */
export const readSection = (file: number, offset: number, limit: number): Section => {
  if (offset + FRAME_BYTES > limit) throw new DamagedSection('the file ends here');
  const frame = readExactly(file, offset, FRAME_BYTES);
  const kind = SECTION_KINDS[frame.readUInt8(0)];
  const codec = CODECS[frame.readUInt8(1)];
  const storedLength = frame.readUInt32LE(4);
  const rawLength = frame.readUInt32LE(8);
  if (kind === undefined) throw new DamagedSection(`unknown kind of section ${frame.readUInt8(0)}`);
  if (codec === undefined) throw new DamagedSection(`unknown codec ${frame.readUInt8(1)}`);
  if (frame.readUInt16LE(2) !== 0) throw new DamagedSection('reserved bits are set');
  if (rawLength > MAX_RAW_BYTES) throw new DamagedSection(`claims to unpack to ${rawLength} bytes`);
  const end = offset + FRAME_BYTES + storedLength;
  if (end > limit)
    throw new DamagedSection(`claims ${storedLength} bytes where ${limit - offset - FRAME_BYTES} are left`);
  const stored = readExactly(file, offset + FRAME_BYTES, storedLength);
  if (crc32(stored, crc32(frame.subarray(0, CRC_AT))) !== frame.readUInt32LE(CRC_AT)) {
    throw new DamagedSection('its checksum does not match');
  }
  const raw = unpack(codec, stored, rawLength);
  if (raw.length !== rawLength) throw new DamagedSection(`unpacks to ${raw.length} bytes, not ${rawLength}`);
  return {kind, codec, raw, end};
};
