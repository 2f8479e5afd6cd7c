/**
 * Random streams of a vCPU whose kernel maps its memory: pages and blocks of all sizes, of a space or of all, some of devices;
 * spaces whose numbers come back for other memory, maintenance, and a start without the MMU. Translations are announced as a
 * recorder would.
 */
import fc from 'fast-check';
import {TLB_OPERATIONS, type TlbOperation} from '../../src/trace/events.ts';
import {eventRecord, PREFETCH} from '../../src/trace/records.ts';
import type {MachineHeader} from '../../src/trace/source.ts';
import {MEBIBYTE} from '../../src/units.ts';
import {
  type Access,
  accessesOf,
  anyRun,
  BLOCKS,
  blockWords,
  maintenanceWords,
  type Run,
  taskSwitchWords,
} from './streams.ts';

export interface Translation {
  readonly space: number;
  readonly address: number;
  readonly bits: number;
  readonly isGlobal?: boolean;
  /** 0 Normal, 1 Device, 2 Strongly-ordered. */
  readonly type?: number;
  readonly page: number;
  readonly descriptors: readonly number[];
}

export const translationWords = (one: Translation): number[] => {
  const {space, address, bits, isGlobal = false, type = 0, page, descriptors} = one;
  const form = bits | (Number(isGlobal) << 6) | (descriptors.length << 8) | (type << 16);
  const padded = Array.from({length: 3}, (_, level) => descriptors[level] ?? 0);
  return [eventRecord('translation', 7), isGlobal ? 0 : space, address, form, page, ...padded];
};

export const RAM = {base: 0x4000_0000, bytes: 512 * MEBIBYTE} as const;

export const MACHINE_HEADER: MachineHeader = {
  board: 'virt',
  ramBase: RAM.base,
  ramSize: RAM.bytes,
  quantum: 1000,
  nanosecondsPerInstruction: 1,
  commandLine: '',
  files: [],
};

const DEVICES = 0x0800_0000;

export const SIZES = {short: [12, 16, 20, 24], long: [12, 16, 21], deep: [12, 16, 21, 30]} as const;
export type Format = keyof typeof SIZES;

/** Any number below `below`, by what it is made of. */
const chosen = (below: number, ...of: readonly number[]): number => {
  const mixed = of.reduce((sum, one) => Math.imul(sum ^ one, 0x9e37_79b1) ^ (sum >>> 15), 0x2545_f491);
  return ((mixed ^ (mixed >>> 13)) >>> 0) % below;
};
const inRam = (bits: number, ...of: readonly number[]): number =>
  RAM.base + chosen(Math.max(1, RAM.bytes / 2 ** bits), ...of) * 2 ** bits;

/** Pages of such a part of the address space have the same size and owner. */
const REGION_BITS = 24;

/** Where a walk reads: tables lie anywhere. */
const descriptorsOf = (format: Format, bits: number, virtual: number, of: readonly number[]): number[] => {
  const at = (spanBits: number, indexBits: number, bytes: number): number => {
    const tableBits = indexBits + Math.log2(bytes);
    const table = inRam(tableBits, spanBits, Math.floor(virtual / 2 ** (spanBits + indexBits)), ...of);
    return table + (Math.floor(virtual / 2 ** spanBits) % 2 ** indexBits) * bytes;
  };
  if (format === 'short') return bits >= 20 ? [at(20, 12, 4)] : [at(20, 12, 4), at(12, 8, 4)];
  const first = format === 'deep' ? [at(30, 2, 8)] : [];
  if (bits === 30) return first;
  return bits === 21 ? [...first, at(21, 9, 8)] : [...first, at(21, 9, 8), at(12, 9, 8)];
};

/** What a recorder knows, and how this guest's kernel maps. */
export class Recorder {
  readonly words: number[] = [];
  readonly format: Format;
  space = 0;
  isOff: boolean;
  #announced: {readonly translation: Translation; readonly end: number}[] = [];
  /** Of mappings, and of page sizes: they change with maintenance only. */
  #version = 0;
  #sizing = 0;

  constructor(format: Format, isOff: boolean) {
    this.format = format;
    this.isOff = isOff;
  }

