/** Files that are no snapshots, or not whole: each is refused with its name, the place and what to do. */
import {crc32, deflateSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {decodeSnapshot, encodeSnapshot} from '../../../src/board/snapshot/file.ts';
import {packPages, unpackPages} from '../../../src/board/snapshot/pages.ts';
import {restoreMachine} from '../../../src/board/snapshot/snapshot.ts';
import {fileOf, runTo, start} from './machines.ts';

const running = start('devices', 1);
runTo(running, {kind: 'instructions', count: 10_000});
const FILE = fileOf(running);
const HEADER_AT = 20;
const HEADER = FILE.subarray(HEADER_AT, HEADER_AT + FILE.readUInt32LE(12));

const restore = (bytes: Uint8Array) => restoreMachine(decodeSnapshot('a.snapshot', bytes), {send: () => {}});
/** Of a snapshot with another header, whose checksum is right. */
const withHeader = (text: string): Buffer => {
  const header = Buffer.from(text);
  const preamble = Buffer.from(FILE.subarray(0, HEADER_AT));
  preamble.writeUInt32LE(header.length, 12);
  preamble.writeUInt32LE(crc32(header), 16);
  return Buffer.concat([preamble, header, FILE.subarray(HEADER_AT + HEADER.length)]);
};
/** With a value in place of another one, by its path. */
const withValue = (path: string, value: unknown): Buffer => {
  const header = JSON.parse(HEADER.toString());
  const keys = path.split('.');
  const last = keys.pop()!;
  keys.reduce((at, key) => at[key], header)[last] = value;
  return withHeader(JSON.stringify(header));
};

test('what is not damaged is taken', () => {
  expect(restore(FILE).instructions).toBe(running.machine.instructions);
});

test('the same machine gives the same bytes', () => {
  expect(fileOf(running).equals(FILE)).toBe(true);
});

test('any file that was cut off is refused', () => {
  for (let length = 0; length < FILE.length; length += Math.max(1, Math.floor(FILE.length / 97)))
    expect(() => restore(FILE.subarray(0, length)), `${length}`).toThrow(/^a\.snapshot: .*; |^a\.snapshot:.*: .*; /);
});

test('any byte that is not as it was is noticed', () => {
  for (let at = 0; at < FILE.length; at += Math.max(1, Math.floor(FILE.length / 211))) {
    const damaged = Buffer.from(FILE);
    damaged[at]! ^= 0x10;
    expect(() => restore(damaged), `${at}`).toThrow(/^a\.snapshot/);
  }
});

describe.each([
  ['nothing', Buffer.alloc(0), 'a.snapshot: it is no snapshot of trapwalk; pass what --snapshot wrote'],
  ['text', Buffer.from('#!/bin/sh\necho hello, world\n'), 'a.snapshot: it is no snapshot of trapwalk'],
  [
    'another version',
    Buffer.from(FILE).fill(3, 8, 9),
    'a.snapshot:byte 8: it is a snapshot of version 3; this trapwalk reads version 2; make it again with --snapshot-at',
  ],
  [
    'a header of 4 GiB',
    Buffer.from(FILE).fill(0xff, 12, 16),
    'a.snapshot:byte 12: the header has 4294967295 bytes, the file',
  ],
  ['a damaged header', Buffer.from(FILE).fill(0x20, 30, 31), 'a.snapshot:byte 20: the header is damaged'],
  ['no JSON', withHeader('{'), 'a.snapshot:header: it is no JSON'],
  ['another JSON', withHeader('[1]'), 'a.snapshot:header, as a whole: '],
  ['an unknown board', withValue('board', 'pc'), 'a.snapshot:header, board: '],
  ['five vCPUs', withValue('cpus', 5), 'a.snapshot:header, cpus: '],
  ['vCPUs that it does not have', withValue('cpus', 2), 'a.snapshot:header, machine.'],
  ['more memory than a board has', withValue('memory', 2 ** 40), 'board virt has 2 to 2048 MiB of RAM'],
  ['other memory', withValue('memory', 2 ** 25), 'a.snapshot:section 0: the pages are not what the header says'],
  ['a mode that there is not', withValue('machine.cores.0.mode', 5), 'a.snapshot:header, machine.cores.0.mode: '],
  ['a register too few', withValue('machine.cores.0.context', []), 'a.snapshot:header, machine.cores.0.context: '],
  ['a word of 33 bits', withValue('machine.gic.enabled.0', 2 ** 32), 'a.snapshot:header, machine.gic.enabled.0: '],
  ['time that runs backwards', withValue('machine.loop.time', -1), 'a.snapshot:header, machine.loop.time: '],
  [
    'a reservation outside of RAM',
    withValue('machine.cores.0.reserved', 0),
    'a.snapshot:header, machine.cores.0.reserved: ',
  ],
  ['a device less', withValue('machine.devices', {pl011: {}}), 'a.snapshot:header, machine.devices'],
  ['a key more', withValue('machine.surplus', 1), 'a.snapshot:header, machine: '],
  ['no sections', withValue('sections', []), 'a.snapshot:header, sections: '],
  ['a section beyond the end', withValue('sections.1.stored', 2 ** 50), 'a.snapshot:section 1, byte '],
  ['a section of another size', withValue('sections.2.size', 2 ** 52), 'a.snapshot:section 2: the pages are not'],
  [
    'a section less',
    withValue('sections', JSON.parse(HEADER.toString()).sections.slice(0, -1)),
    'bytes follow the last section',
  ],
  [
    'bytes behind it',
    Buffer.concat([FILE, Buffer.alloc(3)]),
    `a.snapshot:byte ${FILE.length}: 3 bytes follow the last section`,
  ],
])('%s', (_, bytes, message) => {
  test('is refused', () => {
    expect(() => restore(bytes)).toThrow(message);
  });
});

/** Where there is something in it; an array of objects is as its first one. */
const leaves = (value: unknown, path: string): string[] => {
  const [first] = Array.isArray(value) ? value : [];
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && typeof (first ?? 0) !== 'object'))
    return [path];
  return Object.entries(first ?? value).flatMap(([key, part]) => leaves(part, `${path}.${key}`));
};

