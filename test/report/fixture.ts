/** A result made by hand: two published tables, a blind one, attributions. Its numbers are chosen to be easy to check, not to be right. */
import type {Attribution, Cell, ErrorRow, Reproduction} from '../../src/predict/result.ts';

const SUTS = ['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen'];

interface TableShape {
  readonly table: string;
  readonly benchmark: string;
  readonly hostCpus: number;
  readonly unit: Cell['unit'];
  readonly cases: readonly string[];
  /** By SUT: published (null: blind), predicted. */
  readonly values: readonly (readonly [number | null, number])[];
  /** Half of the interval, as a share of the prediction. */
  readonly spread: number;
  readonly fitted?: readonly string[];
}

const cellsOf = ({table, benchmark, hostCpus, unit, cases, values, spread, fitted}: TableShape): readonly Cell[] =>
  cases.flatMap((name, row) =>
    SUTS.map((sut, column) => {
      const [published, predicted] = values[column]!;
      // Each case is a thousandth above the one before, so that cells differ.
      const scale = 1 + row / 1000;
      return {
        table,
        benchmark,
        hostCpus,
        case: name,
        sut,
        unit,
        predicted: predicted * scale,
        lower: predicted * scale * (1 - spread),
        upper: predicted * scale * (1 + spread),
        deviations: null,
        published: published === null ? null : published * scale,
        fitted: fitted?.includes(sut) ?? false,
      };
    }),
  );

const errorRow = (benchmark: string, sut: string, mape: number, a: number, b: number): ErrorRow => ({
  benchmark,
  hostCpus: 1,
  sut,
  cells: 2,
  fittedCells: sut === 'host' ? 2 : 0,
  meanAbsolutePercentageError: mape,
  worstPercentageError: -mape,
  noOverhead: a,
  sameOverheadAsOthers: b,
});

const attribution = (benchmark: string, per: string, sut: string, walks: number, exits: number): Attribution => ({
  benchmark,
  case: benchmark === 'dhrystone' ? 'run-1' : '2M',
  hostCpus: 1,
  sut,
  per,
  totalCycles: 40 + walks + exits,
  items: [
    {group: 'guest', mechanism: 'pipeline', cycles: 25},
    {group: 'guest', mechanism: 'DRAM', cycles: 15},
    {group: 'translation', mechanism: 'stage-2 walk reads', cycles: walks},
    {group: 'hypervisor', mechanism: 'tick: barriers, registers, mode switches', cycles: exits},
  ],
  unattributed: 1e-14,
});

