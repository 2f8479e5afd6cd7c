/** The stored ranking, and the counts that it came from. */
import {expect, test} from 'vitest';
import {alternativeCountsPath, product, readAlternativeCounts} from '../../src/calibration/alternatives.ts';
import {readRanking} from '../../src/calibration/hypotheses.ts';
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