test('whoever changes what a machine has to remember changes the version', () => {
  const {machine} = JSON.parse(HEADER.toString());
  expect([`version ${FILE.readUInt32LE(8)}`, ...leaves(machine, 'machine')].join(' ')).toMatchInlineSnapshot(
    `"version 2 machine.loop.turns.quantum machine.loop.turns.sharesCpu machine.loop.time machine.loop.seen machine.loop.horizon machine.loop.turn machine.loop.marker machine.loop.slots.stop machine.loop.slots.time machine.loop.slots.executed machine.input machine.cores.isOn machine.cores.instructions machine.cores.waiting machine.cores.event machine.cores.mode machine.cores.masks machine.cores.context machine.cores.banks machine.cores.control machine.cores.reserved machine.cores.lastException machine.gic.distributorControl machine.gic.enabled machine.gic.latched machine.gic.level machine.gic.active machine.gic.group1 machine.gic.edge machine.gic.priorities machine.gic.targets machine.gic.senders machine.gic.control machine.gic.priorityMask machine.gic.binaryPoint machine.gic.binaryPointGroup1 machine.gic.activePriorities machine.timer.physical.control machine.timer.physical.compare machine.timer.virtual.control machine.timer.virtual.compare machine.timer.kernelControl machine.timer.due machine.timer.eventsSeen machine.devices.pl011.lineControl machine.devices.pl011.lowPower machine.devices.pl011.integerBaud machine.devices.pl011.fractionalBaud machine.devices.pl011.trigger machine.devices.pl011.mask machine.devices.pl011.fifo machine.devices.pl011.free machine.devices.pl011.control machine.devices.pl011.raw machine.devices.pl031.match machine.devices.pl031.load machine.devices.pl031.mask machine.devices.pl031.offset machine.devices.pl031.raw machine.devices.pl031.due"`,
  );
});

describe('pages', () => {
  const memory = (pages: number) => ({ram: new Uint8Array(pages * 4096), touched: new Uint8Array(pages)});

  test('come back, those that are zeros and those that are not', () => {
    const before = memory(3000);
    for (const page of [0, 7, 8, 1023, 1024, 2999]) before.ram[page * 4096 + 4095] = page % 255 || 1;
    for (const page of [1, 2999]) before.touched[page] = 1;
    const after = memory(3000);
    expect(unpackPages(packPages(before), after)).toBeUndefined();
    for (const part of ['ram', 'touched'] as const) expect(Buffer.compare(after[part], before[part])).toBe(0);
  });

  test('a chunk that does not inflate, or to more than it says, is named', () => {
    const before = memory(16);
    before.ram.fill(1);
    const [touched, map, chunk] = packPages(before);
    const wrong = (bytes: Uint8Array) => unpackPages([touched!, map!, {...chunk!, bytes}], memory(16));
    expect(wrong(chunk!.bytes.subarray(1))).toBe(2);
    expect(wrong(deflateSync(new Uint8Array(17 * 4096)))).toBe(2);
    expect(unpackPages([touched!, map!], memory(16))).toBe(2);
    expect(unpackPages([touched!, map!, chunk!, chunk!], memory(16))).toBe(3);
    expect(unpackPages([touched!], memory(16))).toBe(1);
    expect(unpackPages([], memory(16))).toBe(0);
    // 12 pages need bits 0 to 11 of the 16 that a map of as many bytes has.
    expect(unpackPages([touched!, map!, chunk!], memory(12))).toBe(1);
  });
});

test('a file is a preamble, the header and the sections', () => {
  const header = JSON.parse(HEADER.toString());
  const {sections, ...content} = header;
  expect(Buffer.concat(encodeSnapshot(content, packPages(running.machine))).equals(FILE)).toBe(true);
  expect(sections).toHaveLength(3);
});
