/** What a publication concludes, tested on every case of its tables. */
import type {AuditCell} from './cells.ts';
import {isStatistic} from './computed-checks.ts';
import {type Finding, finding, groupedBy, key} from './finding.ts';
import type {Claim, Rules} from './rules.ts';

export interface ClaimResult {
  readonly id: string;
  readonly says: string;
  /** Cases with the claimed system and another one; none where the files have no such table. */
  readonly cases: number;
  /** On which it is better than all others. */
  readonly holds: number;
  /** On which the printed digits do not tell it from the best. */
  readonly ties: number;
  readonly findings: readonly Finding[];
}

const summed = (cells: readonly AuditCell[]): readonly AuditCell[] =>
  groupedBy(cells, ({sut, unit, benchmark, hostCpus}) => key(sut, unit, benchmark, hostCpus)).map((own) => ({
    ...(own[0] as AuditCell),
    case: 'all cases',
    value: own.reduce((sum, {value}) => sum + value, 0),
    text: own.map(({text}) => text).join(' + '),
    halfDigit: own.reduce((sum, {halfDigit}) => sum + halfDigit, 0),
  }));

const EPSILON = 1e-9;

type Verdict = 'holds' | 'tie' | Finding;

const verdictOf = (row: readonly AuditCell[], claim: Claim, isHigherBetter: boolean): Verdict => {
  const claimed = row.find(({sut}) => sut === claim.best) as AuditCell;
  const others = row.filter(({sut}) => sut !== claim.best);
  const best = others.reduce((a, b) => (b.value > a.value === isHigherBetter ? b : a));
  const ahead = isHigherBetter ? claimed.value - best.value : best.value - claimed.value;
  // Floating point makes 9.0 less 8.9 less than a tenth.
  if (Math.abs(ahead) < (claimed.halfDigit + best.halfDigit) * (1 - EPSILON)) return 'tie';
  if (ahead > 0) return 'holds';
  const percent = ((Math.abs(ahead) / best.value) * 100).toFixed(2);
  const message = `${claim.id}: ${best.sut} is better, ${best.text} against ${claimed.text} ${claimed.unit} (${percent} %)`;
  return finding('claim', claimed, message, best.value);
};

export const checkClaim = (cells: readonly AuditCell[], claim: Claim, rules: Rules): ClaimResult => {
  const isMeasured = (cell: AuditCell): boolean => {
    const rule = rules.units.find(({unit}) => unit === cell.unit);
    return rule !== undefined && rule.from === undefined && rule.lossOf === undefined && !isStatistic(cell, rules);
  };
  const own = cells.filter(
    (c) => claim.benchmarks.includes(c.benchmark) && claim.among.includes(c.sut) && isMeasured(c),
  );
  const compared = claim.sumOfCases ? summed(own) : own;
  // Sums of parts stand in a table per system.
  const tableOf = ({table}: AuditCell): string => (claim.sumOfCases ? '' : table);
  const verdicts = groupedBy(compared, (c) => key(tableOf(c), c.benchmark, c.hostCpus, c.case, c.unit))
    .filter((row) => row.length > 1 && row.some(({sut}) => sut === claim.best))
    .map((row) => verdictOf(row, claim, rules.units.find(({unit}) => unit === row[0]?.unit)?.better === 'higher'));
  return {
    ...{id: claim.id, says: claim.says, cases: verdicts.length},
    holds: verdicts.filter((verdict) => verdict === 'holds').length,
    ties: verdicts.filter((verdict) => verdict === 'tie').length,
    findings: verdicts.flatMap((verdict) => (typeof verdict === 'string' ? [] : [verdict])),
  };
};
