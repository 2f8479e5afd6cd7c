/** Flattened device trees, format version 17 (Devicetree Specification 0.4, chapter 5). Numbers are big-endian. */
import {InputError} from '../../files/errors.ts';
import type {TreeNode} from './node.ts';

export const TREE_MAGIC = 0xd00d_feed;
const VERSION = 17;
const OLDEST_COMPATIBLE = 16;
const HEADER_BYTES = 40;
const RESERVATION_BYTES = 16;
/** Structure tokens (5.4.1). */
const TOKEN = {beginNode: 1, endNode: 2, property: 3, nothing: 4, end: 9} as const;
/** Deeper than any board's. */
const MOST_DEPTH = 32;
/** More than that would not fit beside a kernel; Linux maps 2 MiB for it. */
export const MOST_TREE_BYTES = 2 ** 21;

export interface Reservation {
  readonly address: number;
  readonly size: number;
}

export interface DeviceTree {
  readonly root: TreeNode;
  readonly reservations: readonly Reservation[];
  /** The physical number of the CPU that starts. */
  readonly bootCpu: number;
}

const padded = (bytes: Uint8Array): Uint8Array => {
  const result = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  result.set(bytes);
  return result;
};

const word = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Names of properties, each once. */
class Names {
  readonly #offsets = new Map<string, number>();
  readonly #parts: Buffer[] = [];
  #length = 0;

  offsetOf(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#length;
    const part = Buffer.from(`${name}\0`);
    this.#parts.push(part);
    this.#offsets.set(name, offset);
    this.#length += part.length;
    return offset;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

const structure = ({name, properties, children}: TreeNode, names: Names): Uint8Array[] => [
  word(TOKEN.beginNode),
  padded(Buffer.from(`${name}\0`)),
  ...[...properties].flatMap(([key, value]) => [
    word(TOKEN.property),
    word(value.length),
    word(names.offsetOf(key)),
    padded(value),
  ]),
  ...children.flatMap((one) => structure(one, names)),
  word(TOKEN.endNode),
];

export const writeTree = ({root, reservations, bootCpu}: DeviceTree): Uint8Array => {
  const names = new Names();
  const nodes = Buffer.concat([...structure(root, names), word(TOKEN.end)]);
  const reserved = Buffer.alloc(RESERVATION_BYTES * (reservations.length + 1));
  for (const [index, {address, size}] of reservations.entries()) {
    reserved.writeBigUInt64BE(BigInt(address), RESERVATION_BYTES * index);
    reserved.writeBigUInt64BE(BigInt(size), RESERVATION_BYTES * index + 8);
  }
  const text = names.bytes;
  const nodesAt = HEADER_BYTES + reserved.length;
  const namesAt = nodesAt + nodes.length;
  const fields = [
    TREE_MAGIC,
    namesAt + text.length,
    nodesAt,
    namesAt,
    HEADER_BYTES,
    VERSION,
    OLDEST_COMPATIBLE,
    bootCpu,
    text.length,
    nodes.length,
  ];
  return Buffer.concat([...fields.map(word), reserved, nodes, text]);
};

/** Reads one flattened tree; every offset is checked before it is used. */
class TreeReader {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end = 0;
  #names: Uint8Array = new Uint8Array();

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  fail(message: string, place = this.#at): never {
    throw new InputError(message, {
      file: this.#file,
      place: `byte ${place}`,
      remedy: 'pass a flattened device tree, as dtc -O dtb writes it',
    });
  }

  read(): DeviceTree {
    if (this.#bytes.length < HEADER_BYTES) this.fail(`the header of ${HEADER_BYTES} bytes is not complete`, 0);
    const field = (index: number): number => this.#view.getUint32(4 * index);
    if (field(0) !== TREE_MAGIC) this.fail('is no flattened device tree', 0);
    if (field(1) > this.#bytes.length)
      this.fail(`is truncated: ${this.#bytes.length} of ${field(1)} bytes`, this.#bytes.length);
    if (field(1) > MOST_TREE_BYTES) this.fail(`is larger than ${MOST_TREE_BYTES} bytes`, 4);
    if (field(5) < VERSION || field(6) > VERSION) this.fail(`is of version ${field(5)}, not ${VERSION}`, 20);
    this.#names = this.#block(field(3), field(8), 'strings', 12);
    this.#block(field(2), field(9), 'structure', 8);
    const reservations = this.#reservations(field(4), field(1));
    this.#at = field(2);
    this.#end = field(2) + field(9);
    if (this.#at % 4 !== 0) this.fail('the structure is not aligned', 8);
    if (this.#token() !== TOKEN.beginNode) this.fail('the structure does not begin with a node');
    const root = this.#node(0);
    if (root.name !== '') this.fail('the root has a name', field(2));
    if (this.#token() !== TOKEN.end) this.fail('something follows the root');
    return {root, reservations, bootCpu: field(7)};
  }

  #block(offset: number, size: number, what: string, place: number): Uint8Array {
    if (offset + size > this.#bytes.length) this.fail(`its ${what} lie outside of the file`, place);
    return this.#bytes.subarray(offset, offset + size);
  }

  #reservations(offset: number, limit: number): Reservation[] {
    const found: Reservation[] = [];
    for (let at = offset; ; at += RESERVATION_BYTES) {
      if (at + RESERVATION_BYTES > limit) this.fail('the memory reservations have no end', at);
      const address = Number(this.#view.getBigUint64(at));
      const size = Number(this.#view.getBigUint64(at + 8));
      if (size === 0) return found;
      found.push({address, size});
    }
  }

  #word(): number {
    if (this.#at + 4 > this.#end) this.fail('the structure has no end');
    const value = this.#view.getUint32(this.#at);
    this.#at += 4;
    return value;
  }

  #token(): number {
    let token = this.#word();
    while (token === TOKEN.nothing) token = this.#word();
    return token;
  }

  #text(bytes: Uint8Array, from: number, limit: number, what: string): string {
    const end = bytes.indexOf(0, from);
    if (end < 0 || end >= limit) this.fail(`${what} has no end`);
    return Buffer.from(bytes.subarray(from, end)).toString('latin1');
  }

  #node(depth: number): TreeNode {
    if (depth > MOST_DEPTH) this.fail(`its nodes are nested more than ${MOST_DEPTH} deep`);
    const name = this.#text(this.#bytes, this.#at, this.#end, 'the name of a node');
    this.#at += Math.ceil((name.length + 1) / 4) * 4;
    const properties = new Map<string, Uint8Array>();
    const children: TreeNode[] = [];
    for (;;) {
      const start = this.#at;
      const token = this.#token();
      if (token === TOKEN.endNode) return {name, properties, children};
      if (token === TOKEN.beginNode) children.push(this.#node(depth + 1));
      else if (token === TOKEN.property) this.#property(properties);
      else this.fail(`${token} is no token of a structure`, start);
    }
  }

  #property(properties: Map<string, Uint8Array>): void {
    const size = this.#word();
    const name = this.#text(this.#names, this.#word(), this.#names.length, 'the name of a property');
    if (this.#at + size > this.#end) this.fail(`property '${name}' of ${size} bytes does not end`);
    if (properties.has(name)) this.fail(`property '${name}' is there twice`);
    properties.set(name, this.#bytes.subarray(this.#at, this.#at + size));
    this.#at += Math.ceil(size / 4) * 4;
  }
}

/** @throws InputError naming the file, the place and what is wrong; nothing else, whatever the bytes. */
export const readTree = (file: string, bytes: Uint8Array): DeviceTree => new TreeReader(file, bytes).read();
