/** Audits of small tables with one thing wrong in each. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, test} from 'vitest';
import {type Audit, audit} from '../../src/audit/audit.ts';
import {rulesPath} from '../../src/audit/rules.ts';
import {InputError} from '../../src/files/errors.ts';
import {packagePath} from '../../src/files/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'trapwalk-audit-'));
afterAll(() => rmSync(folder, {recursive: true}));

const HEAD = 'table,benchmark,host_cpus,case,sut,value,unit';
const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const auditRows = (...rows: readonly string[]): Audit =>
  audit({files: [write('table.csv', `${[HEAD, ...rows].join('\n')}\n`)], deviations: 5});
/** 'line kind message'. */
const found = (...rows: readonly string[]): readonly string[] =>
  auditRows(...rows).findings.map(({place, kind, message}) => `${place.split(':').at(-1)} ${kind} ${message}`);

const runs = (...values: readonly string[]) =>
  values.map((v, i) => `I,dhrystone,1,run-${i + 1},host,${v},dhrystones/s`);

describe('statistics, within the rounding of all printed digits', () => {
  test.each([
    // (1.0 + 2.1) / 2 = 1.55, ± 0.05 of its cells and ± 0.05 of its own.
    ['average', '1.6', []],
    ['average', '1.5', []],
    ['average', '1.7', ['4 statistic stated 1.7, the average of its 2 cells is 1.550']],
    ['average', '1.40', ['4 statistic stated 1.40, the average of its 2 cells is 1.5500']],
    ['minimum', '1.0', []],
    ['minimum', '2.1', ['4 statistic stated 2.1, the minimum of its 2 cells is 1.000']],
    ['maximum', '2.1', []],
  ])('%s %s', (name, value, expected) => {
    expect(found(...runs('1.0', '2.1'), `I,dhrystone,1,${name},host,${value},dhrystones/s`)).toEqual(expected);
  });

  test('digits that were cut off, not rounded, are told', () => {
    // (1 + 2 + 2) / 3 = 1.667 of exact cells; 1.00, 2.00 printed to a hundredth leave ± 0.005.
    expect(found(...runs('1.00', '2.00', '2.00'), 'I,dhrystone,1,average,host,1.66,dhrystones/s')).toEqual([]);
    expect(found(...runs('1.0000', '2.0000', '2.0000'), 'I,dhrystone,1,average,host,1.66,dhrystones/s')).toEqual([
      '5 statistic stated 1.66, the average of its 3 cells is 1.6667; it agrees if digits were cut off, not rounded',
    ]);
  });

  test('an average of nothing is a finding', () => {
    expect(found('I,dhrystone,1,average,host,1,dhrystones/s')).toEqual([
      '2 statistic there is no cell that it is the average of',
    ]);
  });

  test('whatever is rounded from the true average of true values agrees', () => {
    const figures = fc.array(fc.double({min: 1, max: 1e6, noNaN: true}), {minLength: 1, maxLength: 6});
    fc.assert(
      fc.property(figures, fc.nat(4), fc.nat(4), (values, digits, own) => {
        const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
        const average = `I,dhrystone,1,average,host,${mean.toFixed(own)},dhrystones/s`;
        const {findings} = auditRows(...runs(...values.map((one) => one.toFixed(digits))), average);
        expect(findings.filter(({kind}) => kind === 'statistic')).toEqual([]);
      }),
      {seed: 1, numRuns: 100},
    );
  });
});