export const REPRODUCTION: Reproduction = {
  schemaVersion: 1,
  cells: [
    ...cellsOf({
      table: 'IV',
      benchmark: 'dhrystone',
      hostCpus: 1,
      unit: 'dhrystones/s',
      cases: ['run-1', 'run-2'],
      values: [
        [2_558_600, 2_560_000],
        [2_549_738, 2_551_000],
        [2_543_283, 2_540_000],
        [2_542_991, 2_540_500],
        [2_531_857, 2_520_000],
      ],
      spread: 0.004,
      fitted: ['host'],
    }),
    ...cellsOf({
      table: 'VI',
      benchmark: 'cachebench-memcpy',
      hostCpus: 1,
      unit: 'MB/s',
      cases: ['1.5M', '2M', '16M'],
      values: [
        [1748.4, 1750],
        [1729.9, 1720],
        [1333.2, 1400],
        [1702.2, 1690],
        [1705.8, 1680],
      ],
      spread: 0.02,
    }),
    ...cellsOf({
      table: 'VIII',
      benchmark: 'cachebench-memcpy',
      hostCpus: 2,
      unit: 'MB/s',
      cases: ['1.5M', '2M'],
      values: [
        [null, 1751],
        [null, 1735],
        [null, 1450],
        [null, 1700],
        [null, 1690],
      ],
      spread: 0.03,
    }),
  ],
  errors: [
    errorRow('dhrystone', 'host', 0.05, 0, 0),
    errorRow('dhrystone', 'guests', 0.2, 0.6, 4.1),
    errorRow('cachebench-memcpy', 'guests', 1.9, 7.9, 7.2),
  ],
  baselines: {
    noOverhead: 'every guest runs as fast as the published host',
    sameOverheadAsOthers: "the published host less the SUT's mean published loss on the other benchmarks",
  },
  orders: [
    {claim: 'xvisor ≥ xen on Dhrystone', holds: true, evidence: '2,551,000 against 2,520,000'},
    {claim: 'kvm ≥ xen on memory copy', holds: false, evidence: '1,400 against 1,680'},
  ],
  attributions: [
    ...[
      ['host', 0, 0],
      ['xvisor', 0.3, 0.1],
      ['kvm', 8, 0.5],
      ['kvm-hugetlb', 1, 0.5],
      ['xen', 0.8, 0.9],
    ].map(([sut, walks, exits]) =>
      attribution('cachebench-memcpy', 'line', sut as string, walks as number, exits as number),
    ),
    ...[
      ['host', 0, 0],
      ['xvisor', 0, 0.12],
      ['kvm', 0.01, 0.24],
      ['kvm-hugetlb', 0.01, 0.25],
      ['xen', 0, 0.42],
    ].map(([sut, walks, exits]) =>
      attribution('dhrystone', 'iteration', sut as string, walks as number, exits as number),
    ),
  ],
  counts: [{benchmark: 'dhrystone', case: 'run-1', sut: 'host', counts: {instructions: 1_000_000}}],
  recordings: [
    {
      id: 'messages',
      title: 'Messages on two vCPUs',
      vcpu: 1,
      vcpus: 2,
      unit: 'message',
      units: 40_000,
      instructions: 4400,
      processSwitches: 0.022,
      possibleExits: 0.5,
      kernelCodeLines: 300,
      kernelDataLines: 150,
      systems: [
        {sut: 'host', cycles: 7000, overHost: 0, walks: 3, stage1Reads: 8, stage2Reads: 0},
        {sut: 'kvm', cycles: 7700, overHost: 0.1, walks: 3.5, stage1Reads: 9, stage2Reads: 12},
      ],
    },
  ],
  fit: {
    parameters: 3,
    cells: 40,
    atBound: ['hz'],
    inSample: {
      id: 'in-sample',
      title: 'all cells',
      errors: [errorRow('dhrystone', 'guests', 0.12, 0.6, 2.8)],
      orders: {pairs: 20, inOrder: 19},
    },
    validations: [
      {
        id: 'benchmark',
        title: 'one benchmark left out',
        errors: [errorRow('dhrystone', 'guests', 0.25, 0.6, 2.8)],
        orders: {pairs: 20, inOrder: 17},
      },
    ],
    coverage: {inSample: {cells: 40, inside: 39}, leftOut: {cells: 40, inside: 37}},
  },
  parameters: [
    {id: 'dram.read', value: 92, unit: 'ns', kind: 'measured', source: 'lmbench on the board', lower: 80, upper: 110},
    {
      id: 'tick.exit',
      value: 1234.5,
      unit: 'cycles',
      kind: 'fitted',
      source: 'first vector </script><b>&',
      lower: 0,
      standardError: 12.25,
    },
    {id: 'hz', value: 100, unit: '1/s', kind: 'assumed', source: 'sunxi defconfig'},
  ],
  provenance: {
    trapwalk: '0.1.0',
    node: 'v20.20.2',
    command: 'trapwalk reproduce',
    seeds: [1, 2],
    hashes: {'calibration/published/first-vector.csv': 'ab'.repeat(32)},
  },
};

/** The same with a benchmark that takes seconds, published for one host CPU; its tables come last, as if appended. */
export const WITH_SECONDS: Reproduction = {
  ...REPRODUCTION,
  cells: [
    ...REPRODUCTION.cells,
    ...cellsOf({
      table: 'XIII',
      benchmark: 'hackbench',
      hostCpus: 2,
      unit: 's',
      cases: ['1x40', '10x40'],
      values: [
        [null, 0.16],
        [null, 0.2],
        [null, 0.24],
        [null, 0.22],
        [null, 0.3],
      ],
      spread: 0.05,
    }),
    ...cellsOf({
      table: 'XII',
      benchmark: 'hackbench',
      hostCpus: 1,
      unit: 's',
      cases: ['1x40', '10x40'],
      values: [
        [0.2928, 0.3],
        [0.341, 0.36],
        [0.449, 0.45],
        [0.4146, 0.42],
        [0.496, 0.48],
      ],
      spread: 0.05,
    }),
  ],
};
