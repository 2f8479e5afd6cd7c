import {expect, test} from 'vitest';
import {type Mapping, MEMORY_TYPE} from '../../../src/isa/system/walk/mapping.ts';
import {GLOBAL} from '../../../src/trace/translations.ts';
import {foundTranslation, softwareInterrupt, tableBase, timeWords} from '../../../src/tracegen/machine/payloads.ts';

test.each([
  [0, [0, 0]],
  [2 ** 32 + 5, [5, 1]],
  [Number.MAX_SAFE_INTEGER, [0xffff_ffff, 2 ** 21 - 1]],
  [Number.POSITIVE_INFINITY, [0xffff_ffff, 0xffff_ffff]],
])('guest time %d as two words', (time, words) => {
  expect(timeWords(time)).toEqual(words);
});

test.each([
  // TargetListFilter 0: the list, as far as there are vCPUs; 1: all but the sender; 2: the sender.
  [0x00ff_0003, 1, {interrupt: 3, targets: 0b111}],
  [0x0005_0007, 0, {interrupt: 7, targets: 0b101}],
  [0x0100_0001, 1, {interrupt: 1, targets: 0b101}],
  [0x0200_000f, 2, {interrupt: 15, targets: 0b100}],
])('GICD_SGIR %#x by vCPU %i of 3', (value, sender, found) => {
  expect(softwareInterrupt(value, sender, 3)).toEqual(found);
});

test('a table’s base is without the attributes of its format', () => {
  expect([tableBase(0x8022_407f | 0, false), tableBase(0x8022_407f | 0, true)]).toEqual([0x8022_4000, 0x8022_4060]);
});

const mapping = (change: Partial<Mapping>): Mapping => ({
  ...{fault: undefined, page: 0x4200_5000, sizeShift: 12, permissions: 63, global: false},
  ...{memoryType: MEMORY_TYPE.normal, attributes: 0, level: 2, domain: 0},
  ...change,
});

test('a page of a space', () => {
  expect(foundTranslation(0x6000_0123, 7, mapping({}), [0x4022_1800, 0x4022_5000])).toMatchObject({
    ...{space: 7, address: 0x6000_0000, sizeShift: 12},
    payload: [7, 0x6000_0000, 12 | (2 << 8), 0x4200_5000, 0x4022_1800, 0x4022_5000, 0],
  });
});

test('a block begins where its first page does, on both sides', () => {
  const block = mapping({sizeShift: 21, page: 0x4214_3000, global: true, memoryType: MEMORY_TYPE.device, level: 2});
  expect(foundTranslation(0xc014_3abc | 0, 7, block, [8, 16])).toMatchObject({
    ...{space: GLOBAL, address: 0xc000_0000, sizeShift: 21},
    payload: [0, 0xc000_0000, 21 | 64 | (2 << 8) | (1 << 16), 0x4200_0000, 8, 16, 0],
  });
});

test('what lies beyond 32 bits is nothing that is accessed', () => {
  expect(foundTranslation(0, 0, mapping({page: 2 ** 32}), [4])).toBeUndefined();
});
