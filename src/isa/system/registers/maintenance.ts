/** Maintenance of TLBs, caches and branch predictors, and address translation: DDI 0406C B3.18.6–B3.18.8, B4.2. */
import type {TlbOperation} from '../../../trace/events.ts';
import type {TlbMaintenance} from '../observer.ts';
import type {SystemCpu} from '../system-cpu.ts';
import {always, ignored, type RegisterRow, type SystemRegister, stored} from './register.ts';
import {translateAddress} from './translate-address.ts';

type Invalidate = (cpu: SystemCpu, value: number) => void;

const all: Invalidate = (cpu) => cpu.memory.invalidate();
const byAddress: Invalidate = (cpu, value) => cpu.memory.invalidateAddress(value & ~0xfff, value & 0xff);
const byAsid: Invalidate = (cpu, value) => cpu.memory.invalidateAsid(value & 0xff);
const byAddressAllAsids: Invalidate = (cpu, value) => cpu.memory.invalidateAddress(value & ~0xfff, undefined);

const tlb = (maintenance: TlbMaintenance, invalidate: Invalidate): SystemRegister => ({
  name: maintenance.name,
  write: (cpu, value) => {
    cpu.machine.observer.tlbMaintenance?.(cpu.index, maintenance, value);
    for (const core of maintenance.isBroadcast ? cpu.machine.cores : [cpu]) invalidate(core, value);
  },
});

/** CRm and what stands before and behind the name; this TLB is one for instructions and data. */
const TLB_GROUPS: readonly (readonly [crm: number, prefix: string, suffix: string])[] = [
  [3, 'TLB', 'IS'],
  [5, 'ITLB', ''],
  [6, 'DTLB', ''],
  [7, 'TLB', ''],
];
const TLB_OPERATIONS: readonly (readonly [string, TlbOperation, Invalidate])[] = [
  ['IALL', 'all', all],
  ['IMVA', 'pages', byAddress],
  ['IASID', 'space', byAsid],
  ['IMVAA', 'pages-of-all', byAddressAllAsids],
];

const TLB_ROWS = TLB_GROUPS.flatMap(([crm, prefix, suffix]) =>
  TLB_OPERATIONS.flatMap(([action, operation, invalidate], opc2): readonly RegisterRow[] => {
    if (action === 'IMVAA' && prefix !== 'TLB') return [];
    const name = `${prefix}${action}${suffix}`;
    return [[0, 8, crm, opc2, tlb({name, operation, isBroadcast: suffix === 'IS'}, invalidate)]];
  }),
);

/** There are no caches, and writes to code are seen as they are made. */
const CACHE_ROWS: readonly RegisterRow[] = (
  [
    ['ICIALLUIS', 1, 0],
    ['BPIALLIS', 1, 6],
    ['ICIALLU', 5, 0],
    ['ICIMVAU', 5, 1],
    ['BPIALL', 5, 6],
    ['BPIMVA', 5, 7],
    ['DCIMVAC', 6, 1],
    ['DCISW', 6, 2],
    ['DCCMVAC', 10, 1],
    ['DCCSW', 10, 2],
    ['DCCMVAU', 11, 1],
    ['PLI by address', 13, 1],
    ['DCCIMVAC', 14, 1],
    ['DCCISW', 14, 2],
  ] as const
).map(([name, crm, opc2]) => [0, 7, crm, opc2, ignored(name)]);

const TRANSLATIONS: readonly RegisterRow[] = (
  [
    ['ATS1CPR', 'read', false],
    ['ATS1CPW', 'write', false],
    ['ATS1CUR', 'read', true],
    ['ATS1CUW', 'write', true],
  ] as const
).map(([name, access, user], opc2) => [
  0,
  7,
  8,
  opc2,
  {name, write: (cpu, value) => translateAddress(cpu, value, access, user)},
]);

export const MAINTENANCE: readonly RegisterRow[] = [
  ...TLB_ROWS,
  ...CACHE_ROWS,
  ...TRANSLATIONS,
  [0, 7, 4, 0, stored('PAR', 'par')],
  // ARMv6's barriers and its wait for an interrupt, which ARMv7 made a no-operation.
  [0, 7, 0, 4, ignored('NOP (c7, c0, 4)')],
  [0, 7, 5, 4, {...ignored('CP15ISB'), user: always}],
  [0, 7, 10, 4, {...ignored('CP15DSB'), user: always}],
  [0, 7, 10, 5, {...ignored('CP15DMB'), user: always}],
];
