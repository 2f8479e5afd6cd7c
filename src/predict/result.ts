/** The shapes that predictions are handed on in: to the report, to `--json`, to users of the library. All plain data. */
import type {FigureUnit} from './figure-units.ts';

/** Ids of the systems under test, as in the published tables. */
export type SutId = string;

/** Relative, one standard deviation each. */
export interface Deviations {
  /** What the fit leaves open of its parameters. */
  readonly parameters: number;
  /** Over seeds of where frames lie. */
  readonly placement: number;
  /** What the model errs by on cells that a fit did not see. */
  readonly discrepancy: number;
}

/** One published or predicted number. */
export interface Cell {
  /** The paper's table, in Roman numerals: 'IV'. */
  readonly table: string;
  readonly benchmark: string;
  readonly hostCpus: number;
  /** Row of the table: 'run-1', '1.5M'. */
  readonly case: string;
  readonly sut: SutId;
  readonly unit: FigureUnit;
  readonly predicted: number;
  /** 95 % prediction interval. */
  readonly lower: number;
  readonly upper: number;
  readonly published: number | null;
  /** What the interval joins; null for a figure without one. */
  readonly deviations: Deviations | null;
  /** Did a fitted parameter see this cell's published value? */
  readonly fitted: boolean;
}

/** Mean absolute percentage error of a group of cells, beside two baselines that know nothing of mechanisms. */
export interface ErrorRow {
  readonly benchmark: string;
  readonly hostCpus: number;
  /** A SUT id, or 'guests' for all but `host`. */
  readonly sut: string;
  readonly cells: number;
  readonly fittedCells: number;
  readonly meanAbsolutePercentageError: number;
  /** (predicted − published) / published of the worst cell, in percent, signed. */
  readonly worstPercentageError: number;
  /** Baseline (a): the published host figure, no overhead. */
  readonly noOverhead: number;
  /** Baseline (b): the published host figure slowed as this SUT is on average on the other benchmarks that are rates (published); null if there are none. */
  readonly sameOverheadAsOthers: number | null;
}

/** What a stretch of guest work costs, item by item; the items sum to `totalCycles` exactly. */
export interface Attribution {
  readonly benchmark: string;
  readonly case: string;
  readonly hostCpus: number;
  readonly sut: SutId;
  /** What the cycles are counted per: 'iteration', 'line', 'int', 'element'. */
  readonly per: string;
  readonly totalCycles: number;
  readonly items: readonly AttributionItem[];
  /** totalCycles − Σ items: 0 but for rounding in the last place. */
  readonly unattributed: number;
}

export interface AttributionItem {
  /** 'guest' (what a native run would pay too), 'translation', 'hypervisor', 'host', 'refill'. */
  readonly group: string;
  readonly mechanism: string;
  readonly cycles: number;
}

/** A number that a prediction used. */
export interface ParameterRow {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly kind: 'measured' | 'cited' | 'fitted' | 'assumed';
  readonly source: string;
  readonly lower?: number;
  readonly upper?: number;
  readonly standardError?: number;
}

export interface Provenance {
  readonly trapwalk: string;
  readonly node: string;
  readonly command: string;
  readonly seeds: readonly number[];
  /** SHA-256 of every input file, by path relative to the package. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Seconds of wall time by phase. The only part of the result that differs between runs; left out with `--no-timings`. */
  readonly timings?: Readonly<Record<string, number>>;
}

/** Counts of one replay, by metric id; definitions in `METRICS` of the cost model. */
export type CountTable = Readonly<Record<string, number>>;

export interface WorkloadCounts {
  readonly benchmark: string;
  readonly case: string;
  readonly sut: SutId;
  readonly counts: CountTable;
}

/** Order claims of the paper checked on the predictions: 'xvisor ≥ xen on memcpy'. */
export interface OrderCheck {
  readonly claim: string;
  readonly holds: boolean;
  readonly evidence: string;
}

/** A vCPU of a recorded machine, whose figures are per unit of the whole guest's work. */
export interface RecordedMachine {
  readonly id: string;
  readonly title: string;
  readonly vcpu: number;
  readonly vcpus: number;
  readonly unit: string;
  readonly units: number;
  readonly instructions: number;
  readonly processSwitches: number;
  /** For which a hypervisor may take an exit. */
  readonly possibleExits: number;
  /** Distinct lines of 64 bytes that PL1 touches. */
  readonly kernelCodeLines: number;
  readonly kernelDataLines: number;
  readonly systems: readonly RecordedSystem[];
}

/** Without the cost of the trace's exits, and without a schedule of vCPUs. */
export interface RecordedSystem {
  readonly sut: SutId;
  readonly cycles: number;
  /** Cycles beyond the host's, as a share of those; null where the host is not among the systems. */
  readonly overHost: number | null;
  readonly walks: number;
  readonly stage1Reads: number;
  readonly stage2Reads: number;
}

/** What the fit behind the predictions says of itself: errors on cells that it saw and on cells that were left out. */
export interface FitSummary {
  readonly parameters: number;
  readonly cells: number;
  /** Of parameters that stand at one of their bounds. */
  readonly atBound: readonly string[];
  readonly inSample: Validation;
  readonly validations: readonly Validation[];
  readonly coverage: {readonly inSample: Covered; readonly leftOut: Covered};
}

/** Errors of one way to choose what is fitted. */
export interface Validation {
  readonly id: string;
  readonly title: string;
  readonly errors: readonly ErrorRow[];
  /** Pairs of systems that the runs tell apart (by 3 standard deviations), and those predicted in their order. */
  readonly orders: {readonly pairs: number; readonly inOrder: number};
}

export interface Covered {
  readonly cells: number;
  readonly inside: number;
}

export interface Reproduction {
  readonly schemaVersion: 1;
  readonly cells: readonly Cell[];
  readonly errors: readonly ErrorRow[];
  readonly baselines: {readonly noOverhead: string; readonly sameOverheadAsOthers: string};
  readonly orders: readonly OrderCheck[];
  readonly attributions: readonly Attribution[];
  readonly counts: readonly WorkloadCounts[];
  readonly recordings: readonly RecordedMachine[];
  readonly fit: FitSummary;
  readonly parameters: readonly ParameterRow[];
  readonly provenance: Provenance;
}
