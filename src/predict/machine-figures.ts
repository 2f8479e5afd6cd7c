/** Of a machine's trace, by unit of the guest's work: what the vCPU did, its kernel's footprint, and page-table walks by system. */
import {PageSizes} from '../costmodel/page-sizes.ts';
import {InputError} from '../files/errors.ts';
import type {Calibration} from './calibration.ts';
import {FootprintTally, type KernelFootprint} from './kernel-footprint.ts';
import {countOfKind, type MachineSummary, MachineTally, possibleExits} from './machine-tally.ts';
import type {System} from './measure.ts';
import type {ReplayReport} from './replay-report.ts';
import {openRequest, type TraceRequest} from './trace-request.ts';

/** Bytes that a `first-touch` event is about. */
const TOUCHED_PAGE = 4096;

export interface UnitsOfWork {
  readonly count: number;
  /** One of them, in words. */
  readonly name: string;
}

/** Descriptor reads of one stage, by where they were served. */
export interface WalkReads {
  readonly l1d: number;
  readonly l2: number;
  readonly dram: number;
}

/** Of the measured part. */
export interface SystemFigures {
  readonly sut: string;
  readonly walks: number;
  readonly stage1Reads: WalkReads;
  readonly stage2Reads: WalkReads;
  /**
   * Exits for the first access to a page of 4 KiB of guest RAM; 0 where that is backed before the guest runs, null where it is
   * backed in larger pieces, of which a trace does not say which were touched before it began.
   */
  readonly firstTouchFaults: number | null;
}

export interface MachineFigures extends MachineSummary {
  readonly vcpu: number;
  /** Events that a hypervisor may take an exit for. */
  readonly possibleExits: number;
  /** Null without units. */
  readonly footprint: KernelFootprint | null;
  readonly units: UnitsOfWork | null;
  readonly systems: readonly SystemFigures[];
}

const readsOf = ({counts}: ReplayReport, stage: 'stage1' | 'stage2'): WalkReads => {
  const of = (metric: string): number => counts[metric] as number;
  const [missed, far] = [of(`l1d.misses.${stage}`), of(`l2.misses.${stage}`)];
  return {l1d: of(`l1d.accesses.${stage}`) - missed, l2: missed - far, dram: far};
};

const faultsOf = (c: Calibration, {sut, policy}: System, firstTouches: number): number | null => {
  const stage2 = (policy ?? c.hypervisors[sut])?.stage2;
  if (!stage2?.onDemand) return 0;
  return new PageSizes(stage2).largest === TOUCHED_PAGE ? firstTouches : null;
};

/** Goes through the trace once more. @throws InputError when there are more units than instructions. */
const tally = (request: TraceRequest, unitInstructions: number | undefined) => {
  const trace = openRequest(request, undefined);
  try {
    const events = new MachineTally();
    const footprint = unitInstructions === undefined ? undefined : new FootprintTally(trace.blocks, unitInstructions);
    for (const chunk of trace.chunks) {
      events.consume(chunk);
      footprint?.consume(chunk);
    }
    return {summary: events.result, footprint: footprint?.result ?? null};
  } finally {
    trace.close();
  }
};

export interface FiguresRequest {
  readonly request: Extract<TraceRequest, {readonly kind: 'trace'}>;
  readonly calibration: Calibration;
  readonly systems: readonly System[];
  /** Of those systems. */
  readonly reports: readonly ReplayReport[];
  readonly units: UnitsOfWork | undefined;
}

/** @throws InputError for units of less than an instruction; as opening the trace does. */
export const machineFigures = ({request, calibration, systems, reports, units}: FiguresRequest): MachineFigures => {
  const instructions = reports[0]?.counts.instructions ?? 0;
  const perUnit = units && instructions / units.count;
  if (units && perUnit! < 1)
    throw new InputError(`${units.count} units are more than the ${instructions} instructions measured`, {
      remedy: 'give --units as many as the guest did',
    });
  const {summary, footprint} = tally(request, perUnit);
  const firstTouches = countOfKind(summary, 'first-touch');
  return {
    ...summary,
    vcpu: request.vcpu ?? 0,
    possibleExits: possibleExits(summary),
    footprint,
    units: units ?? null,
    systems: reports.map((report, index) => ({
      sut: report.sut,
      walks: report.counts['tlb.mainMisses'] as number,
      stage1Reads: readsOf(report, 'stage1'),
      stage2Reads: readsOf(report, 'stage2'),
      firstTouchFaults: faultsOf(calibration, systems[index] as System, firstTouches),
    })),
  };
};