  #translationOf(virtual: number): Translation {
    if (this.isOff) {
      const address = virtual - (virtual % 4096);
      return {space: this.space, address, bits: 12, type: 2, page: RAM.base + address, descriptors: []};
    }
    const sizes = SIZES[this.format];
    // A block of 1 GiB is all that this much has.
    const sizing = chosen(7, this.#sizing) === 0 && this.format === 'deep' ? 30 : 0;
    const region = Math.floor(virtual / 2 ** REGION_BITS);
    const bits =
      sizing === 30 ? 30 : sizes[chosen(sizes.length - Number(this.format === 'deep'), region, this.#sizing)]!;
    const isGlobal = chosen(3, region, 77) === 0;
    const owner = isGlobal ? 1000 : this.space;
    const address = virtual - (virtual % 2 ** bits);
    const place = Math.floor(address / 2 ** bits);
    const kind = bits < 30 ? chosen(12, place, region) : 2;
    const isDevice = kind === 0 && bits < 24;
    return {
      space: this.space,
      address,
      bits,
      isGlobal,
      type: isDevice ? 1 : kind === 1 ? 2 : 0,
      page: isDevice
        ? DEVICES + chosen(2 ** (27 - bits), place) * 2 ** bits
        : bits === 30
          ? RAM.base
          : inRam(bits, place, owner, this.#version),
      descriptors: descriptorsOf(this.format, bits, virtual, [owner, this.#version]),
    };
  }

  #need(virtual: number): void {
    const isHeld = this.#announced.some(
      ({translation: {space, isGlobal, address}, end}) =>
        (isGlobal || space === this.space) && virtual >= address && virtual < end,
    );
    if (isHeld) return;
    const translation = this.#translationOf(virtual);
    this.#announced.push({translation, end: translation.address + 2 ** translation.bits});
    this.words.push(...translationWords(translation));
  }

  invalidate(operation: TlbOperation, space: number, address: number, pages: number): void {
    const named = operation === 'pages' || operation === 'pages-of-all' ? {address, pages} : {address: 0, pages: 0};
    this.words.push(...maintenanceWords(operation, operation.endsWith('all') ? 0 : space, named.address, named.pages));
    const top = address + pages * 4096;
    this.#announced = this.#announced.filter(({translation: one, end}) => {
      if (operation === 'all') return false;
      if (operation === 'space') return one.isGlobal || one.space !== space;
      const isNamed = operation === 'pages-of-all' || one.isGlobal || one.space === space;
      return !(isNamed && one.address < top && address < end);
    });
    this.#version++;
    if (operation !== 'all') return;
    this.#sizing++;
    this.isOff = false;
  }

  run(run: Run): void {
    const {address, size} = BLOCKS[run.block]!;
    for (let round = 0; round < run.rounds; round++) {
      const accesses = accessesOf(run, round, TOP);
      this.#needAll(address, size);
      for (const access of accesses) this.#access(access);
      this.words.push(...blockWords(run.block, accesses));
    }
  }

  #access({address, size, kind}: Access): void {
    // A PLD of what is not mapped is dropped.
    if (kind === PREFETCH && chosen(3, address >>> 12) === 0) return;
    this.#needAll(address, size);
  }

  #needAll(address: number, size: number): void {
    for (let page = address - (address % 4096); page < address + size; page += 4096) this.#need(page);
  }
}

const TOP = 192 * MEBIBYTE - 4096;
const SPACES = 4;

/** Words that replay passes over, or that empty the pipeline. */
const NOTED: readonly (readonly number[])[] = [
  [eventRecord('exception-entry', 2), 4, 0x8000],
  [eventRecord('exception-return', 2), 0x9000, 0x10],
  [eventRecord('wait', 3), 0, 12, 0],
  [eventRecord('resume', 2), 90, 0],
  [eventRecord('send-event', 0)],
  [eventRecord('device-access', 4), 3, 0x0900_0000, 4, 65],
  [eventRecord('register-access', 1), 0x2f_0001],
  [eventRecord('first-touch', 1), RAM.base],
  [eventRecord('release', 1), 1],
  [eventRecord('acquire', 1), 1],
];

type Step = (recorder: Recorder) => void;

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {weight: 6, arbitrary: anyRun.map((run) => (recorder: Recorder) => recorder.run(run))},
  {
    weight: 3,
    arbitrary: fc.nat(SPACES - 1).map((space) => (recorder: Recorder) => {
      recorder.space = space;
      recorder.words.push(...taskSwitchWords(space, 0x4000_0000));
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...TLB_OPERATIONS), fc.nat(SPACES - 1), fc.nat(TOP / 4096), fc.constantFrom(1, 1, 7, 600))
      .map(([operation, space, page, pages]) => (recorder: Recorder) => {
        // Nothing is invalidated before there are tables.
        if (!recorder.isOff || operation === 'all') recorder.invalidate(operation, space, page * 4096, pages);
      }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...NOTED).map((words) => (recorder: Recorder) => recorder.words.push(...words)),
  },
);

export const anyMachineStream: fc.Arbitrary<readonly number[]> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(SIZES) as Format[])),
    fc.boolean(),
    fc.array(anyStep, {minLength: 1, maxLength: 80}),
  )
  .map(([format, isOff, steps]) => {
    const recorder = new Recorder(format, isOff);
    for (const step of steps) step(recorder);
    return recorder.words;
  });
