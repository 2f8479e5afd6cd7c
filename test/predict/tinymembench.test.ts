import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {packagePath} from '../../src/files/paths.ts';
import {readTinymembench, tinymembenchBoards, validateTinymembench} from '../../src/predict/tinymembench.ts';
import {hasMarks} from '../../src/report/marked-section.ts';
import {MARKS, withSection} from '../../src/report/tinymembench.ts';

const BOARDS = tinymembenchBoards();
/** A kernel that streams its writes, one that the model takes for it, and reads: a second or two for all boards. */
const TESTS = ['C fill', 'C fill (shuffle within 32 byte blocks)', 'NEON read'];
const RESULTS = validateTinymembench({machines: BOARDS, seeds: [1], tests: TESTS});

describe('figures', () => {
  test('one for each published figure of the tests, worst first', () => {
    for (const {figures, errors} of RESULTS) {
      expect(figures.map(({test}) => test).sort()).toEqual(TESTS);
      const sizes = figures.map(({errorPercent}) => Math.abs(errorPercent!));
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      expect(errors).toEqual([expect.objectContaining({group: 'bandwidths', figures: 3, targetPercent: 15})]);
      expect(errors[0]!.meanAbsolutePercentageError).toBeCloseTo(sizes.reduce((sum, size) => sum + size, 0) / 3, 9);
    }
  });

  test('counts are those of one line', () => {
    const fill = RESULTS[0]!.figures.find(({test}) => test === 'C fill')!;
    // Eight stores of eight bytes; every line of a long fill is streamed.
    expect(fill.counts['accesses.write']).toBeCloseTo(8, 2);
    expect(fill.counts['write.streamedLines']).toBeCloseTo(1, 2);
    expect(fill.errorPercent).toBeCloseTo((fill.predicted / fill.measured - 1) * 100, 9);
  });

  test('random reads are the extra time over a buffer of two bytes', () => {
    const [{figures}] = validateTinymembench({
      machines: ['lime2'],
      seeds: [1],
      tests: ['single random read'],
    }) as [(typeof RESULTS)[number]];
    const at = (block: number) => figures.find((figure) => figure.block === block)!;
    // 32 KiB lie in L1; of 64 KiB half are in L2, 11 cycles away; nothing in 64 MiB is in a cache or TLB twice.
    expect(at(2 ** 15).predicted).toBeLessThan(0.1);
    expect(at(2 ** 16).predicted).toBeGreaterThan(5);
    expect(at(2 ** 16).predicted).toBeLessThan(7);
    expect(at(2 ** 26).counts['tlb.mainMisses']).toBeGreaterThan(0.95);
    expect(at(2 ** 15).errorPercent).toBeNull();
  });
});

test('every published figure has a test with its name', () => {
  const {reads, streams} = readTinymembench();
  const names = [...reads.tests, ...streams.tests].map(({test}) => test);
  const lines = readFileSync(packagePath('calibration', 'published', 'tinymembench.csv'), 'utf8')
    .trim()
    .split('\n');
  const published = new Set(lines.slice(1).map((line) => line.split(',')[1]));
  expect([...published].sort()).toEqual([...names].sort());
});

test('a machine without a log is refused with the choices', () => {
  expect(() => validateTinymembench({machines: ['cubieboard2'], seeds: [1]})).toThrow(
    "no tinymembench log of machine 'cubieboard2' is known; choose from lime2, cubietruck, banana-pi",
  );
});

test('a test that no log has is refused', () => {
  expect(() => validateTinymembench({machines: ['lime2'], seeds: [1], tests: ['C fil']})).toThrow(
    "unknown test 'C fil'; did you mean 'C fill'?",
  );
});

describe('the section of docs/validation.md', () => {
  const document = readFileSync(packagePath('docs', 'validation.md'), 'utf8');

  test('says what a replay says now', () => {
    const rows = withSection(document, RESULTS)
      .split('\n')
      .filter((line) => TESTS.some((test) => line.startsWith(`| ${test} |`)));
    expect(rows.length).toBe(BOARDS.length * TESTS.length);
    const present = document.split('\n');
    for (const row of rows) expect(present).toContain(row);
  });

  test('stands between its marks, and only there', () => {
    expect([hasMarks(document, MARKS), hasMarks('no marks\n', MARKS)]).toEqual([true, false]);
    const updated = withSection(document, RESULTS);
    expect(updated.startsWith(document.slice(0, document.indexOf('<!--')))).toBe(true);
    expect(withSection(updated, RESULTS)).toBe(updated);
  });
});
