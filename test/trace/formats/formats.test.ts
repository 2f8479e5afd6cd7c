import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {InputError} from '../../../src/files/errors.ts';
import type {Block} from '../../../src/trace/blocks.ts';
import {checkTrace} from '../../../src/trace/check.ts';
import {CHANGES, ChangeCounts} from '../../../src/trace/formats/changes.ts';
import {exportTrace} from '../../../src/trace/formats/export.ts';
import {FORMATS, type FormatName, READABLE, WRITABLE} from '../../../src/trace/formats/table.ts';
import {accessMeta, blockRecord, PREFETCH, READ, WRITE} from '../../../src/trace/records.ts';
import {viewTrace} from '../../../src/trace/view.ts';
import {BLOCKS, sourceOf, WORDS} from '../small-trace.ts';
import {exported, type Item, imported, importFile, itemsOf, sourceOfImport} from './round-trip.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'trapwalk-formats-'));
});
afterAll(() => rmSync(directory, {recursive: true}));
const place = (name: string): string => join(directory, name);

const linesOf = async (text: string | Uint8Array, name: FormatName) => {
  const result = await imported(place(name), text, name);
  const lines = [...viewTrace(sourceOfImport(result), {skip: 0, count: 100})].map((line) => line.trim());
  return {lines, changes: result.changes};
};

const LACKEY = `==21185== Lackey, an example Valgrind tool
==21185== Command: ./a.out
I  00010444,4
 L beffe014,4
 L beffe018,4
I  00010448,4
 M 00021000,4
I  0001044c,2
 S beffe013,1
I  0001044e,4
--21185-- REDIR: 0x4017e5c
`;

test('lackey, as Valgrind prints it', async () => {
  // A load of two words is one access of 8 bytes; a modification is two accesses, so two entries of one instruction.
  expect(await linesOf(LACKEY, 'lackey')).toEqual({
    lines: [
      '0  block 0: 0x00010444 a32 1 instructions, unknown',
      '[0] read 8 bytes at 0xbeffe014',
      '1  block 1: 0x00010448 a32 2 instructions, unknown',
      '[0] read 4 bytes at 0x00021000',
      '[1] write 4 bytes at 0x00021000',
      '2  block 2: 0x0001044c t32 1 instructions, unknown',
      '[0] write 1 bytes at 0xbeffe013',
      '3  block 3: 0x0001044e t32 1 instructions, unknown',
    ],
    changes: {merged: 1, modifies: 1, parts: 1, messages: 3},
  });
});

const EXECLOG = `0, 0x10444, 0xe92d4830, "push {r4, r5, fp, lr}", store, 0xbefff000, store, 0xbefff004
0, 0x10448, 0xe5d30000, "ldrb r0, [r3]", load, 0x00021003, r0 -> 0x00000041
0, 0x1044c, 0x4770, "bx lr"

`;

test('execlog, as QEMU logs it', async () => {
  // No sizes: two stores of whole words are one of 8 bytes, and 0x21003 can be a byte only.
  expect(await linesOf(EXECLOG, 'execlog')).toEqual({
    lines: [
      '0  block 0: 0x00010444 a32 1 instructions, unknown',
      '[0] write 8 bytes at 0xbefff000',
      '1  block 1: 0x00010448 a32 1 instructions, unknown',
      '[0] read 1 bytes at 0x00021003',
      '2  block 2: 0x0001044c a32 1 instructions, unknown',
    ],
    changes: {registers: 1, merged: 1, assumedSizes: 3, assumedLengths: 3},
  });
});

test('din: words, and references that are none', async () => {
  expect(await linesOf('2 10444\n0 21002 ignored\n4 0\n1 ffffffff\n2 10446\r\n', 'din')).toEqual({
    lines: [
      '0  block 0: 0x00010444 a32 2 instructions, unknown',
      '[0] read 4 bytes at 0x00021000',
      '[1] write 4 bytes at 0xfffffffc',
      '1  block 1: 0x00010444 a32 1 instructions, unknown',
    ],
    changes: {rounded: 3, parts: 1, controls: 1},
  });
});

