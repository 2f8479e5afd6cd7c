/** A ranking of discrete unknowns as text. */
import {type Ranking, RESOLUTION} from '../calibration/hypotheses.ts';
import {textTable} from './text-table.ts';

/** Combinations that are shown. */
const SHOWN = 5;

export const rankingText = ({combinations, alternatives, unseen, defaultRank, tried}: Ranking): string => {
  const benchmarks = Object.keys(combinations[0]?.leftOutPercent ?? {});
  return [
    `${tried} combinations, by their error on guest cells that were left out, as a share of what guests lose (mean over benchmarks). The defaults are number ${defaultRank}; scores within ${RESOLUTION} of each other are not told apart.`,
    textTable(
      ['rank', 'score', ...benchmarks, 'choices'],
      combinations
        .slice(0, SHOWN)
        .map(({choices, score, leftOutPercent}, i) => [
          String(i + 1),
          score.toFixed(4),
          ...benchmarks.map((id) => `${leftOutPercent[id]!.toFixed(2)} %`),
          Object.values(choices).join(' '),
        ]),
      {lastIsWords: true},
    ),
    'What each alternative can do at best:',
    textTable(
      ['unknown', 'alternative', 'default', 'best score', 'its rank'],
      alternatives.map(({unknown, alternative, isDefault, bestScore, rank}) => [
        unknown,
        alternative,
        isDefault ? 'yes' : 'no',
        bestScore.toFixed(4),
        String(rank),
      ]),
      {words: 3},
    ),
    `What one host CPU cannot tell: ${unseen.join(', ')}.`,
  ].join('\n\n');
};
