/** An audit of published tables: what disagrees within them, and what of the publication's conclusions they do not show. */
import {type AuditCell, readCells} from './cells.ts';
import {type ClaimResult, checkClaim} from './claims.ts';
import {checkDerived, checkStatistics} from './computed-checks.ts';
import type {Finding} from './finding.ts';
import {readRules, rulesPath} from './rules.ts';
import {checkDuplicates, checkMagnitudes, checkMissing, checkOutliers, checkUnits} from './table-checks.ts';

export interface AuditOptions {
  readonly files: readonly string[];
  /** The package's own by default. */
  readonly rules?: string | undefined;
  /** Median absolute deviations beyond which a repetition is an outlier. */
  readonly deviations: number;
}

export interface Audit {
  readonly files: readonly {readonly file: string; readonly cells: number}[];
  readonly findings: readonly Finding[];
  readonly claims: readonly ClaimResult[];
  /** Findings, those of claims among them. */
  readonly disagreements: number;
}

/** @throws InputError for a file or rules that cannot be read as such. */
export const audit = ({files, rules: rulesFile = rulesPath(), deviations}: AuditOptions): Audit => {
  const rules = readRules(rulesFile);
  const read = files.map((file) => ({file, cells: readCells(file, rules, rulesFile)}));
  const all: readonly AuditCell[] = read.flatMap(({cells}) => cells);
  const {findings: duplicates, cells} = checkDuplicates(all);
  const findings = [
    ...duplicates,
    ...checkMissing(cells),
    ...checkUnits(cells, rules),
    ...checkMagnitudes(cells, rules),
    ...checkStatistics(cells, rules),
    ...checkDerived(cells, rules),
    ...checkOutliers(cells, rules, deviations),
  ];
  const claims = rules.claims.map((claim) => checkClaim(cells, claim, rules));
  const disagreements = findings.length + claims.reduce((sum, claim) => sum + claim.findings.length, 0);
  return {files: read.map((one) => ({file: one.file, cells: one.cells.length})), findings, claims, disagreements};
};