describe('derived columns', () => {
  const host = 'I,dhrystone,1,run-1,host,2558600,dhrystones/s';
  const guest = 'I,dhrystone,1,run-1,xen,2531857,dhrystones/s';

  test.each([
    // 2,558,600 / 1757 = 1456.23
    ['I,dhrystone,1,run-1,host,1456.23,DMIPS', []],
    ['I,dhrystone,1,run-1,host,1456,DMIPS', []],
    ['I,dhrystone,1,run-1,host,1465.23,DMIPS', ['4 derived stated 1465.23, 2558600 dhrystones/s / 1757 is 1456.2322']],
    // 1 − 2,531,857 / 2,558,600 = 1.045 %
    ['I,dhrystone,1,run-1,xen,1.05,%', []],
    [
      'I,dhrystone,1,run-1,xen,1.5,%',
      ['4 derived stated 1.5, the loss of 2531857 against 2558600 dhrystones/s is 1.045'],
    ],
    ['I,dhrystone,1,run-1,xen,-1.05,%', [expect.stringContaining('stated -1.05')]],
  ])('%s', (row, expected) =>
    expect(found(host, guest, row).filter((one) => one.includes('derived'))).toEqual(expected),
  );

  test('of nothing, and against nobody', () => {
    expect(found('I,dhrystone,1,run-1,host,1456,DMIPS')).toEqual([
      '2 derived there is no cell that its DMIPS come from',
    ]);
    expect(found(guest, 'I,dhrystone,1,run-1,xen,1,%')).toEqual([
      "3 derived there is no figure of 'host' to lose against",
    ]);
  });

  test('a loss of time is positive where the time is longer', () => {
    const rows = ['I,hackbench,1,1x40,host,2.000,s', 'I,hackbench,1,1x40,xen,3.000,s', 'I,hackbench,1,1x40,xen,50.0,%'];
    expect(found(...rows).filter((one) => one.includes('derived'))).toEqual([]);
  });
});

describe('tables', () => {
  test('a double, same or not', () => {
    expect(found(...runs('1.0'), ...runs('1.0'), ...runs('1.1'))).toEqual([
      '3 duplicate is given before, in line 2, as the same',
      '4 duplicate is given before, in line 2, as 1.0',
    ]);
  });

  test('a missing cell', () => {
    const rows = ['I,stream-scale,1,run-1,host,9,MB/s', 'I,stream-scale,1,run-1,xen,8,MB/s'];
    const {findings} = auditRows(...rows, 'I,stream-scale,1,run-2,host,9,MB/s');
    expect(findings).toEqual([
      expect.objectContaining({kind: 'missing', cell: 'table I, stream-scale, 1 host CPU, run-2, xen'}),
    ]);
  });

  test('a unit that is unknown, or not the table’s', () => {
    expect(found('I,x,1,a,host,9,MB/s', 'I,x,1,b,host,9,MB/s', 'I,x,1,c,host,9,s', 'I,x,1,d,host,9,furlongs')).toEqual(
      expect.arrayContaining([
        '4 unit in s, where the table is in MB/s',
        "5 unit 'furlongs' is no unit that the rules know",
      ]),
    );
  });

  test('a misplaced point', () => {
    const rows = ['host', 'xvisor', 'kvm'].map((sut) => `I,x,1,a,${sut},${sut === 'kvm' ? '17.0' : '170.5'},MB/s`);
    expect(found(...rows)).toEqual([`4 magnitude 17.0 is 10.0 times away from the row's median`]);
  });

  test('an outlier, on either side of the limit', () => {
    // Median 12, deviations 2 1 0 1 x: their median is 1. Five of them are still no outlier, six are.
    expect(found(...runs('10', '11', '12', '13', '17'))).toEqual([]);
    expect(found(...runs('10', '11', '12', '13', '18'))).toEqual([
      expect.stringMatching(/^6 outlier 18 is 6\.0 median/),
    ]);
  });

  test('equal runs have the deviation of their last digit', () => {
    expect(found(...runs('10', '10', '10', '10', '12'))).toEqual([]);
    expect(found(...runs('10', '10', '10', '10', '13'))).toEqual([expect.stringContaining('6.0 median')]);
  });
});

describe('claims', () => {
  const row = (name: string, sut: string, value: string, unit = 'MB/s') =>
    `VI,cachebench-memcpy,1,${name},${sut},${value},${unit}`;
  const claim = (...rows: readonly string[]) => auditRows(...rows).claims.find(({id}) => id === 'memory-bandwidth')!;

  test('case by case: holds, within the digits, does not hold', () => {
    const rows = [
      ...[row('1M', 'xvisor', '9.0'), row('1M', 'xen', '8.9'), row('1M', 'host', '10.0')],
      ...[row('2M', 'xvisor', '9.0'), row('2M', 'xen', '9.0')],
      ...[row('3M', 'xvisor', '9.0'), row('3M', 'xen', '9.2'), row('3M', 'kvm', '9.1')],
    ];
    expect(claim(...rows)).toMatchObject({
      ...{cases: 3, holds: 1, ties: 1},
      findings: [{message: 'memory-bandwidth: xen is better, 9.2 against 9.0 MB/s (2.17 %)', computed: 9.2}],
    });
  });

  test('no case without the claimed system, without another, of statistics or of losses', () => {
    expect(claim(row('1M', 'xen', '9'), row('2M', 'xvisor', '9'))).toMatchObject({cases: 0});
    expect(claim(row('average', 'xvisor', '9'), row('average', 'xen', '8'))).toMatchObject({cases: 0});
    expect(claim(row('1M', 'xvisor', '9', '%'), row('1M', 'xen', '8', '%'))).toMatchObject({cases: 0});
  });

  test('a time is better when it is shorter', () => {
    const rows = ['xvisor,2', 'xen,3'].map((one) => `XII,hackbench,1,1x40,${one},s`);
    expect(auditRows(...rows).claims.find(({id}) => id.startsWith('lock'))).toMatchObject({cases: 1, holds: 1});
  });
});

