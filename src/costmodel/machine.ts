/** A machine as data: the schema of `calibration/machines/*.yaml`, and the plain numbers that replay computes with. */
import {existsSync, readdirSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {z} from 'zod';
import {InputError} from '../files/errors.ts';
import {type FileKind, readExtending} from '../files/extends.ts';
import {packagePath} from '../files/paths.ts';
import {listParameters, type NamedParameter, PARAMETER_KINDS, parameter, toggle} from '../parameters/parameter.ts';
import {INSTRUCTION_CLASSES, type InstructionClass} from '../trace/instruction-class.ts';
import {cycles, hertz, nanoseconds, toCycles} from '../units.ts';
import {isForPathsAlone} from './path-machine.ts';

const issueClass = z.strictObject({
  pairing: z.enum(['either', 'first', 'younger', 'alone']),
  issue: z.number().min(0),
  latency: z.number().min(0),
  perTransfer: z.number().min(0).default(0),
  unit: z.enum(['none', 'multiply', 'divide']).default('none'),
  busy: z.number().min(0).default(0),
});
const cache = z.strictObject({size: parameter('B'), ways: parameter('ways'), line: parameter('B')});

const sections = {
  core: z.strictObject({
    /** Names the prices of paths' primitives: `calibration/primitives/*.yaml`. */
    model: z.string(),
    clock: parameter('MHz'),
    mispredict: parameter('cycles'),
    takenBranch: parameter('cycles'),
    counterEntries: parameter('entries'),
    historyBits: parameter('bits'),
    classes: z.strictObject({
      source: z.string(),
      kind: z.enum(PARAMETER_KINDS),
      unit: z.literal('cycles'),
      table: z.strictObject(
        Object.fromEntries(INSTRUCTION_CLASSES.map((name) => [name, issueClass])) as Record<
          InstructionClass,
          typeof issueClass
        >,
      ),
    }),
    earlyOperand: parameter('cycles'),
  }),
  translation: z.strictObject({
    microTlbEntries: parameter('entries'),
    microTlbMiss: parameter('cycles'),
    mainTlbSets: parameter('sets'),
    mainTlbWays: parameter('ways'),
    walkCacheSets: parameter('sets'),
    walkCacheWays: parameter('ways'),
    ipaCacheSets: parameter('sets'),
    ipaCacheWays: parameter('ways'),
    walkStart: parameter('cycles'),
    walkRead: parameter('cycles'),
    walkCachePhysical: toggle(),
  }),
  caches: z.strictObject({
    l1i: cache,
    l1d: cache,
    l2: cache,
    l2Hit: parameter('cycles'),
    l2Line: parameter('cycles'),
    l2FillsOnMiss: toggle(),
    l2KeepsOnHit: toggle(),
    linefills: parameter('entries'),
    demandMisses: parameter('entries'),
    storeLinefills: parameter('entries'),
    storeBuffer: parameter('entries'),
    mergeBytes: parameter('B'),
    ascendingBytes: parameter('B'),
    readAllocateEntry: parameter('lines'),
    readAllocateEntryL2: parameter('lines'),
    postedWrites: parameter('lines'),
  }),
  prefetcher: z.strictObject({
    trigger: parameter('misses'),
    maximumStride: parameter('lines'),
    depth: parameter('lines'),
    page: parameter('B'),
  }),
  dram: z.strictObject({
    clock: parameter('MHz'),
    banks: parameter('banks'),
    row: parameter('B'),
    tCL: parameter('clocks'),
    tRCD: parameter('clocks'),
    tRP: parameter('clocks'),
    tRFC: parameter('ns'),
    tREFI: parameter('ns'),
    uncore: parameter('ns'),
    transfer: parameter('clocks'),
    turnaround: parameter('clocks'),
    otherMasters: parameter('MB/s'),
  }),
  memory: z.strictObject({
    base: parameter('B'),
    size: parameter('B'),
    guestBase: parameter('B'),
    guestSize: parameter('B'),
  }),
};
const machineFile = z.strictObject({id: z.string(), title: z.string(), ...sections});
/** A board that differs from another in some numbers: `extends: cubieboard2`, and the parameters that are not the same. */
const overlayFile = z.strictObject({
  id: z.string(),
  title: z.string(),
  extends: z.string(),
  core: sections.core.partial().optional(),
  translation: sections.translation.partial().optional(),
  caches: sections.caches.partial().optional(),
  prefetcher: sections.prefetcher.partial().optional(),
  dram: sections.dram.partial().optional(),
  memory: sections.memory.partial().optional(),
});
const SECTIONS = Object.keys(sections) as (keyof typeof sections)[];
export type MachineFile = z.infer<typeof machineFile>;
export type IssueClass = z.infer<typeof issueClass>;

export interface CacheGeometry {
  readonly sets: number;
  readonly ways: number;
  /** log₂ of the line size in bytes. */
  readonly lineBits: number;
}

/** All times in CPU cycles unless named otherwise. */
export interface Machine {
  readonly id: string;
  readonly clockHz: number;
  readonly classes: Readonly<Record<InstructionClass, IssueClass>>;
  readonly earlyOperand: number;
  readonly mispredict: number;
  readonly takenBranch: number;
  readonly counterEntries: number;
  readonly historyBits: number;
  readonly microTlbEntries: number;
  readonly microTlbMiss: number;
  readonly mainTlb: TlbGeometry;
  readonly walkCache: TlbGeometry;
  readonly ipaCache: TlbGeometry;
  readonly walkStart: number;
  readonly walkRead: number;
  /** Does the walk cache hold tables' physical addresses, so that a hit needs no stage 2 for the table? */
  readonly walkCachePhysical: boolean;
  readonly l1i: CacheGeometry;
  readonly l1d: CacheGeometry;
  readonly l2: CacheGeometry;
  readonly l2Hit: number;
  /** For which one line keeps L2 from handing over another. */
  readonly l2Line: number;
  /** Does a line that L1D reads from DRAM go into L2 as well? */
  readonly l2FillsOnMiss: boolean;
  /** Does L2 keep a line that L1D takes? */
  readonly l2KeepsOnHit: boolean;
  readonly linefills: number;
  /** Misses of loads and PLDs that may be under way at once. */
  readonly demandMisses: number;
  readonly storeLinefills: number;
  /** Pieces of `mergeBytes` that stores may leave while their line is on its way. */
  readonly storeBuffer: number;
  readonly mergeBytes: number;
  /** Within so many bytes pieces must be written upwards for a line to stream. */
  readonly ascendingBytes: number;
  readonly readAllocateEntry: number;
  readonly readAllocateEntryL2: number;
  readonly postedWrites: number;
  readonly prefetchTrigger: number;
  readonly prefetchStride: number;
  readonly prefetchDepth: number;
  readonly prefetchPageLines: number;
  readonly dram: DramTimings;
  readonly memoryBase: number;
  readonly memorySize: number;
  /** RAM of a guest, in its own (intermediate) physical addresses. */
  readonly guestBase: number;
  readonly guestSize: number;
}

export interface TlbGeometry {
  readonly sets: number;
  readonly ways: number;
}

/** DRAM and interconnect, in CPU cycles: fractions of a cycle are kept where DRAM or bus clocks make them. */
export interface DramTimings {
  readonly banks: number;
  readonly rowLines: number;
  readonly cas: number;
  readonly activate: number;
  readonly precharge: number;
  readonly refreshTime: number;
  readonly refreshInterval: number;
  /** From the core to the controller and back, whatever the row. */
  readonly uncore: number;
  /** For which one line holds the channel. */
  readonly transfer: number;
  readonly turnaround: number;
  /** Between two lines that other masters read; Infinity for none. */
  readonly otherInterval: number;
}

/** Line numbers are signed 32-bit words in the caches' tags. */
const MAX_LINES = 2 ** 31;

const geometry = (c: MachineFile['caches']['l1d']): CacheGeometry => {
  const lineBits = Math.log2(c.line.value);
  const sets = c.size.value / (c.ways.value * c.line.value);
  if (!Number.isInteger(lineBits) || !Number.isInteger(Math.log2(sets))) {
    throw new RangeError(
      `cache of ${c.size.value} B, ${c.ways.value} ways, ${c.line.value} B lines: sets and line must be powers of two`,
    );
  }
  return {sets, ways: c.ways.value, lineBits};
};

/** The numbers of a machine file in the units of replay. */
export const machineFrom = (file: MachineFile): Machine => {
  const clock = hertz(file.core.clock.value * 1e6);
  const {dram, caches, translation, prefetcher, core} = file;
  const perDramClock = clock / (dram.clock.value * 1e6);
  if (!Number.isInteger(Math.log2(core.counterEntries.value)))
    throw new RangeError(`core.counterEntries must be a power of two, not ${core.counterEntries.value}`);
  const line = caches.l1d.line.value;
  const top = file.memory.base.value + file.memory.size.value;
  if (top > MAX_LINES * caches.l1i.line.value)
    throw new RangeError(`memory ends at ${top}: replay counts lines in 31 bits`);
  const {mergeBytes, ascendingBytes} = caches;
  if (
    !Number.isInteger(Math.log2(mergeBytes.value)) ||
    line % ascendingBytes.value !== 0 ||
    ascendingBytes.value % mergeBytes.value !== 0
  )
    throw new RangeError(
      `caches.mergeBytes (${mergeBytes.value}) must be a power of two and divide ascendingBytes (${ascendingBytes.value}), which must divide a line`,
    );
  const otherInterval = (line * clock) / (dram.otherMasters.value * 1e6);
  if ((dram.transfer.value + dram.turnaround.value) * perDramClock >= otherInterval)
    throw new RangeError(`dram.otherMasters leaves nothing of the channel at ${dram.otherMasters.value} MB/s`);
  if (line !== caches.l2.line.value) throw new RangeError('L1D and L2 must have the same line size');
  return {
    id: file.id,
    clockHz: clock,
    classes: core.classes.table,
    earlyOperand: core.earlyOperand.value,
    mispredict: cycles(core.mispredict.value),
    takenBranch: cycles(core.takenBranch.value),
    counterEntries: core.counterEntries.value,
    historyBits: core.historyBits.value,
    microTlbEntries: translation.microTlbEntries.value,
    microTlbMiss: translation.microTlbMiss.value,
    mainTlb: {sets: translation.mainTlbSets.value, ways: translation.mainTlbWays.value},
    walkCache: {sets: translation.walkCacheSets.value, ways: translation.walkCacheWays.value},
    ipaCache: {sets: translation.ipaCacheSets.value, ways: translation.ipaCacheWays.value},
    walkStart: translation.walkStart.value,
    walkRead: translation.walkRead.value,
    walkCachePhysical: translation.walkCachePhysical.value === 1,
    l1i: geometry(caches.l1i),
    l1d: geometry(caches.l1d),
    l2: geometry(caches.l2),
    l2Hit: caches.l2Hit.value,
    l2Line: caches.l2Line.value,
    l2FillsOnMiss: caches.l2FillsOnMiss.value === 1,
    l2KeepsOnHit: caches.l2KeepsOnHit.value === 1,
    linefills: caches.linefills.value,
    demandMisses: caches.demandMisses.value,
    storeLinefills: caches.storeLinefills.value,
    storeBuffer: caches.storeBuffer.value,
    mergeBytes: mergeBytes.value,
    ascendingBytes: ascendingBytes.value,
    readAllocateEntry: caches.readAllocateEntry.value,
    readAllocateEntryL2: caches.readAllocateEntryL2.value,
    postedWrites: caches.postedWrites.value,
    prefetchTrigger: prefetcher.trigger.value,
    prefetchStride: prefetcher.maximumStride.value,
    prefetchDepth: prefetcher.depth.value,
    prefetchPageLines: prefetcher.page.value / line,
    dram: {
      banks: dram.banks.value,
      rowLines: dram.row.value / line,
      cas: dram.tCL.value * perDramClock,
      activate: dram.tRCD.value * perDramClock,
      precharge: dram.tRP.value * perDramClock,
      refreshTime: toCycles(nanoseconds(dram.tRFC.value), clock),
      refreshInterval: toCycles(nanoseconds(dram.tREFI.value), clock),
      uncore: toCycles(nanoseconds(dram.uncore.value), clock),
      transfer: dram.transfer.value * perDramClock,
      turnaround: dram.turnaround.value * perDramClock,
      otherInterval,
    },
    memoryBase: file.memory.base.value,
    memorySize: file.memory.size.value,
    guestBase: file.memory.guestBase.value,
    guestSize: file.memory.guestSize.value,
  };
};

const directory = (): string => packagePath('calibration', 'machines');
/** @param machine an id of those that come along, or a file's name, which ends in .yaml */
export const machinePath = (machine: string): string =>
  machine.endsWith('.yaml') ? resolve(machine) : join(directory(), `${machine}.yaml`);
export const machineIds = (): string[] =>
  readdirSync(directory())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .filter((id) => !isForPathsAlone(machinePath(id)))
    .sort();

const KIND: FileKind<MachineFile, z.infer<typeof overlayFile>> = {
  whole: machineFile,
  overlay: overlayFile,
  ids: machineIds,
  pathOf: machinePath,
  lay: (base, {id, title, ...own}) => {
    const merged = SECTIONS.map((section) => [section, {...base[section], ...own[section]}]);
    return {id, title, ...Object.fromEntries(merged)} as MachineFile;
  },
};

/**
 * Reads a machine file.
 * @throws InputError with line and column for anything unknown, missing or out of bounds, and for a file of {@link readPathMachine}.
 */
export const readMachine = (path: string): MachineFile => {
  if (isForPathsAlone(path))
    throw new InputError("is a machine of 'use: paths', whose core replay has no rules for", {
      file: path,
      remedy: `replay on one of ${machineIds().join(', ')}, or price paths by 'validate microbenchmarks'`,
    });
  return readExtending(KIND, path);
};

/** The file of a machine by its id. @throws InputError for one that has none. */
export const requireMachine = (id: string): string => {
  const path = machinePath(id);
  if (existsSync(path)) return path;
  throw new InputError(`unknown machine '${id}'`, {remedy: `choose from ${machineIds().join(', ')}`});
};
export const machineParameters = (file: MachineFile): NamedParameter[] => listParameters(file.id, file);
