/** The calibration that a prediction uses: the data files, with the fitted values of `calibration/fit.json` laid over. */
import {
  type Machine,
  type MachineFile,
  machineFrom,
  machineParameters,
  readMachine,
  requireMachine,
} from '../costmodel/machine.ts';
import {type Prices, type PrimitivesFile, pricesFrom, readPrimitives} from '../costmodel/prices.ts';
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {hypervisorIds, hypervisorParameters, parameterPrefix, readHypervisor, readKernel} from '../hypervisors/load.ts';
import type {HypervisorFile, KernelFile} from '../hypervisors/schema.ts';
import {listParameters, type NamedParameter} from '../parameters/parameter.ts';
import {hertz} from '../units.ts';
import {readBenchmarks} from './benchmarks.ts';
import {type FitFile, fitPath, readFit} from './fit-file.ts';
import type {ParameterRow} from './result.ts';
import {readScheduledBenchmarks, type ScheduledBenchmark} from './scheduled-benchmarks.ts';

/** Everything that turns counts into time, with the origin of every number. */
export interface Calibration {
  readonly machineFile: MachineFile;
  readonly machine: Machine;
  readonly prices: Prices;
  readonly primitives: PrimitivesFile;
  readonly kernel: KernelFile;
  readonly hypervisors: Readonly<Record<string, HypervisorFile>>;
  readonly fit: FitFile | undefined;
  readonly values: Readonly<Record<string, number>>;
}

/** Frames scattered in host memory err for reasons of their own, so they are kept apart. */
export const discrepancyKey = (benchmark: string, policy: string): string => `${benchmark}/${policy}`;

export const PIPELINE_SCALE = 'pipelineScale';
export const WORK_SCALE = 'workScale';

/** Replaces the values of parameters whose id is in `values`; all else stays as it is. */
const overlay = <T>(prefix: string, node: T, values: Readonly<Record<string, number>>): T => {
  if (typeof node !== 'object' || node === null) return node;
  if (prefix in values && 'value' in node) return {...node, value: values[prefix]} as T;
  if (Array.isArray(node)) return node.map((child, i) => overlay(`${prefix}.${i}`, child, values)) as T;
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, overlay(`${prefix}.${key}`, child, values)]),
  ) as T;
};

const overlayHypervisor = (h: HypervisorFile, values: Readonly<Record<string, number>>): HypervisorFile => {
  const prefix = parameterPrefix(h);
  const build = h.builds[h.build];
  return {
    ...h,
    scheduler: overlay(`${h.id}.scheduler`, h.scheduler, values),
    placement: overlay(`${h.id}.placement`, h.placement, values),
    stage1: overlay(`${h.id}.stage1`, h.stage1, values),
    activities: h.activities.map((a) => ({...a, rate: overlay(`${prefix}.${a.id}.rate`, a.rate, values)})),
    builds: build
      ? {
          ...h.builds,
          [h.build]: {
            ...build,
            cyclesPerInstruction: overlay(`${prefix}.cyclesPerInstruction`, build.cyclesPerInstruction, values),
          },
        }
      : h.builds,
  };
};

export interface CalibrationOptions {
  readonly machine?: string;
  /** Laid over the fitted values: a trial of the fit, a what-if, or a user's `--set`. */
  readonly values?: Readonly<Record<string, number>>;
  /** File of the fit; `calibration/fit.json` if none is named. */
  readonly fit?: string;
  /** Leave the fit out: the priors alone. */
  readonly priorsOnly?: boolean;
}

export const loadCalibration = (options: CalibrationOptions = {}): Calibration => {
  const fit = options.priorsOnly ? undefined : readFit(options.fit);
  const files = loadFiles(options.machine ?? DEFAULT_MACHINE, fit);
  const own = (fit?.parameters ?? []).filter(({id}) => !isOfFittedMachine(id, files));
  const fitted = Object.fromEntries(own.map((p) => [p.id, p.value]));
  const known = knownIds(withValues(files, {}));
  for (const id of Object.keys(fitted)) {
    if (!known.has(id))
      throw new InputError(`'${id}' is fitted but no file has it`, {
        file: options.fit ?? fitPath(),
        remedy: 'run `trapwalk calibrate` for the builds in use',
      });
  }
  for (const [id, value] of Object.entries(options.values ?? {})) {
    if (!(value >= 0)) throw new InputError(`'${id}' cannot be ${value}`, {remedy: 'give a number of at least 0'});
    if (known.has(id)) continue;
    const close = nearest(id, [...known]);
    throw new InputError(`no parameter '${id}'`, {
      remedy: `${close ? `did you mean '${close}'? ` : ''}\`trapwalk parameters\` lists all`,
    });
  }
  return withValues(files, {...fitted, ...options.values});
};

export const DEFAULT_MACHINE = 'cubieboard2';

