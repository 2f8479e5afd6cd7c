/** Registers of the GIC's distributor: ARM IHI 0048B 4.3; what they hold in a GIC-400: ARM DDI 0471B 3.2. */
import {identification, ignored, type Register, RegisterFile} from '../registers.ts';
import {type Gic, PRIORITY_MASK, PRIVATE, SGIS} from './gic.ts';

const SGI_BITS = 0xffff;
/** GICD_ICFGR of SGIs: two bits each, of which the upper says edge. */
const SGI_CONFIGURATION = 0xaaaa_aaaa;
const MOST_INTERRUPTS = 1020;
const WORDS = MOST_INTERRUPTS / 32;

/** GICD_SGIR.TargetListFilter: whom an SGI goes to. */
const SGI_FILTER = [
  (list: number) => list,
  (_: number, sender: number, all: number) => all & ~(1 << sender),
  (_: number, sender: number) => 1 << sender,
] as const;

const sendSgi = (gic: Gic, value: number, cpu: number): void => {
  const all = 2 ** gic.cpus - 1;
  // The fourth filter is reserved; nothing is sent.
  const receivers = SGI_FILTER[(value >>> 24) & 3]?.((value >>> 16) & 0xff, cpu, all) ?? 0;
  gic.sendSgi(value & 15, receivers & all, cpu);
};

type Bits = 'enabled' | 'latched' | 'active' | 'group1';

/** A bit for each interrupt. @param fixed bits of SGIs that software cannot change: all of them, or none. */
const bits =
  (state: Bits, change: 'set' | 'clear' | 'assign', fixed: number) =>
  (gic: Gic, value: number, cpu: number, word: number) => {
    const words = gic[state];
    const index = gic.wordOf(word, cpu);
    const kept = word === 0 ? fixed : 0;
    const old = words[index]!;
    const asked = {set: old | value, clear: old & ~value, assign: value}[change];
    words[index] = (asked & ~kept) | (old & kept);
    gic.update();
  };

const readBits = (state: Bits) => (gic: Gic, cpu: number, word: number) => gic[state][gic.wordOf(word, cpu)]!;
const readPending = (gic: Gic, cpu: number, word: number) => gic.pendingWord(word, cpu);

const isFixed = (gic: Gic, interrupt: number): boolean => interrupt < PRIVATE || gic.cpus === 1;

const readTarget = (gic: Gic, cpu: number, interrupt: number): number => {
  if (gic.cpus === 1) return 0;
  return interrupt < PRIVATE ? 1 << cpu : gic.targets[interrupt]!;
};

const writeTarget = (gic: Gic, value: number, _: number, interrupt: number): void => {
  if (isFixed(gic, interrupt)) return;
  gic.targets[interrupt] = value & (2 ** gic.cpus - 1);
  gic.update();
};

/** Bits 0, 2, … of a word, one for each of 16 interrupts, spread from or gathered to the upper bit of each pair. */
const spread = (half: number): number => {
  let word = 0;
  for (let bit = 0; bit < 16; bit++) word |= ((half >>> bit) & 1) << (2 * bit + 1);
  return word >>> 0;
};
const gather = (word: number): number => {
  let half = 0;
  for (let bit = 0; bit < 16; bit++) half |= ((word >>> (2 * bit + 1)) & 1) << bit;
  return half;
};

const readConfiguration = (gic: Gic, cpu: number, index: number): number => {
  if (index === 0) return SGI_CONFIGURATION;
  return spread((gic.edge[gic.wordOf(index >>> 1, cpu)]! >>> (16 * (index & 1))) & 0xffff);
};

/** Those of private interrupts are fixed: SGIs are edges, the timers' lines are levels. */
const writeConfiguration = (gic: Gic, value: number, cpu: number, index: number): void => {
  if (index < PRIVATE / 16) return;
  const word = gic.wordOf(index >>> 1, cpu);
  const shift = 16 * (index & 1);
  gic.edge[word] = (gic.edge[word]! & ~(0xffff << shift)) | (gather(value) << shift);
  gic.update();
};

/** GICD_ITLinesNumber, CPUNumber; no Security Extensions. */
const type = (gic: Gic): number => (gic.interrupts / 32 - 1) | ((gic.cpus - 1) << 5);

