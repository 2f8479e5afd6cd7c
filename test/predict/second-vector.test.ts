/** The stored predictions for two host CPUs. */
import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {sha256} from '../../src/files/hash.ts';
import {packagePath} from '../../src/files/paths.ts';
import {hypervisorIds} from '../../src/hypervisors/load.ts';
import {casesOf, publishedPath, readBenchmarks, readPublished} from '../../src/predict/benchmarks.ts';
import {readScheduledBenchmarks} from '../../src/predict/scheduled-benchmarks.ts';
import type {SecondVector} from '../../src/predict/second-vector.ts';

const blind = JSON.parse(readFileSync(packagePath('calibration', 'blind-second-vector.json'), 'utf8')) as SecondVector;

test('hold every case of every benchmark on every system, once', () => {
  const cases = [
    ...readBenchmarks().flatMap((b) => casesOf(b).map((name) => `${b.id}/${name}`)),
    ...readScheduledBenchmarks().flatMap(({id, unitsPerCase}) =>
      Object.keys(unitsPerCase).map((name) => `${id}/${name}`),
    ),
  ];
  const wanted = cases.flatMap((one) => hypervisorIds().map((sut) => `${one}/${sut}`));
  expect(blind.cells.map(({benchmark, case: name, sut}) => `${benchmark}/${name}/${sut}`).sort()).toEqual(
    wanted.sort(),
  );
});

test('are of two host CPUs, with nothing measured on them', () => {
  expect(new Set(blind.cells.map(({hostCpus}) => hostCpus))).toEqual(new Set([2]));
  expect(blind.cells.filter(({published, fitted}) => published !== null || fitted)).toEqual([]);
});

test('come from a fit to the first vector, all of whose cells are of one host CPU', () => {
  expect(blind.fittedTo.hash).toBe(sha256(readFileSync(publishedPath())));
  expect(readPublished().filter(({hostCpus}) => hostCpus !== 1)).toEqual([]);
});

test('have intervals around them that say what they are made of', () => {
  for (const {predicted, lower, upper, deviations} of blind.cells) {
    expect(lower).toBeLessThan(predicted);
    expect(upper).toBeGreaterThan(predicted);
    expect(Object.values(deviations!).every((part) => part >= 0)).toBe(true);
  }
});
