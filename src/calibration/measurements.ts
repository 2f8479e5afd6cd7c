/** What one more measurement on a board would be worth: how far it would narrow what the parameters leave open. */
import {pathCycles} from '../costmodel/prices.ts';
import {resolveActivities} from '../hypervisors/load.ts';
import {cyclesPerInstruction, withValues} from '../predict/calibration.ts';
import type {FitFile} from '../predict/fit-file.ts';
import {quadraticForm} from '../statistics.ts';
import type {Prediction} from './linear-model.ts';
import type {FitModel} from './model.ts';
import {logarithmSlopes} from './observations.ts';

interface Candidate {
  readonly what: string;
  /** Of its logarithm, by parameter. */
  readonly slopes: readonly number[];
}

/** Relative, one standard deviation: what a cycle counter and a loop reach. */
const ACCURACY = 0.03;
/** Of a parameter's range, for a difference. */
const STEP = 1e-3;

const candidatesOf = ({calibration, parameters}: FitModel, values: readonly number[]): Candidate[] => {
  const at = (changed: readonly number[]) =>
    withValues(calibration, Object.fromEntries(parameters.map(({id}, i) => [id, changed[i]!])));
  const measured = (c: ReturnType<typeof at>): Map<string, number> => {
    const perInstruction = cyclesPerInstruction(c);
    const paths = Object.values(c.hypervisors).flatMap((hypervisor) =>
      resolveActivities(hypervisor, c.kernel).flatMap((activity) => activity.paths),
    );
    return new Map([
      ...paths.map(({name, build, path}): [string, number] => [
        `cycles of ${name.includes(':') ? name : `${build.id}'s path ${name}`}, warm`,
        pathCycles(path, perInstruction[build.id]!, c.prices),
      ]),
      ...parameters.flatMap(({id}): [string, number][] => (id.endsWith('.rate') ? [[id, c.values[id]!]] : [])),
      ['cycles of one access to the GIC', c.prices.device],
    ]);
  };
  const base = measured(at(values));
  const moved = parameters.map(({lower, upper}, i) =>
    measured(at(values.map((v, k) => (k === i ? v + (upper - lower) * STEP : v)))),
  );
  return [...base]
    .filter(([, value]) => value > 0)
    .map(([what, value]) => ({
      what,
      slopes: parameters.map(({lower, upper}, i) => Math.log(moved[i]!.get(what)! / value) / ((upper - lower) * STEP)),
    }));
};

/**
 * For each candidate, best first: the mean over cells to predict of how much narrower the parameters' standard deviation gets.
 * @param wanted what is to be predicted
 */
export const measurementsWorth = (
  model: FitModel,
  values: readonly number[],
  covariance: readonly (readonly number[])[],
  wanted: readonly Prediction[],
): FitFile['measurements'] => {
  const slopes = wanted.map((prediction) => logarithmSlopes({prediction, index: 0}, values));
  return candidatesOf(model, values)
    .map(({what, slopes: own}) => {
      const variance = quadraticForm(covariance, own) + ACCURACY ** 2;
      const reductions = slopes.map((row) => {
        const before = quadraticForm(covariance, row);
        const shared = quadraticForm(covariance, row, own);
        return before === 0 ? 0 : 1 - Math.sqrt(Math.max(1 - shared ** 2 / variance / before, 0));
      });
      const best = reductions.reduce((a, r, i) => (r > reductions[a]! ? i : a), 0);
      return {
        what,
        accuracyPercent: ACCURACY * 100,
        reductionPercent: (reductions.reduce((sum, r) => sum + r, 0) / reductions.length) * 100,
        most: `${wanted[best]!.benchmark} on ${wanted[best]!.sut}, by ${(reductions[best]! * 100).toFixed(0)} %`,
      };
    })
    .toSorted((a, b) => b.reductionPercent - a.reductionPercent);
};
