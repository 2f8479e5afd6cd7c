import {readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {type CountsFile, countsPath, countsText, readCounts} from '../../src/calibration/counts.ts';
import {fingerprint} from '../../src/calibration/fingerprint.ts';
import {calibrate} from '../../src/calibration/run.ts';
import {InputError} from '../../src/files/errors.ts';
import type {Calibration} from '../../src/predict/calibration.ts';
import {useDirectory} from '../cli/guest-file.ts';
import {COUNTS, PRIORS, TARGETS} from './stored.ts';

const place = useDirectory();
const stored = (name: string, text: string): string => {
  writeFileSync(place(name), text);
  return place(name);
};
const {benchmarks, scheduled} = TARGETS;
const CURRENT = fingerprint(PRIORS, benchmarks, scheduled);

describe('a file of counts', () => {
  test('is read as it was written, and written as it was read', () => {
    const text = countsText(COUNTS);
    expect(readCounts(stored('counts.json', text))).toEqual(COUNTS);
    expect(text).toBe(readFileSync(countsPath(), 'utf8'));
  });

  test('without rows is read too', () => {
    const empty: CountsFile = {...COUNTS, base: {at: {}, runs: [], schedules: []}, moved: []};
    expect(readCounts(stored('empty.json', countsText(empty)))).toEqual(empty);
  });

  test('has a row a line', () => {
    const {base, moved} = COUNTS;
    const rows = [...base.runs, ...base.schedules, ...moved.flatMap(({runs}) => runs)];
    const lines = countsText(COUNTS).split('\n');
    for (const row of rows) expect(lines.some((line) => line.startsWith(JSON.stringify(row)))).toBe(true);
  });

  test('that is not there is none', () => {
    expect(readCounts(place('none.json'))).toBeUndefined();
  });

  test.each([
    ['is cut off', countsText(COUNTS).slice(0, 5000), /JSON/],
    ['is empty', '', /JSON/],
    ['is of another version', JSON.stringify({...COUNTS, schemaVersion: 2}), /schemaVersion: .*expected 1/],
    ['has a key too many', JSON.stringify({...COUNTS, extra: 1}), /extra/],
    [
      'has no count',
      JSON.stringify({...COUNTS, base: {...COUNTS.base, runs: [{benchmark: 'x'}]}}),
      /base\.runs\.0\.case: /,
    ],
    ['is a list', '[]', /expected object/],
  ])('that %s is refused with its name, its place and what to do', (_, text, message) => {
    const path = stored('bad.json', text);
    const read = () => readCounts(path);
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
    expect(read).toThrow(path);
    expect(read).toThrow(/`trapwalk calibrate --replay`/);
  });
});

describe('counts of other files', () => {
  /** What a calibration says of these counts; it is stopped before it replays. */
  const said = async (counts: CountsFile, options: {machine?: string; targets?: string} = {}): Promise<string[]> => {
    const lines: string[] = [];
    await calibrate({
      ...{
        command: 'test',
        counts: stored('other.json', countsText(counts)),
        isKept: false,
        signal: AbortSignal.abort(),
      },
      ...options,
      log: (line) => lines.push(line),
    }).catch(() => {});
    return lines;
  };
  const current = {...COUNTS, fingerprint: CURRENT};

  test('are counted anew: of other numbers, another machine, or without a system that was measured', async () => {
    const {base} = current;
    const withoutXen = {...current, base: {...base, runs: base.runs.filter(({sut}) => sut !== 'xen')}};
    for (const [counts, options] of [
      [{...current, fingerprint: 'x'}, {}],
      [current, {machine: 'lime2'}],
      [withoutXen, {}],
    ] as const) {
      const [first, second] = await said(counts, options);
      expect(first).toMatch(/other\.json is of other files or systems$/);
      expect(second).toMatch(/^replaying, round 1/);
    }
  });

  test('are not asked for where they are of these', async () => {
    expect(await said(current)).toEqual([]);
  });
});

describe('the fingerprint', () => {
  type Node = Record<string, unknown>;
  /** The calibration with the first field of that name below a hypervisor's paths changed. */
  const changed = (sut: string, key: string, change: (old: unknown) => unknown): Calibration => {
    const hypervisors = structuredClone(PRIORS.hypervisors) as Record<string, unknown> & Calibration['hypervisors'];
    let found = 0;
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null || found > 0) return;
      for (const [name, child] of Object.entries(node)) {
        if (name === key && found === 0) {
          (node as Node)[key] = change(child);
          found++;
        } else walk(child);
      }
    };
    walk(hypervisors[sut]!.builds);
    expect(found).toBe(1);
    return {...PRIORS, hypervisors};
  };
  const of = (c: Calibration): string => fingerprint(c, benchmarks, scheduled);

  test('is the same for the same files', () => {
    expect(of(structuredClone(PRIORS))).toBe(CURRENT);
  });

  test.each(['xvisor', 'kvm', 'xen'])('changes with a number of a path of %s', (sut) => {
    expect(of(changed(sut, 'instructions', (n) => (n as number) + 1))).not.toBe(CURRENT);
  });

  test.each(['xvisor', 'kvm', 'xen'])('does not change with the wording of a source of %s', (sut) => {
    expect(of(changed(sut, 'source', (text) => `${text}, read again`))).toBe(CURRENT);
  });

  test('changes with a price, with the machine and with the benchmarks', () => {
    const {primitives, machineFile} = PRIORS;
    const {device} = primitives;
    const dearer = {...primitives, device: {...device, value: device.value + 1}} as typeof primitives;
    expect(of({...PRIORS, primitives: dearer})).not.toBe(CURRENT);
    expect(of({...PRIORS, machineFile: {...machineFile, id: 'other'}})).not.toBe(CURRENT);
    expect(fingerprint(PRIORS, benchmarks.slice(1), scheduled)).not.toBe(CURRENT);
    expect(fingerprint(PRIORS, benchmarks, [])).not.toBe(CURRENT);
  });

  test('does not change with the bounds of a parameter or the prior of the work’s scale: they move no count', () => {
    const {primitives} = PRIORS;
    const wider = {...primitives, barrier: {...primitives.barrier, upper: 99}};
    expect(of({...PRIORS, primitives: wider})).toBe(CURRENT);
    const other = scheduled.map((one) => ({...one, workScale: {...one.workScale, value: 0.7}}));
    expect(fingerprint(PRIORS, benchmarks, other)).toBe(CURRENT);
  });
});