const knownIds = (c: Calibration): Set<string> =>
  new Set([
    ...parameterRows(c).map((p) => p.id),
    ...readBenchmarks().map((b) => `${PIPELINE_SCALE}.${b.id}`),
    ...readScheduledBenchmarks().map(({id}) => `${WORK_SCALE}.${id}`),
  ]);

type Files = Omit<Calibration, 'machine' | 'prices' | 'values'>;

const loadFiles = (machine: string, fit: FitFile | undefined): Files => {
  const machineFile = readMachine(requireMachine(machine));
  return {
    machineFile,
    primitives: readPrimitives(machineFile.core.model),
    kernel: readKernel(),
    hypervisors: Object.fromEntries(hypervisorIds().map((id) => [id, readHypervisor(id)])),
    fit,
  };
};

/** What a fit says of its board, or of that board's core, holds for no other. */
const isOfFittedMachine = (id: string, {machineFile, fit}: Files): boolean => {
  if (fit === undefined || machineFile.id === fit.machine) return false;
  return id.startsWith(`${fit.machine}.`) || (id.startsWith('primitives.') && machineFile.core.model !== fit.core);
};

/** The same calibration with other values. */
export const withValues = (files: Files, values: Readonly<Record<string, number>>): Calibration => {
  const machineFile = overlay(files.machineFile.id, files.machineFile, values);
  const primitives = overlay('primitives', files.primitives, values);
  const kernelPrefix = `${files.kernel.build.id}.cyclesPerInstruction`;
  const kernel = {
    ...files.kernel,
    build: {
      ...files.kernel.build,
      cyclesPerInstruction: overlay(kernelPrefix, files.kernel.build.cyclesPerInstruction, values),
    },
  };
  const machine = machineFrom(machineFile);
  return {
    machineFile,
    machine,
    primitives,
    prices: pricesFrom(primitives, hertz(machine.clockHz)),
    kernel,
    hypervisors: Object.fromEntries(
      Object.entries(files.hypervisors).map(([id, h]) => [id, overlayHypervisor(h, values)]),
    ),
    fit: files.fit,
    values,
  };
};

/** Cycles per instruction by build id. */
export const cyclesPerInstruction = (c: Calibration): Record<string, number> => {
  const builds = [c.kernel.build, ...Object.values(c.hypervisors).flatMap((h) => h.builds[h.build] ?? [])];
  return Object.fromEntries(builds.map((build) => [build.id, build.cyclesPerInstruction.value]));
};

/** What the original binary takes beyond ours, as a factor on the pipeline's cycles; 1 until the host cells say more. */
export const pipelineScale = (c: Calibration, benchmark: string): number =>
  c.values[`${PIPELINE_SCALE}.${benchmark}`] ?? 1;

/** What a unit of the original's work takes of one of the recordings'. */
export const workScale = (c: Calibration, {id, workScale: prior}: ScheduledBenchmark): number =>
  c.values[`${WORK_SCALE}.${id}`] ?? prior.value;

/** Every number in use, once, with its origin. */
export const parameterRows = (c: Calibration): ParameterRow[] => {
  const named: NamedParameter[] = [
    ...machineParameters(c.machineFile),
    ...listParameters('primitives', c.primitives),
    ...listParameters(`${c.kernel.build.id}.cyclesPerInstruction`, c.kernel.build.cyclesPerInstruction),
    ...Object.values(c.hypervisors).flatMap((h) => hypervisorParameters(h)),
  ];
  const unique = new Map(named.map((p) => [p.id, p]));
  const scales = Object.keys(c.values).filter(
    (id) => id.startsWith(`${PIPELINE_SCALE}.`) || id.startsWith(`${WORK_SCALE}.`),
  );
  return [...[...unique.values()].map((p) => rowOf(p, c)), ...scales.map((id) => rowOf(scaleParameter(id, c), c))];
};

const scaleParameter = (id: string, c: Calibration): NamedParameter => ({
  id,
  value: c.values[id] as number,
  unit: 'ratio',
  kind: 'assumed',
  source: "the paper's binary against ours",
});

/** Where the value in use comes from: the fit, a hand (an option), or the file. */
const rowOf = (p: NamedParameter, c: Calibration): ParameterRow => {
  const {id, value, unit, lower, upper} = p;
  const row = {id, value, unit, ...(lower === undefined ? {} : {lower}), ...(upper === undefined ? {} : {upper})};
  const fit = c.fit?.parameters.find((fitted) => fitted.id === id);
  if (fit && fit.value === value) {
    const source = `${p.source}; fitted on ${fit.fittedOn} from ${fit.prior}`;
    const error = fit.standardError === null ? {} : {standardError: fit.standardError};
    return {...row, kind: 'fitted', source, lower: fit.lower, upper: fit.upper, ...error};
  }
  if (id in c.values) return {...row, kind: 'assumed', source: 'set by hand'};
  return {...row, kind: p.kind, source: p.source};
};