test('extended din: sizes that no access has are split; data alone belong to no instruction', async () => {
  expect(await linesOf('r 20001 1\nw 20002 6\n', 'extended-din')).toEqual({
    lines: [
      '0  block 0: 0xfffffffc a32 3 instructions, unknown',
      '[0] read 1 bytes at 0x00020001',
      '[1] write 4 bytes at 0x00020002',
      '[2] write 2 bytes at 0x00020006',
    ],
    changes: {split: 1, nameless: 3},
  });
});

/** A record of ChampSim's, laid out by hand. */
const record = (
  ip: bigint,
  fields: Readonly<Record<number, number>> = {},
  addresses: Readonly<Record<number, bigint>> = {},
) => {
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(ip, 0);
  for (const [at, value] of Object.entries(fields)) bytes[Number(at)] = value;
  for (const [at, value] of Object.entries(addresses)) bytes.writeBigUInt64LE(value, Number(at));
  return bytes;
};

test('ChampSim: what is executed twice in a row without a branch is one instruction', async () => {
  const bytes = Buffer.concat([
    record(0x10444n, {}, {32: 0x21000n, 40: 0x21004n, 48: 0x21008n, 56: 0x2100cn}),
    // Its sixth word is not contiguous.
    record(0x10444n, {8: 1, 9: 1, 10: 26, 11: 6, 12: 6}, {32: 0x21010n, 40: 0x30000n}),
    record(0x10444n, {8: 1, 10: 26, 12: 26, 13: 25}, {16: 0x21002n}),
  ]);
  expect(await linesOf(bytes, 'champsim')).toEqual({
    lines: [
      '0  block 0: 0x00010444 a32 2 instructions, return',
      '[0] read 20 bytes at 0x00021000',
      '[1] read 4 bytes at 0x00030000',
      '1  block 1: 0x00010444 a32 1 instructions, conditional',
      '[0] write 2 bytes at 0x00021002',
    ],
    changes: {registers: 6, continued: 1, merged: 4, parts: 1, assumedSizes: 7, assumedLengths: 2},
  });
});

test('ChampSim: branches and registers, byte by byte', () => {
  const {bytes, changes} = exported(sourceOf([WORDS]), 'champsim');
  // Three rounds of three instructions, and a return of two.
  expect(bytes.length).toBe(11 * 64);
  expect(bytes.subarray(0, 64)).toEqual(record(0x1_0000n, {10: 33, 12: 32}, {32: 0x2_0ffcn}));
  expect(bytes.subarray(64, 128)).toEqual(record(0x1_0004n, {10: 33, 12: 32}, {16: 0xfff0_0000n}));
  // Conditional, taken to the next round.
  expect(bytes.subarray(128, 192)).toEqual(record(0x1_0008n, {8: 1, 9: 1, 10: 26, 12: 26, 13: 25}));
  expect(bytes.subarray(10 * 64)).toEqual(record(0x1_1000n, {8: 1, 10: 26, 11: 6, 12: 6}));
  // Of each of the four branches one register read and one written.
  expect(changes).toEqual({markers: 2, supervisorCalls: 1, registers: 8});
});

test('a transfer of many words continues in further records', () => {
  const words = [blockRecord(0, 1), 0x2_0000, accessMeta(24, READ, 0)];
  const {bytes, changes} = exported(sourceOf([words]), 'champsim');
  // 6 words in records of 4: two records for the first of three instructions.
  expect(bytes.length).toBe(4 * 64);
  expect(changes).toMatchObject({split: 1, continued: 1});
  expect(bytes.readUInt32LE(64 + 40)).toBe(0x2_0014);
});

test('text, line by line', () => {
  const lines = (name: FormatName) =>
    exported(sourceOf([WORDS.slice(0, 7)]), name)
      .bytes.toString()
      .split('\n');
  expect(lines('lackey')).toEqual([
    'I  00010000,4',
    ' L 00020ffc,4',
    'I  00010004,4',
    ' S fff00000,4',
    'I  00010008,4',
    '',
  ]);
  expect(lines('din')).toEqual(['2 10000', '0 20ffc', '2 10004', '1 fff00000', '2 10008', '']);
  expect(lines('extended-din')).toEqual(['i 10000 4', 'r 20ffc 4', 'i 10004 4', 'w fff00000 4', 'i 10008 4', '']);
});

