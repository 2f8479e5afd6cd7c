import {expect, test} from 'vitest';
import {LoadWaits} from '../../src/costmodel/load-waits.ts';

const [DRAM, L2] = [0, 1];

const setUp = () => {
  const counts = new Float64Array(2);
  return {waits: new LoadWaits(counts), counts};
};

test('a load is waited for when its result is needed, in whole cycles', () => {
  const {waits, counts} = setUp();
  waits.add(5, 100.5, DRAM);
  expect(waits.settle(4, 10)).toBe(10);
  expect(waits.settle(5, 10)).toBe(101);
  expect([...counts]).toEqual([91, 0]);
  expect(waits.settle(255, 20)).toBe(20);
});

test('a wait passes while another is waited for', () => {
  const {waits, counts} = setUp();
  waits.add(2, 100, DRAM);
  waits.add(2, 60, L2);
  waits.add(3, 110, L2);
  expect(waits.settle(3, 0)).toBe(110);
  expect([...counts]).toEqual([100, 10]);
});

test('waits come in the order of use: settling step by step or at once is the same', () => {
  const add = (waits: LoadWaits) => {
    waits.add(9, 50.25, DRAM);
    waits.add(3, 20.5, L2);
    waits.add(9, 70, L2);
    waits.add(6, 30, DRAM);
  };
  const [steps, once] = [setUp(), setUp()];
  add(steps.waits);
  add(once.waits);
  const end = [3, 5, 6, 9].reduce((now, slot) => steps.waits.settle(slot, now), 0.75);
  expect(once.waits.settle(9, 0.75)).toBe(end);
  expect([...once.counts]).toEqual([...steps.counts]);
});