const registers = (gic: Gic): readonly Register<Gic>[] => {
  // Beyond the interrupts there are, registers read as zero and ignore writes (IHI 0048B 4.1.2).
  const words = gic.interrupts / 32;
  const present = <Row extends Register<Gic>>(row: Row, count: number, most: number): Register<Gic>[] => [
    {...row, count},
    ...(count < most
      ? [
          {
            name: `${row.name} beyond the last interrupt`,
            offset: row.offset + count * (row.width ?? 4),
            count: most - count,
            width: row.width ?? 4,
            source: '4.1.2',
            constant: 0,
            write: ignored,
          },
        ]
      : []),
  ];
  const perWord = (row: Register<Gic>) => present(row, words, Math.ceil(WORDS));
  const perInterrupt = (row: Register<Gic>) => present({...row, width: 1}, gic.interrupts, MOST_INTERRUPTS);
  return [
    {
      name: 'GICD_CTLR',
      offset: 0x000,
      source: '4.3.1',
      read: ({distributorControl}) => distributorControl,
      write: (state, value) => {
        state.distributorControl = value & 3;
        state.update();
      },
    },
    {name: 'GICD_TYPER', offset: 0x004, source: '4.3.2', constant: type(gic)},
    {name: 'GICD_IIDR', offset: 0x008, source: '4.3.3; DDI 0471B 3.3.1', constant: 0x0200_143b},
    ...perWord({
      name: 'GICD_IGROUPR',
      offset: 0x080,
      source: '4.3.4',
      read: readBits('group1'),
      write: bits('group1', 'assign', 0),
    }),
    ...perWord({
      name: 'GICD_ISENABLER',
      offset: 0x100,
      source: '4.3.5',
      read: readBits('enabled'),
      write: bits('enabled', 'set', SGI_BITS),
    }),
    ...perWord({
      name: 'GICD_ICENABLER',
      offset: 0x180,
      source: '4.3.6',
      read: readBits('enabled'),
      write: bits('enabled', 'clear', SGI_BITS),
    }),
    ...perWord({
      name: 'GICD_ISPENDR',
      offset: 0x200,
      source: '4.3.7',
      read: readPending,
      write: bits('latched', 'set', SGI_BITS),
    }),
    ...perWord({
      name: 'GICD_ICPENDR',
      offset: 0x280,
      source: '4.3.8',
      read: readPending,
      write: bits('latched', 'clear', SGI_BITS),
    }),
    ...perWord({
      name: 'GICD_ISACTIVER',
      offset: 0x300,
      source: '4.3.9',
      read: readBits('active'),
      write: bits('active', 'set', 0),
    }),
    ...perWord({
      name: 'GICD_ICACTIVER',
      offset: 0x380,
      source: '4.3.10',
      read: readBits('active'),
      write: bits('active', 'clear', 0),
    }),
    ...perInterrupt({
      name: 'GICD_IPRIORITYR',
      offset: 0x400,
      source: '4.3.11',
      read: (state, cpu, interrupt) => state.priorities[state.slotOf(interrupt, cpu)]!,
      write: (state, value, cpu, interrupt) => {
        state.priorities[state.slotOf(interrupt, cpu)] = value & PRIORITY_MASK;
        state.update();
      },
    }),
    ...perInterrupt({name: 'GICD_ITARGETSR', offset: 0x800, source: '4.3.12', read: readTarget, write: writeTarget}),
    ...present(
      {name: 'GICD_ICFGR', offset: 0xc00, source: '4.3.13', read: readConfiguration, write: writeConfiguration},
      2 * words,
      Math.ceil(MOST_INTERRUPTS / 16),
    ),
    {name: 'GICD_SGIR', offset: 0xf00, source: '4.3.15', write: sendSgi},
    {
      name: 'GICD_CPENDSGIR',
      offset: 0xf10,
      count: SGIS,
      width: 1,
      source: '4.3.16',
      read: (state, cpu, sgi) => state.senders[SGIS * cpu + sgi]!,
      write: (state, value, cpu, sgi) => {
        state.senders[SGIS * cpu + sgi]! &= ~value;
        state.update();
      },
    },
    {
      name: 'GICD_SPENDSGIR',
      offset: 0xf20,
      count: SGIS,
      width: 1,
      source: '4.3.17',
      read: (state, cpu, sgi) => state.senders[SGIS * cpu + sgi]!,
      write: (state, value, cpu, sgi) => {
        state.senders[SGIS * cpu + sgi]! |= value & (2 ** state.cpus - 1);
        state.update();
      },
    },
    ...identification<Gic>('GICD_PIDR', 'DDI 0471B 3.2', 0xfe0, [0x90, 0xb4, 0x2b, 0x00]),
    ...identification<Gic>('GICD_CIDR', 'DDI 0471B 3.2', 0xff0, [0x0d, 0xf0, 0x05, 0xb1]),
  ];
};

export const gicDistributor = (name: string, gic: Gic): RegisterFile<Gic> =>
  new RegisterFile(name, gic, registers(gic));
