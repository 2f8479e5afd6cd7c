/** The stored ranking, and the counts that it came from. */
import {describe, expect, test} from 'vitest';
import {
  alternativeCountsPath,
  countAlternatives,
  product,
  readAlternativeCounts,
  withOtherBuilds,
} from '../../src/calibration/alternatives.ts';
import {SEEDS} from '../../src/calibration/collect.ts';
import {readRanking, thinned} from '../../src/calibration/hypotheses.ts';
import {readTargets} from '../../src/calibration/run.ts';
import {publishedPath} from '../../src/predict/benchmarks.ts';
import {DEFAULT_MACHINE, loadCalibration} from '../../src/predict/calibration.ts';
import {readHypotheses} from '../../src/predict/hypotheses.ts';

const ranking = readRanking();

test('is of the stored counts, and of every combination that one host CPU can tell', () => {
  expect(ranking.fingerprint).toBe(readAlternativeCounts(alternativeCountsPath())!.fingerprint);
  const seen = readHypotheses().filter(({id}) => !ranking.unseen.includes(id));
  expect(ranking.tried).toBe(product(seen).length);
});

test('is best first; each alternative stands at the best combination that has it', () => {
  const scores = ranking.combinations.map(({score}) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  for (const {unknown, alternative, bestScore, rank} of ranking.alternatives) {
    const shown = ranking.combinations[rank - 1];
    if (shown === undefined) continue;
    expect(shown.choices[unknown]).toBe(alternative);
    expect(shown.score).toBe(bestScore);
  }
});

const priors = loadCalibration({priorsOnly: true});

test('rates of the builds that are not in use are those of the one that is', () => {
  expect(withOtherBuilds(priors, {'xen-release.dom0.rate': 40, 'primitives.device': 70})).toEqual({
    'xen-release.dom0.rate': 40,
    'xen-debug.dom0.rate': 40,
    'primitives.device': 70,
  });
});

describe('counting goes on where it was interrupted', () => {
  const targets = readTargets(publishedPath(), Object.keys(priors.hypervisors));
  const suts = Object.keys(priors.hypervisors);
  const of = {hypotheses: readHypotheses(), priors, benchmarks: targets.benchmarks.map(thinned), suts};
  const known = readAlternativeCounts(alternativeCountsPath())!;
  const head = {command: known.command, fingerprint: known.fingerprint, at: known.at};
  const count = async (some: typeof known, signal?: AbortSignal) => {
    const said: string[] = [];
    const kept: unknown[] = [];
    const collection = {machine: DEFAULT_MACHINE, ...targets, suts, seeds: SEEDS, pool: {...(signal && {signal})}};
    const keep = (counts: unknown): unknown => kept.push(counts);
    const counting = countAlternatives(of, collection, head, some, keep, (line) => said.push(line));
    const made = await counting.catch((error: Error) => error);
    return {made, said, kept};
  };

  test('what is whole takes no replay', async () => {
    expect(await count(known)).toEqual({made: known, said: [], kept: []});
  });

  test('what lacks a run asks for that one alone', async () => {
    const {made, said} = await count({...known, runs: known.runs.slice(1)}, AbortSignal.abort());
    expect(made).toBeInstanceOf(Error);
    expect(said).toEqual([`replaying alternatives, ${known.runs.length - 1} of ${known.runs.length} done`]);
  });
});
