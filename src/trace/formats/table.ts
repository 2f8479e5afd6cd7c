/** The formats of other tools. To add one: its reader, its writer or both in a file of its own, and a row here. */
import {RECORD_BYTES, readChampSim, writeChampSim} from './champsim.ts';
import {readDin, readExtendedDin, writeDin, writeExtendedDin} from './din.ts';
import {readExeclog} from './execlog.ts';
import type {Reader, TraceFormat, Writer} from './format.ts';
import {readLackey, writeLackey} from './lackey.ts';

export const FORMATS = {
  din: {
    title: 'Dinero IV, informat d',
    read: {unit: 'line', open: readDin},
    write: writeDin,
    cannotHold: 'sizes: all is words of 4 bytes',
  },
  'extended-din': {
    title: 'Dinero IV, informat D',
    read: {unit: 'line', open: readExtendedDin},
    write: writeExtendedDin,
    cannotHold: 'prefetches, exclusives',
  },
  lackey: {
    title: 'valgrind --tool=lackey --trace-mem=yes',
    read: {unit: 'line', open: readLackey},
    write: writeLackey,
    cannotHold: 'prefetches, exclusives',
  },
  champsim: {
    title: 'ChampSim, records of 64 bytes',
    read: {unit: RECORD_BYTES, open: readChampSim},
    write: writeChampSim,
    cannotHold: 'sizes, lengths, prefetches, exclusives, more than 4 loads and 2 stores in a record',
  },
  execlog: {
    title: "QEMU's plugin execlog, user mode",
    read: {unit: 'line', open: readExeclog},
    cannotHold: 'sizes, lengths',
  },
} as const satisfies Readonly<Record<string, TraceFormat>>;

export type FormatName = keyof typeof FORMATS;

const entries = Object.entries(FORMATS) as [FormatName, TraceFormat][];

/** Those that can be imported, and those that can be exported. */
export const READABLE = entries.flatMap(([name, format]) =>
  format.read ? [{name, format: {...format, read: format.read as Reader}}] : [],
);
export const WRITABLE = entries.flatMap(([name, format]) =>
  format.write ? [{name, format: {...format, write: format.write as Writer}}] : [],
);
