import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {pathPriorRows, pathPriorsPath, readPathPriors} from '../../src/predict/path-priors.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-priors-'));
afterAll(() => rmSync(directory, {recursive: true}));

const PRIORS = readPathPriors();
const FILES = loadCalibration({priorsOnly: true});

test.each([
  ['files', FILES],
  ['fit', loadCalibration()],
])('every price lies within its prior: %s', (_, calibration) => {
  const outside = pathPriorRows(PRIORS, calibration).filter(({verdict}) => verdict !== 'within');
  expect(outside).toEqual([]);
});

test('the price that a prior is of has a share of its lines from L2', () => {
  const [trap] = pathPriorRows(PRIORS, FILES);
  // 508 instructions of 1.35 cycles, 3 barriers of 11, 7 registers of 3, an entry and return of 40.
  expect(trap).toMatchObject({system: 'xvisor', build: 'O0', path: 'trap'});
  expect(trap!.allHits).toBeCloseTo(508 * 1.35 + 3 * 11 + 7 * 3 + 40, 9);
  // 88 lines of code and 18 of data, 0.4 of them at 11 cycles.
  expect(trap!.linesFromL2 - trap!.allHits).toBeCloseTo(106 * 0.4 * 11, 9);
});

test('a price outside says on which side', () => {
  const at = (low: number, high: number) => ({system: 'xvisor', build: 'O0', path: 'trap', low, middle: low, high});
  const verdicts = pathPriorRows({...PRIORS, priors: [at(5000, 6000), at(10, 20), at(10, 6000)]}, FILES);
  expect(verdicts.map(({verdict}) => verdict)).toEqual(['below', 'above', 'within']);
});

test('every measured path in use that an event takes most has a prior', () => {
  const said = new Set(PRIORS.priors.map(({system, build, path}) => `${system} ${build} ${path}`));
  for (const [system, h] of Object.entries({xvisor: FILES.hypervisors.xvisor!, xen: FILES.hypervisors.xen!}))
    for (const build of Object.keys(h.builds))
      for (const path of ['trap', 'vtimer-inject', 'hypervisor-tick', 'wfi-cycle', 'sgi-send', 'vcpu-switch-wfi'])
        expect(said).toContain(`${system} ${build} ${path}`);
});

test('a prior of no path is refused with the nearest', () => {
  const prior = {system: 'xvisor', build: 'O0', path: 'wfi-cycel', low: 1, middle: 2, high: 3};
  expect(() => pathPriorRows({...PRIORS, priors: [prior]}, FILES)).toThrow(
    "path-priors.yaml:priors.0: there is no path 'wfi-cycel'; did you mean 'wfi-cycle'?",
  );
});

test('a prior that does not ascend is refused', () => {
  const file = join(directory, 'path-priors.yaml');
  writeFileSync(file, readFileSync(pathPriorsPath(), 'utf8').replace('low: 700,', 'low: 1700,'));
  expect(() => readPathPriors(file)).toThrow('low, middle and high must ascend');
});