test('instructions of a block that mixes 16 and 32 bits lie within it', () => {
  const block: Block = {
    ...BLOCKS[1]!,
    id: 0,
    address: 0x1_0000,
    size: 8,
    instructions: Array(3).fill(BLOCKS[1]!.instructions[0]!),
  };
  const {bytes, changes} = exported(sourceOf([[blockRecord(0, 0)]], [block]), 'lackey');
  expect(bytes.toString()).toBe('I  00010000,2\nI  00010002,2\nI  00010004,4\n');
  expect(changes).toEqual({placed: 3});
});

/** Streams that keep the rules, over two blocks of three and four instructions. */
const TABLE: readonly Block[] = [
  BLOCKS[0]!,
  {
    ...BLOCKS[1]!,
    address: 0x1_2002,
    size: 8,
    instructions: Array(4).fill(BLOCKS[1]!.instructions[0]!),
    end: 'fall-through',
  },
];
const anyAccess = fc.record({
  address: fc.oneof(fc.integer({min: 0, max: 40}), fc.integer({min: 0, max: 0xffff_ff80})),
  size: fc.constantFrom(1, 2, 4, 8, 12, 64, 128),
  kind: fc.constantFrom(READ, WRITE, PREFETCH),
});
const anyRecord = fc
  .tuple(
    fc.constantFrom(0, 1),
    fc.uniqueArray(fc.integer({min: 0, max: 2}), {maxLength: 3}),
    fc.array(anyAccess, {minLength: 3, maxLength: 3}),
  )
  .map(([block, slots, accesses]) => [
    blockRecord(block, slots.length),
    ...slots
      .sort((a, b) => a - b)
      .flatMap((slot, index) => [
        accesses[index]!.address,
        accessMeta(accesses[index]!.size, accesses[index]!.kind, slot),
      ]),
  ]);

/** Addresses of words: of those that bytes lie in, or each 4 bytes from the first. */
const wordsIn = ([what, address, size]: Item): string[] => {
  const words: string[] = [];
  for (let at = address - (address % 4); at < address + size; at += 4) words.push(`${what} ${at}`);
  return words;
};
const stepsOf = ([what, address, size]: Item): string[] =>
  Array.from({length: Math.ceil(size / 4)}, (_, step) => `${what} ${address + 4 * step}`);

/** What survives, by format: a trace exported and imported is the same through this. */
const SURVIVES: Readonly<Record<(typeof WRITABLE)[number]['name'], (items: readonly Item[]) => readonly unknown[]>> = {
  lackey: (items) => items,
  'extended-din': (items) => items,
  din: (items) => items.flatMap(wordsIn),
  champsim: (items) =>
    items
      .filter(([what]) => what !== 'fetch')
      .flatMap(stepsOf)
      .filter((step) => !step.endsWith(' 0')),
  execlog: (items) => items,
};

test.each(WRITABLE.map(({name}) => name))('what %s can hold survives export and import', async (name) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, {maxLength: 12}), async (records) => {
      const source = () => sourceOf([records.flat()], TABLE);
      const {bytes} = exported(source(), name);
      const result = await imported(place(`round-${name}`), bytes, name);
      expect([...checkTrace(sourceOfImport(result))]).toEqual([]);
      expect(SURVIVES[name](itemsOf(sourceOfImport(result)))).toEqual(SURVIVES[name](itemsOf(source())));
      // Again it is the same file; ChampSim's loads stand before stores, and a word for each access.
      if (name !== 'champsim') expect(exported(sourceOfImport(result), name).bytes.equals(bytes)).toBe(true);
    }),
    {seed: 20150304, numRuns: 60},
  );
});

test('a real recording survives lackey, byte for byte', async () => {
  const {bytes} = exported(sourceOf([Array(3000).fill(WORDS.slice(2, 7)).flat()]), 'lackey');
  const result = await imported(place('long'), bytes, 'lackey');
  expect(exported(sourceOfImport(result), 'lackey').bytes.equals(bytes)).toBe(true);
  // Three different instructions, each with the accesses that it always has.
  expect(result.blocks.length).toBe(3);
});

test('the header names the file that was imported, and nothing that it does not know', async () => {
  const {header} = await imported(place('x.log'), LACKEY, 'lackey');
  expect(header).toMatchObject({
    importedFrom: {format: 'lackey', file: 'x.log', fileHash: expect.stringMatching(/^[0-9a-f]{64}$/)},
    guestHash: '',
    command: 'trapwalk trace import x.log --format lackey --output FILE',
  });
});

