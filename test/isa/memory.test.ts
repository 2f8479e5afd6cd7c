import {describe, expect, it} from 'vitest';
import {EXECUTABLE, READABLE, WRITABLE} from '../../src/isa/memory/address-space.ts';
import {Memory} from '../../src/isa/memory/memory.ts';
import {bytes} from '../../src/units.ts';

const PAGE = 4096;
const CODE = 0x10000;
const PAGES = 8;
const END = CODE + PAGES * PAGE;
const RX = READABLE | EXECUTABLE;

/** A memory whose code at `CODE` was looked at, and the number of reports since. */
const watched = () => {
  const memory = new Memory(bytes(2 ** 24));
  memory.map(CODE, END, RX);
  memory.codeFrame(CODE);
  const seen = {reports: 0};
  memory.onCodeMapping = () => seen.reports++;
  return {memory, seen};
};

describe('a change of executable pages is reported', () => {
  it.each<[string, (memory: Memory) => void]>([
    ['map', (memory) => memory.map(CODE, END, RX)],
    ['unmap', (memory) => memory.unmap(CODE, END)],
    ['protect', (memory) => memory.protect(CODE, END, READABLE)],
    ['move', (memory) => memory.move(CODE, PAGES * PAGE, END)],
    ['switchTo', (memory) => memory.switchTo(memory.createSpace())],
  ])('once by %s of many pages', (_, change) => {
    const {memory, seen} = watched();
    change(memory);
    expect(seen.reports).toBe(1);
  });

  it.each<[string, (memory: Memory) => void]>([
    ['codeFrame', (memory) => memory.codeFrame(CODE)],
    ['fetch', (memory) => memory.fetch(CODE)],
    ['fetchHalfWord', (memory) => memory.fetchHalfWord(CODE)],
  ])('again after %s', (_, look) => {
    const {memory, seen} = watched();
    memory.unmap(CODE, CODE + PAGE);
    look(memory);
    memory.map(CODE, CODE + PAGE, RX);
    memory.map(CODE, CODE + PAGE, RX);
    expect(seen.reports).toBe(2);
  });

  it('but not of others', () => {
    const {memory, seen} = watched();
    memory.map(END, END + PAGE, READABLE | WRITABLE);
    memory.unmap(END, END + PAGE);
    expect(seen.reports).toBe(0);
  });
});
