import {describe, expect, test} from 'vitest';
import {touchedActivities} from '../../src/costmodel/footprint.ts';
import {hypervisorIds, readHypervisor, readKernel} from '../../src/hypervisors/load.ts';
import {MACHINE} from './machines.ts';

const PAGE_LINES = 64;

describe.each(hypervisorIds())('%s', (id) => {
  const paths = touchedActivities(readHypervisor(id), readKernel(), MACHINE).flatMap((a) => a.paths);

  test('a path touches as many lines as its file says, each once', () => {
    for (const {name, path, build, codeLines, dataLines} of paths) {
      const shared = build.paths[build.sharedPath]!;
      const lines = (own: number, common: number, size: number): number =>
        Math.ceil(Math.min(own, common) / size) + Math.max(0, Math.ceil((own - common) / size));
      expect([name, codeLines.length]).toEqual([name, lines(path.code, shared.code, 32)]);
      expect([name, dataLines.length]).toEqual([name, lines(path.data, shared.data, 64)]);
      expect(new Set(codeLines).size).toBe(codeLines.length);
      expect(new Set(dataLines).size).toBe(dataLines.length);
    }
  });

  test('no line is code and data, and the pages are those of the lines', () => {
    const code = new Set(paths.flatMap((p) => [...p.codeLines].map((line) => line >> 1)));
    const data = new Set(paths.flatMap((p) => [...p.dataLines]));
    expect([...code].filter((line) => data.has(line))).toEqual([]);
    for (const {codeLines, dataLines, pages} of paths) {
      const expected = new Set([
        ...[...codeLines].map((line) => Math.floor(line / (2 * PAGE_LINES))),
        ...[...dataLines].map((line) => Math.floor(line / PAGE_LINES)),
      ]);
      expect(new Set(pages)).toEqual(expected);
      expect(pages.length).toBe(expected.size);
    }
  });

  test('the page tables of an image are none of its own lines', () => {
    // replay reads one descriptor of 8 bytes a page, from the page that starts the image's 2 MiB
    const lines = new Set(paths.flatMap((p) => [...[...p.codeLines].map((line) => line >> 1), ...p.dataLines]));
    for (const page of paths.flatMap((p) => [...p.pages])) {
      const table = (page - (page % 512)) * PAGE_LINES + ((page % 512) >>> 3);
      expect(lines.has(table)).toBe(false);
    }
  });

  test('everything lies inside the machine’s memory', () => {
    const top = (MACHINE.memoryBase + MACHINE.memorySize) / 4096;
    for (const page of paths.flatMap((p) => [...p.pages])) {
      expect(page).toBeGreaterThanOrEqual(MACHINE.memoryBase / 4096);
      expect(page).toBeLessThan(top);
    }
  });
});

test('paths of one build share the lines of its smallest trap', () => {
  const paths = touchedActivities(readHypervisor('xen'), readKernel(), MACHINE).flatMap((a) => a.paths);
  const [inject, tick] = ['vtimer-inject', 'hypervisor-tick'].map((name) => paths.find((p) => p.name === name)!);
  const common = [...inject!.codeLines].filter((line) => tick!.codeLines.includes(line));
  // trap of the release build: 2304 bytes of code
  expect(common.length).toBe(2304 / 32);
});