describe('packed files', () => {
  test('gzip is unpacked, of several members too', async () => {
    const half = LACKEY.indexOf('I  00010448');
    const bytes = Buffer.concat([gzipSync(LACKEY.slice(0, half)), gzipSync(LACKEY.slice(half))]);
    const packed = await imported(place('packed.gz'), bytes, 'lackey');
    expect(packed.words).toEqual((await imported(place('plain'), LACKEY, 'lackey')).words);
  });

  test.each([
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]), /unpack it with 'xz -dk .*xz'/],
    ['zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4, 0]), /unpack it with 'zstd -d /],
    [
      'cut',
      gzipSync(LACKEY.repeat(100)).subarray(0, 60),
      /cannot be unpacked \(unexpected end of file\); test it with/,
    ],
  ])('%s is refused with a remedy', async (name, bytes, message) => {
    await expect(imported(place(name), bytes, 'lackey')).rejects.toThrow(message);
  });
});

describe('a file that makes no sense is refused with its place and a remedy', () => {
  const WIDE = 'is beyond 32 bits; trapwalk models ARMv7-A';
  test.each<[FormatName, string | Uint8Array, string]>([
    ['lackey', 'I  00010444,4\nhello\n', ":2: 'hello' is no line of lackey's; see that --format"],
    ['lackey', 'I  0401ab70,3\n', ':1: an instruction of 3 bytes at 0x401ab70 is neither A32 nor T32; trace a 32-bit'],
    ['lackey', ' S 1fff000768,8\n', `:1: address 0x1fff000768 ${WIDE}`],
    ['lackey', ' L fffffffe,4\n', ':1: an access runs beyond the address space'],
    ['lackey', ' L 1000,0\n', ':1: an access of 0 bytes'],
    ['lackey', ' L 1000,4097\n', ':1: an access of 4097 bytes'],
    ['lackey', 'I  fffffffe,4\n', ':1: an instruction runs beyond the address space'],
    ['lackey', `I  00010444,4\n${'x'.repeat(70_000)}`, ':2: a line of more than 65536 bytes'],
    ['din', '7 1000\n', ":1: label '7' is none of 0, 1, 2, 3, 4, 5"],
    ['din', 'constructor 1000\n', ":1: label 'constructor' is none of"],
    ['din', '0 10g0\n', ":1: address '10g0' is no hexadecimal number"],
    ['din', '0\n', ":1: 1 fields in '0', not 2"],
    ['din', '0 100000000\n', `:1: address 0x100000000 ${WIDE}`],
    ['extended-din', 'i 1000 20\n', ':1: an instruction of 32 bytes at 0x1000 is neither'],
    ['extended-din', 'r 1000 ffffffff\n', ':1: an access of 4294967295 bytes'],
    [
      'execlog',
      `${EXECLOG}1, 0x0, 0x0, "nop"\n`,
      ":5: processor 1 where the trace began with 0; import one at a time: grep '^0,'",
    ],
    ['execlog', '0, 0x0, 0x0, "str", store, 0x1000, RAM\n', ":1: 'RAM' behind an address: a system emulation"],
    ['execlog', '0, 0x0, 0x0, "str", store\n', ":1: 'store' is neither load nor store with an address"],
    ['execlog', '0, 0x1ffff0000, 0x0, "nop"\n', `:1: address 0x1ffff0000 ${WIDE}`],
    ['champsim', record(0x1_0000_0000n), `:record 0, byte 0: instruction pointer 0x100000000 ${WIDE}`],
    [
      'champsim',
      Buffer.concat([record(4n), record(8n, {}, {56: 2n ** 63n})]),
      `:record 1, byte 64: address 0x8000000000000000 ${WIDE}`,
    ],
    [
      'champsim',
      Buffer.concat([record(4n), Buffer.alloc(63)]),
      ':record 1, byte 64: 63 bytes of a record of 64; the file was cut off',
    ],
    ['champsim', record(5n), ':record 0, byte 0: an instruction of unknown bytes at 0x5 is neither'],
  ])('%s %#', async (name, bytes, message) => {
    const error = await imported(place('bad'), bytes, name).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(`${place('bad')}${message}`);
    expect((error as InputError).remedy).toBeDefined();
  });

  test('what cannot be read', async () => {
    await expect(importFile(place('missing'), 'din')).rejects.toThrow('cannot read (no such file or directory)');
    await expect(importFile(directory, 'din')).rejects.toThrow('is not a regular file');
  });
});

