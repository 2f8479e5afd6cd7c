import {expect, test} from 'vitest';
import {AnnouncedTranslations, GLOBAL} from '../../src/trace/translations.ts';

const page = (space: number, address: number, found = 'a') => ({space, address, sizeShift: 12, found});

test('a translation is announced once, and again when its walk finds another', () => {
  const announced = new AnnouncedTranslations();
  expect([announced.add(page(1, 0x1000)), announced.add(page(1, 0x1fff)), announced.add(page(2, 0x1000))]).toEqual([
    true,
    false,
    true,
  ]);
  expect([announced.add(page(1, 0x1000, 'b')), announced.add(page(1, 0x1000, 'b'))]).toEqual([true, false]);
});

test.each([
  ['all', (one: AnnouncedTranslations) => one.forgetAll(), [true, true, true, true, true]],
  ['a space', (one: AnnouncedTranslations) => one.forgetSpace(1), [true, true, false, false, false]],
  [
    'an address of a space',
    (one: AnnouncedTranslations) => one.forgetAddress(0x1000, 1),
    [true, false, false, true, false],
  ],
  [
    'an address of all',
    (one: AnnouncedTranslations) => one.forgetAddress(0x1004, undefined),
    [true, false, true, true, false],
  ],
] as const)('maintenance of %s', (_, forget, again) => {
  const announced = new AnnouncedTranslations();
  const all = [
    page(1, 0x1000),
    page(1, 0x2000),
    page(2, 0x1000),
    {space: GLOBAL, address: 0, sizeShift: 20, found: 'section'},
    {space: GLOBAL, address: 0x10_0000, sizeShift: 20, found: 'the next'},
  ];
  for (const one of all) announced.add(one);
  forget(announced);
  expect(all.map((one) => announced.add(one))).toEqual(again);
});
