/** A file of another format as a trace. It is read as it comes, so that its size does not matter. */
import {createHash} from 'node:crypto';
import {closeSync, createReadStream, fstatSync, openSync, readSync} from 'node:fs';
import {basename} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';
import {InputError, systemReason} from '../../files/errors.ts';
import type {AsyncTraceSource, TraceChunk} from '../source.ts';
import {ImportBuilder} from './builder.ts';
import {ChangeCounts} from './changes.ts';
import {Malformed, type Reader, type TraceFormat} from './format.ts';

/** No line of any format is longer. */
const LONGEST_LINE = 2 ** 16;

interface Packing {
  readonly magic: readonly number[];
  /** What unpacks it; undefined: trapwalk does. */
  readonly command: string | undefined;
}
const PACKINGS: readonly Packing[] = [
  {magic: [0x1f, 0x8b], command: undefined},
  {magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], command: 'xz -dk'},
  {magic: [0x28, 0xb5, 0x2f, 0xfd], command: 'zstd -d'},
  {magic: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59], command: 'bzip2 -dk'},
];
const MAGIC_BYTES = Math.max(...PACKINGS.map(({magic}) => magic.length));

/** @throws InputError when the file cannot be read, or is packed by what trapwalk cannot unpack. */
const isPacked = (path: string): boolean => {
  const start = Buffer.alloc(MAGIC_BYTES);
  let length: number;
  try {
    const file = openSync(path, 'r');
    try {
      if (!fstatSync(file).isFile())
        throw new InputError('is not a regular file', {file: path, remedy: 'copy it to a file: it is read twice'});
      length = readSync(file, start, 0, MAGIC_BYTES, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError(`cannot read (${systemReason(error)})`, {file: path, remedy: 'name the file of a trace'});
  }
  const packing = PACKINGS.find(({magic}) => magic.length <= length && magic.every((byte, at) => start[at] === byte));
  if (packing?.command !== undefined) {
    throw new InputError('is packed in a way that trapwalk does not unpack', {
      file: path,
      remedy: `unpack it with '${packing.command} ${path}'`,
    });
  }
  return packing !== undefined;
};

/** Bytes of the file, unpacked. */
async function* bytesOf(path: string, packed: boolean): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, {highWaterMark: 2 ** 20});
  if (!packed) {
    yield* stream;
    return;
  }
  const unpacked = createGunzip({chunkSize: 2 ** 18});
  stream.on('error', (error) => unpacked.destroy(error));
  try {
    yield* stream.pipe(unpacked);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw new InputError(`cannot be unpacked (${message})`, {file: path, remedy: "test it with 'gzip -t'"});
  } finally {
    stream.destroy();
  }
}

/** Cuts bytes into the units of a format and has each understood. */
interface Cutter {
  /** How many units were understood, and where the next begins. */
  place(): string;
  /** The units in `bytes` and what was left before them, one at a time. */
  cut(bytes: Buffer): Iterable<void>;
  /** What is left at the end. */
  rest(): void;
}

class Lines implements Cutter {
  readonly #read: (line: string) => void;
  #left = '';
  #number = 0;

  constructor(read: (line: string) => void) {
    this.#read = read;
  }

  place(): string {
    return String(this.#number);
  }

  *cut(bytes: Buffer): Generator<void> {
    const text = this.#left + bytes.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(text.slice(start, end));
      start = end + 1;
      yield;
    }
    this.#left = text.slice(start);
    if (this.#left.length > LONGEST_LINE) this.#line(this.#left);
  }

  rest(): void {
    if (this.#left !== '') this.#line(this.#left);
  }

  #line(line: string): void {
    this.#number++;
    if (line.length > LONGEST_LINE) throw new Malformed(`a line of more than ${LONGEST_LINE} bytes`);
    this.#read(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}

class Records implements Cutter {
  readonly #read: (bytes: Buffer, at: number) => void;
  readonly #unit: number;
  #left = Buffer.alloc(0);
  #number = -1;

  constructor(unit: number, read: (bytes: Buffer, at: number) => void) {
    this.#unit = unit;
    this.#read = read;
  }

  place(): string {
    return `record ${this.#number}, byte ${this.#number * this.#unit}`;
  }

  *cut(bytes: Buffer): Generator<void> {
    const whole = this.#left.length === 0 ? bytes : Buffer.concat([this.#left, bytes]);
    let at = 0;
    for (; at + this.#unit <= whole.length; at += this.#unit) {
      this.#number++;
      this.#read(whole, at);
      yield;
    }
    this.#left = Buffer.from(whole.subarray(at));
  }

  rest(): void {
    if (this.#left.length === 0) return;
    this.#number++;
    throw new Malformed(
      `${this.#left.length} bytes of a record of ${this.#unit}`,
      'the file was cut off, or is of another format',
    );
  }
}

const cutterOf = (reader: Reader, builder: ImportBuilder): Cutter =>
  reader.unit === 'line' ? new Lines(reader.open(builder)) : new Records(reader.unit, reader.open(builder));

export interface ImportSource extends AsyncTraceSource {
  readonly changes: ChangeCounts;
  close(): Promise<void>;
}

async function* chunksOf(
  path: string,
  packed: boolean,
  reader: Reader,
  builder: ImportBuilder,
): AsyncGenerator<TraceChunk, undefined> {
  const cutter = cutterOf(reader, builder);
  try {
    for await (const bytes of bytesOf(path, packed)) {
      for (const _ of cutter.cut(bytes)) if (builder.isFull) yield builder.take();
    }
    cutter.rest();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const remedy = error.remedy ?? 'see that --format names its format';
    throw new InputError(error.message, {file: path, place: cutter.place(), remedy});
  }
  const last = builder.finish();
  if (last.length > 0) yield last;
}

export interface ImportRequest {
  readonly path: string;
  /** Name of `format` in the table. */
  readonly name: string;
  readonly format: TraceFormat & {readonly read: Reader};
}

/** @throws InputError when the file cannot be read or unpacked; `next` throws it with the place of what makes no sense. */
export const openImport = async ({path, name, format}: ImportRequest): Promise<ImportSource> => {
  const packed = isPacked(path);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const changes = new ChangeCounts();
  const builder = new ImportBuilder(changes);
  const chunks = chunksOf(path, packed, format.read, builder);
  const file = basename(path);
  return {
    header: {
      importedFrom: {format: name, file, fileHash: hash.digest('hex')},
      guest: file,
      command: `trapwalk trace import ${file} --format ${name} --output FILE`,
      guestHash: '',
      isa: 'armv7-a',
      endianness: 'little',
      vcpus: 1,
    },
    blocks: builder.blocks,
    changes,
    next: async () => (await chunks.next()).value,
    close: async () => {
      await chunks.return(undefined);
    },
  };
};