/** Pieces that lines are made of, so that many get past the first field. */
const anyText = fc
  .array(
    fc.constantFrom(
      'I  ',
      ' L ',
      ' M ',
      '0 ',
      '2 ',
      'r ',
      'i ',
      '0, 0x',
      '10444',
      'ffffffff',
      '1fffffffff',
      ',4',
      ' 4',
      ' 2',
      ', "nop"',
      ', load, 0x',
      '\n',
      '\r\n',
      'é',
      '\0',
    ),
    {maxLength: 40},
  )
  .map((parts) => parts.join(''));

test.each(READABLE.map(({name}) => name))(
  '%s: any bytes are refused or make a trace that keeps the rules',
  async (name) => {
    const seed =
      name === 'champsim'
        ? Buffer.concat([record(0x1_0444n, {10: 26}, {32: 0x2_1000n}), record(0x1_0448n)])
        : undefined;
    const anyBytes =
      seed === undefined
        ? fc.oneof(
            anyText.map((text) => Buffer.from(text, 'latin1')),
            fc.uint8Array({maxLength: 60}),
          )
        : fc.array(fc.tuple(fc.nat(127), fc.nat(255)), {maxLength: 4}).map((edits) => {
            const bytes = Buffer.from(seed);
            for (const [at, value] of edits) bytes[at] = value;
            return bytes.subarray(0, 128 - (edits.length === 4 ? 1 : 0));
          });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => {
        const result = await imported(place('fuzz'), bytes, name).catch((error: unknown) => {
          if (error instanceof InputError) return undefined;
          throw error;
        });
        if (result === undefined) return;
        accepted++;
        expect([...checkTrace(sourceOfImport(result))]).toEqual([]);
      }),
      {seed: 11, numRuns: 250},
    );
    expect(accepted).toBeGreaterThan(0);
  },
);

test.each(['stopped.log', 'stopped.log.gz'])('an export that is stopped leaves no %s', async (name) => {
  const stop = new AbortController();
  const source = sourceOf(Array.from({length: 20}, () => Array(6000).fill(WORDS.slice(2, 7)).flat()));
  const changes = new ChangeCounts();
  const {write} = FORMATS.lackey;
  let chunks = 0;
  const onChunk = () => {
    chunks++;
    if (chunks === 3) stop.abort();
  };
  await expect(exportTrace(place(name), source, write, {signal: stop.signal, changes, onChunk})).rejects.toThrow(
    'aborted',
  );
  expect(chunks).toBeLessThan(20);
  expect(readdirSync(directory).filter((file) => file.includes(name))).toEqual([]);
});

test('an instruction with more accesses than a block can have keeps them all', async () => {
  const text = `I  00010444,4\n${Array.from({length: 200}, (_, n) => ` L ${(0x1000 + 8 * n).toString(16)},4\n`).join('')}`;
  const result = await imported(place('many'), text, 'lackey');
  expect(itemsOf(sourceOfImport(result)).filter(([what]) => what === 'read')).toHaveLength(200);
  expect(result.changes).toEqual({parts: 127, nameless: 72});
  expect([...checkTrace(sourceOfImport(result))]).toEqual([]);
});

test('lines that lie across the chunks that a file is read in are whole', async () => {
  const line = ' L 00021000,4\n';
  // More than a mebibyte, in lines of 14 bytes.
  const count = 80_000;
  writeFileSync(place('large'), `I  00010444,4\n${line.repeat(count)}`);
  const result = await importFile(place('large'), 'lackey');
  expect(itemsOf(sourceOfImport(result))).toHaveLength(1 + count);
});

test('the documentation names every format and everything that may change', () => {
  const text = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  for (const name of Object.keys(FORMATS)) expect(text).toContain(`\`${name}\``);
  for (const name of Object.keys(CHANGES)) expect(text).toContain(`\`${name}\``);
});
