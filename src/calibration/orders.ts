/** Which of two systems is faster, where the measurements tell them apart. */
import type {FitFile} from '../predict/fit-file.ts';
import type {Cell} from '../predict/result.ts';
import {type FitModel, unitsPerCase} from './model.ts';
import {runDeviation} from './observations.ts';

/** In standard deviations of the runs. */
const TOLD_APART = 3;

/**
 * Of all pairs of systems on the same case whose measured values differ by more than {@link TOLD_APART} deviations, how many
 * come in the same order.
 */
export const pairOrders = (
  {cells: measured, scheduled}: FitModel,
  cells: readonly (Cell & {readonly published: number})[],
): FitFile['validations'][number]['orders'] => {
  const units = unitsPerCase(scheduled);
  const noise = new Map<string, number>();
  const noiseOf = ({benchmark, sut}: Cell): number => {
    const key = `${benchmark}/${sut}`;
    const known = noise.get(key) ?? runDeviation(measured, benchmark, sut, (name) => units(benchmark, name));
    noise.set(key, known);
    return known;
  };
  let pairs = 0;
  let inOrder = 0;
  const byCase = new Map<string, (Cell & {readonly published: number})[]>();
  for (const cell of cells) {
    const key = `${cell.benchmark}/${cell.case}`;
    byCase.set(key, [...(byCase.get(key) ?? []), cell]);
  }
  for (const group of byCase.values())
    for (const [i, a] of group.entries())
      for (const b of group.slice(i + 1)) {
        const deviation = Math.max(noiseOf(a) * a.published, noiseOf(b) * b.published);
        if (Math.abs(a.published - b.published) <= TOLD_APART * deviation) continue;
        pairs++;
        if (Math.sign(a.published - b.published) === Math.sign(a.predicted - b.predicted)) inOrder++;
      }
  return {pairs, inOrder};
};
