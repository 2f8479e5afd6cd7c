import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {readTargets} from '../../src/calibration/run.ts';
import {InputError} from '../../src/files/errors.ts';
import {useDirectory} from '../cli/guest-file.ts';
import {SUTS, TARGETS} from './stored.ts';

const place = useDirectory();
const HEADER = 'table,benchmark,host_cpus,case,sut,value,unit';
const HOST = 'IV,dhrystone,1,run-1,host,2558600,dhrystones/s';
const XEN = 'IV,dhrystone,1,run-1,xen,2531857,dhrystones/s';

const targetsOf = (...rows: readonly string[]) => {
  const path = place('targets.csv');
  writeFileSync(path, [HEADER, ...rows, ''].join('\n'));
  return () => readTargets(path, SUTS);
};

test('cells of one host CPU are taken, with the benchmarks that they are of', () => {
  const {cells, benchmarks, scheduled} = targetsOf(HOST, XEN, XEN.replace(',1,', ',2,'))();
  expect(cells.map(({sut, value}) => [sut, value])).toEqual([
    ['host', 2558600],
    ['xen', 2531857],
  ]);
  expect(benchmarks.map(({id}) => id)).toEqual(['dhrystone']);
  expect(scheduled).toEqual([]);
});

test('the published first vector is all of one host CPU', () => {
  expect(TARGETS.cells).toHaveLength(160);
  expect(TARGETS.scheduled.map(({id}) => id)).toEqual(['hackbench']);
});

test.each([
  [
    'an unknown benchmark',
    XEN.replace('dhrystone,', 'whetstone,'),
    /no benchmark 'whetstone'; .*guests\/benchmarks\.yaml/,
  ],
  ['an unknown case', XEN.replace('run-1', 'run-9'), /'dhrystone' has no case 'run-9'; choose from run-1, run-2/],
  ['an unknown system', XEN.replace('xen', 'esx'), /no system 'esx'; choose from host, /],
  ['a negative figure', XEN.replace('2531857', '-1'), /-1 is no figure; give a number above 0/],
  ['a figure of nothing', XEN.replace('2531857', ''), /0 is no figure/],
  ['a word for a figure', XEN.replace('2531857', 'fast'), /NaN is no figure/],
  ['an endless figure', XEN.replace('2531857', 'Infinity'), /Infinity is no figure/],
  ['another unit', XEN.replace('dhrystones/s', 'DMIPS'), /figures of 'dhrystone' are in dhrystones\/s, not 'DMIPS'/],
  ['a word for the host CPUs', XEN.replace(',1,', ',one,'), /host_cpus is neither 1 nor 2/],
  ['three host CPUs', XEN.replace(',1,', ',3,'), /host_cpus is neither 1 nor 2/],
  [
    'a case without the host',
    XEN.replace('run-1', 'run-2'),
    /the host's figure of dhrystone run-2 is missing; measure/,
  ],
])('%s is refused with file and line', (_, row, message) => {
  const read = targetsOf(HOST, row);
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
  expect(read).toThrow(/targets\.csv:3: /);
});

test.each([
  ['no row', []],
  ['no row of one host CPU', [HOST.replace(',1,', ',2,')]],
])('%s is refused', (_, rows) => {
  expect(targetsOf(...rows)).toThrow(
    /targets\.csv: no row is of one host CPU; the fit takes rows whose host_cpus is 1/,
  );
});

test('a file that is not there is refused', () => {
  expect(() => readTargets(place('none.csv'), SUTS)).toThrow(/none\.csv: there is no such file; name a CSV file/);
});

test('a table of other columns is refused', () => {
  writeFileSync(place('other.csv'), 'benchmark,value\ndhrystone,1\n');
  expect(() => readTargets(place('other.csv'), SUTS)).toThrow(/other\.csv:1: header is 'benchmark,value'/);
});