describe('the published tables of this project', () => {
  const names = ['first-vector', 'footprint', 'microbenchmarks', 'tinymembench'];
  const files = names.map((name) => packagePath('calibration', 'published', `${name}.csv`));
  const result = audit({files, deviations: 5});

  test('nothing but outliers within the tables, and two cases against the conclusions', () => {
    expect(new Set(result.findings.map(({kind}) => kind))).toEqual(new Set(['outlier']));
    expect(
      result.claims.map(({id, cases, holds, ties, findings}) => [id, cases, holds, ties, findings.length]),
    ).toEqual([
      ['cpu-overhead', 5, 5, 0, 0],
      ['memory-bandwidth', 21, 19, 1, 1],
      ['lock-and-timer-overhead', 6, 5, 0, 1],
      ['footprint', 2, 2, 0, 0],
    ]);
  });
});

describe('hostile input', () => {
  test.each<readonly [string, RegExp]>([
    ['', /header is ''; expected 'table,/],
    ['a,b\n1,2\n', /:1: header is 'a,b'/],
    [`${HEAD}\n`, /has no cells/],
    [`${HEAD}\n\n`, /:2: empty line/],
    [`${HEAD}\nI,x,1,a,host,9\n`, /:2: 6 fields/],
    [`${HEAD}\nI,x,1,a,host,"9,MB/s\n`, /:2:\d+: misplaced double quote/],
    [`${HEAD}\nI,x,1,a,,9,MB/s\n`, /:2: sut is empty/],
    ...['', 'NaN', '1e3', '1,0', '0x10', ' 9', '-1', 'Infinity', '9.', '1'.repeat(400)].map(
      (value) => [`${HEAD}\nI,x,1,a,host,"${value}",MB/s\n`, /:2: value '.*' is not a number of at least 0/] as const,
    ),
  ])('%j', (text, message) => {
    const run = () => audit({files: [write('bad.csv', text)], deviations: 5});
    expect(run).toThrow(InputError);
    expect(run).toThrow(message);
  });

  test('names of JavaScript are names like any other', () => {
    const rows = ['__proto__', 'constructor', 'toString'].map((name) => `I,x,1,${name},${name},9,MB/s`);
    expect(auditRows(...rows).findings.every(({kind}) => kind === 'missing')).toBe(true);
  });

  test('any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.string({maxLength: 60}), (text) => {
        try {
          audit({files: [write('any.csv', `${HEAD}\n${text}`)], deviations: 5});
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      {seed: 1, numRuns: 100},
    );
  });

  test.each([
    [['baseline: host'], ['basline: host'], /:\d+:\d+: unknown key 'basline'; did you mean 'baseline'\?/],
    [['better: lower, from: dhrystones/s', 'better: higher, from: dhrystones/s'], null, /both or neither/],
    [['{columns: [size_mb_min]}'], ['{columns: [size]}'], /form 'memory footprint' has no column 'size'/],
  ] as const)('rules: %j', (from, to, message) => {
    const text = readFileSync(rulesPath(), 'utf8');
    const changed = to === null ? text.replace(', divideBy: 1757', '') : text.replace(from[0], to[0]);
    expect(changed).not.toBe(text);
    const files = [packagePath('calibration', 'published', 'footprint.csv')];
    expect(() => audit({files, rules: write('rules.yaml', changed), deviations: 5})).toThrow(message);
  });
});
