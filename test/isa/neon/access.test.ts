import {describe, expect, it} from 'vitest';
import type {Cpu} from '../../../src/isa/core/cpu.ts';
import {GuestFault} from '../../../src/isa/core/errors.ts';
import {READABLE, WRITABLE} from '../../../src/isa/memory/address-space.ts';
import type {Memory} from '../../../src/isa/memory/memory.ts';
import {accessKind, accessSize, READ, WRITE} from '../../../src/trace/records.ts';
import {createCpu, execute} from './cpu.ts';

const PAGE = 0x1000;
const START = 0x10_0000;
/** Behind it nothing is mapped. */
const END = START + 2 * PAGE;
const READ_ONLY = 0x20_0000;

const BASE = 1;
const INDEX = 2;
const INDEX_VALUE = 0x24;

const prepare = (address: number): Cpu<Memory> => {
  const cpu = createCpu();
  cpu.memory.map(START, END, READABLE | WRITABLE);
  cpu.memory.map(READ_ONLY, READ_ONLY + PAGE, READABLE);
  cpu.memory.load(
    START,
    Uint8Array.from({length: 2 * PAGE}, (_, index) => index * 7),
  );
  for (let byte = 0; byte < 256; byte++) cpu.vfpBytes[byte] = byte ^ 0x55;
  cpu.r[BASE] = address;
  cpu.r[INDEX] = INDEX_VALUE;
  cpu.recording = true;
  return cpu;
};

const state = (cpu: Cpu<Memory>): readonly unknown[] => [
  [...cpu.r],
  [...cpu.vfpBytes.subarray(0, 256)],
  cpu.memory.read(START, 2 * PAGE),
];

/** [word, assembly, bytes, kind, what is added to the base] */
const ACCESSES: readonly (readonly [number, string, number, number, number])[] = [
  [0xf421_070f, 'vld1.8 {d0}, [r1]', 8, READ, 0],
  [0xf421_020d, 'vld1.8 {d0-d3}, [r1]!', 32, READ, 32],
  [0xf421_0202, 'vld1.8 {d0-d3}, [r1], r2', 32, READ, INDEX_VALUE],
  [0xf401_0a0d, 'vst1.8 {d0-d1}, [r1]!', 16, WRITE, 16],
  [0xf421_048d, 'vld3.32 {d0-d2}, [r1]!', 24, READ, 24],
  [0xf401_0002, 'vst4.8 {d0-d3}, [r1], r2', 32, WRITE, INDEX_VALUE],
  [0xf4a1_080d, 'vld1.32 {d0[0]}, [r1]!', 4, READ, 4],
  [0xf481_062d, 'vst3.16 {d0[0], d2[0], d4[0]}, [r1]!', 6, WRITE, 6],
  [0xf4a1_0c0d, 'vld1.8 {d0[]}, [r1]!', 1, READ, 1],
  [0xf4a1_0f4d, 'vld4.16 {d0[], d1[], d2[], d3[]}, [r1]!', 8, READ, 8],
];

describe('an element or structure access', () => {
  it.each(ACCESSES)('%i: %s is one record of %i bytes', (word, _text, size, kind, added) => {
    const address = START + 0x123;
    const cpu = prepare(address);
    execute(cpu, word);
    expect(cpu.trace.length).toBe(2);
    expect(cpu.trace.words[0]).toBe(address);
    expect([accessSize(cpu.trace.words[1]!), accessKind(cpu.trace.words[1]!)]).toEqual([size, kind]);
    expect(cpu.r[BASE]).toBe(address + added);
  });

  it.each(ACCESSES)('%i: %s gives the same across pages as within one', (word, _text, size) => {
    const [within, across] = [START + 0x800, START + PAGE - Math.ceil(size / 2)];
    const cpu = prepare(within);
    const other = prepare(across);
    other.memory.load(across, cpu.memory.read(within, size)!);
    execute(cpu, word);
    execute(other, word);
    expect([...other.vfpBytes.subarray(0, 256)]).toEqual([...cpu.vfpBytes.subarray(0, 256)]);
    expect(other.memory.read(across, size)).toEqual(cpu.memory.read(within, size));
  });

  it.each(ACCESSES)('%i: %s that ends beyond what is mapped changes nothing', (word, _text, size, kind) => {
    const cpu = prepare(END - size + 1);
    const before = state(cpu);
    const fault = {kind: kind === READ ? 'read' : 'write', address: END};
    expect(() => execute(cpu, word)).toThrow(expect.objectContaining(fault));
    expect(state(cpu)).toEqual(before);
    expect(cpu.trace.length).toBe(2);
  });

  it('does not write read-only pages', () => {
    const cpu = prepare(READ_ONLY);
    expect(() => execute(cpu, 0xf401_0a0d)).toThrow(expect.objectContaining({kind: 'write', address: READ_ONLY}));
  });
});

/** [word, assembly, alignment] */
const ALIGNED: readonly (readonly [number, string, number])[] = [
  [0xf421_071f, 'vld1.8 {d0}, [r1 :64]', 8],
  [0xf421_0a2f, 'vld1.8 {d0-d1}, [r1 :128]', 16],
  [0xf421_023f, 'vld1.8 {d0-d3}, [r1 :256]', 32],
  [0xf401_023f, 'vst1.8 {d0-d3}, [r1 :256]', 32],
  [0xf421_045f, 'vld3.16 {d0-d2}, [r1 :64]', 8],
  [0xf4a1_041f, 'vld1.16 {d0[0]}, [r1 :16]', 2],
  [0xf4a1_083f, 'vld1.32 {d0[0]}, [r1 :32]', 4],
  [0xf481_095f, 'vst2.32 {d0[0], d2[0]}, [r1 :64]', 8],
  [0xf4a1_0b2f, 'vld4.32 {d0[0], d1[0], d2[0], d3[0]}, [r1 :128]', 16],
  [0xf4a1_0c5f, 'vld1.16 {d0[]}, [r1 :16]', 2],
  [0xf4a1_0d9f, 'vld2.32 {d0[], d1[]}, [r1 :64]', 8],
  [0xf4a1_0fdf, 'vld4.32 {d0[], d1[], d2[], d3[]}, [r1 :128]', 16],
];

describe('an alignment that an instruction names', () => {
  it.each(ALIGNED)('%i: %s', (word, _text, alignment) => {
    const aligned = START + 7 * alignment;
    expect(() => execute(prepare(aligned), word)).not.toThrow();
    const cpu = prepare(aligned + alignment / 2);
    const before = state(cpu);
    expect(() => execute(cpu, word)).toThrow(GuestFault);
    expect(() => execute(cpu, word)).toThrow(expect.objectContaining({kind: 'alignment'}));
    expect(state(cpu)).toEqual(before);
  });
});
