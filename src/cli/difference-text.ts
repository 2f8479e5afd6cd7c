/** What `diff` prints: the time of two systems, and what the one takes more or less for than the other. */
import type {TimeDifference} from '../predict/time-difference.ts';
import {formatNumber, formatShare} from '../report/format.ts';
import {type Row, textTable} from './text-table.ts';

const signed = (value: number): string => (value > 0 ? `+${formatNumber(value)}` : formatNumber(value));

/** Sums of floating-point numbers differ in their last places. */
const ROUNDING = 1e-12;

/** @param whole what the numbers are of. */
export const differenceText = (difference: TimeDifference, whole: string): string => {
  const {suts, first, second, rows, unattributed} = difference;
  const [a, b] = suts;
  const total = difference.difference;
  const row = (group: string, mechanism: string, ofA: number, ofB: number, more: number): Row => [
    ...[group, mechanism, formatNumber(ofA), formatNumber(ofB), signed(more)],
    total === 0 ? '–' : formatShare(more, total),
  ];
  const rest = Math.abs(unattributed) <= ROUNDING * Math.max(first, second) ? 0 : unattributed;
  return [
    `${whole}: ${b} beside ${a}, largest difference first`,
    textTable(
      ['', '', a, b, `${b} − ${a}`, 'of the difference'],
      [
        row('all', '', first, second, total),
        ...rows.map((one) => row(one.group, one.mechanism, one.first, one.second, one.difference)),
        ['unattributed', '', '', '', signed(rest), total === 0 ? '–' : formatShare(rest, total)],
      ],
      {words: 2},
    ),
  ].join('\n');
};
