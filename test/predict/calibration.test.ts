import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {readPublished} from '../../src/predict/benchmarks.ts';
import {cyclesPerInstruction, loadCalibration, parameterRows, pipelineScale} from '../../src/predict/calibration.ts';
import {readFit} from '../../src/predict/fit-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-fit-'));
afterAll(() => rmSync(directory, {recursive: true}));

const PRIORS = loadCalibration({priorsOnly: true});
const FITTED = loadCalibration();
const valueIn = (c: typeof PRIORS, id: string): number => parameterRows(c).find((p) => p.id === id)!.value;

describe('the fit', () => {
  test('lies over the priors', () => {
    for (const {id, value, prior} of readFit().parameters.filter((p) => !/^(pipeline|work)Scale\./.test(p.id))) {
      expect([id, valueIn(FITTED, id)]).toEqual([id, value]);
      expect([id, valueIn(PRIORS, id)]).toEqual([id, prior]);
    }
  });

  test('lies within its bounds, and says when it stands at one', () => {
    for (const {id, value, lower, upper, atBound} of readFit().parameters) {
      expect([id, lower <= value && value <= upper]).toEqual([id, true]);
      expect([id, atBound]).toEqual([id, value === lower || value === upper]);
    }
  });

  test('has a covariance that is symmetric, with the squared standard errors on its diagonal', () => {
    const {covariance, covarianceOf, parameters} = readFit();
    covarianceOf.forEach((id, i) => {
      const error = parameters.find((p) => p.id === id)!.standardError;
      expect(Math.sqrt(covariance[i]![i]!)).toBeCloseTo(error as number, 9);
      covarianceOf.forEach((_, k) => {
        const scale = Math.sqrt(covariance[i]![i]! * covariance[k]![k]!);
        expect(Math.abs(covariance[i]![k]! - covariance[k]![i]!)).toBeLessThanOrEqual(1e-6 * scale);
        expect(Math.abs(covariance[i]![k]!)).toBeLessThanOrEqual(scale * (1 + 1e-9));
      });
    });
  });

  test('saw the published cells of every benchmark and system', () => {
    const systems = Object.keys(PRIORS.hypervisors);
    const benchmarks = new Set(readPublished().map(({benchmark}) => benchmark));
    const wanted = [...benchmarks].flatMap((benchmark) => systems.map((sut) => `${benchmark}/${sut}`));
    expect(readFit().fittedOn.toSorted()).toEqual(wanted.toSorted());
  });

  test.each([
    ['is no JSON', 'x', /fit\.json: .*restore the file/],
    ['is JSON of another kind', '{"schemaVersion": 1}', /fit\.json:\S+ .*trapwalk calibrate/],
    ['has a key too many', JSON.stringify({...readFit(), extra: 1}), /extra/],
    ['is of another version', JSON.stringify({...readFit(), schemaVersion: 1}), /schemaVersion/],
  ])('that %s is refused with its place', (_, text, message) => {
    const file = join(directory, 'fit.json');
    writeFileSync(file, text);
    expect(() => readFit(file)).toThrow(message);
  });

  test('that is not there is refused', () => {
    expect(() => readFit(join(directory, 'none.json'))).toThrow(/none\.json: there is no fit; .*trapwalk calibrate/);
  });
});

describe('values laid over', () => {
  test('an id that nobody knows names the nearest', () => {
    expect(() => loadCalibration({values: {'primitives.devise': 1}})).toThrow(
      /no parameter 'primitives\.devise'; did you mean 'primitives\.device'\? .*trapwalk parameters/,
    );
    expect(() => loadCalibration({values: {zzzzzzzzzz: 1}})).toThrow(
      /no parameter 'zzzzzzzzzz'; `trapwalk parameters`/,
    );
  });

  test('every parameter that is listed can be set, and is listed as set', () => {
    const values = Object.fromEntries(
      parameterRows(FITTED).map(({id, value, lower, upper}) => [
        id,
        [upper, lower].find((v) => (v ?? value) !== value) ?? 2 * value,
      ]),
    );
    // The lines of L1D and L2 must agree, so neither can be set alone.
    const LINES = ['cubieboard2.caches.l1d.line', 'cubieboard2.caches.l2.line'];
    for (const id of LINES) expect(() => loadCalibration({values: {[id]: 128}})).toThrow('same line size');
    for (const [id, value] of Object.entries(values).filter(([id]) => !LINES.includes(id))) {
      const set = loadCalibration({values: {[id]: value}});
      expect([id, valueIn(set, id)]).toEqual([id, value]);
    }
  });

  test('one value reaches the numbers of replay and cost', () => {
    const set = loadCalibration({
      values: {
        'primitives.device': 1,
        'xen-release.cyclesPerInstruction': 2,
        'cubieboard2.core.mispredict': 3,
        'pipelineScale.dhrystone': 4,
        'kvm.placement.meanRun': 5,
        'linux-3.16.cyclesPerInstruction': 6,
      },
    });
    expect(set.prices.device).toBe(1);
    expect(cyclesPerInstruction(set)['xen-release']).toBe(2);
    expect(set.machine.mispredict).toBe(3);
    expect(pipelineScale(set, 'dhrystone')).toBe(4);
    expect(set.hypervisors.kvm?.placement).toMatchObject({meanRun: {value: 5}});
    expect(cyclesPerInstruction(set)['linux-3.16']).toBe(6);
    expect(pipelineScale(set, 'a guest of the user')).toBe(1);
  });

  test('a value set by hand is not called fitted', () => {
    const row = parameterRows(loadCalibration({values: {'cubieboard2.core.mispredict': 9}})).find(
      (p) => p.id === 'cubieboard2.core.mispredict',
    );
    expect(row?.kind).not.toBe('fitted');
    expect(row?.value).toBe(9);
  });

  test('a fitted value set by hand does not keep the standard error of the fit', () => {
    const row = parameterRows(loadCalibration({values: {'primitives.device': 50}})).find(
      (p) => p.id === 'primitives.device',
    );
    expect(row?.value).toBe(50);
    expect(row?.standardError).toBeUndefined();
  });

  test('a count or a time below zero is refused', () => {
    expect(() => loadCalibration({values: {'primitives.device': -100}})).toThrow();
    expect(() => loadCalibration({values: {'cubieboard2.core.mispredict': -1}})).toThrow();
  });

  test('priors stay out of it: systems of one build share their parameters', () => {
    const set = loadCalibration({values: {'kvm-3.16.guest-tick.rate': 250}});
    for (const sut of ['kvm', 'kvm-hugetlb']) {
      expect(set.hypervisors[sut]?.activities.find((a) => a.id === 'guest-tick')?.rate.value).toBe(250);
    }
    expect(set.hypervisors.xen?.activities.find((a) => a.id === 'guest-tick')?.rate.value).toBe(100);
  });
});

test('parameterRows lists each number once, with a source', () => {
  const rows = parameterRows(FITTED);
  expect(new Set(rows.map((p) => p.id)).size).toBe(rows.length);
  expect(rows.filter((p) => p.source.length < 3 || p.unit === '')).toEqual([]);
});
