/**
 * The Power State Coordination Interface 1.1 (ARM DEN 0022D), as firmware answers it to HVC and SMC from a guest's kernel.
 * Affinity is the vCPU's number: MPIDR.Aff0. What is not in the table is NOT_SUPPORTED, as the SMC Calling Convention wants.
 */

/** 5.2.2. */
const RESULT = {
  success: 0,
  notSupported: -1,
  invalidParameters: -2,
  alreadyOn: -4,
  invalidAddress: -9,
} as const;
const VERSION = 0x0001_0001;
/** MIGRATE_INFO_TYPE: no Trusted OS is there that could be moved. */
const NOTHING_TO_MIGRATE = 2;
/** AFFINITY_INFO. */
const AFFINITY = {on: 0, off: 1} as const;

/** What PSCI decides about. */
export interface Power {
  readonly cpus: number;
  isOn(cpu: number): boolean;
  /** @param entry physical address, of Thumb code with bit 0. @param context goes to r0. */
  turnOn(cpu: number, entry: number, context: number): void;
  turnOff(cpu: number): void;
  /** Waits as WFI does. */
  standBy(cpu: number): void;
  /** Whether instructions can lie there. */
  isExecutable(address: number): boolean;
  endMachine(why: 'power-off' | 'reset'): void;
}

interface Call {
  readonly power: Power;
  readonly caller: number;
  /** r1 to r3. */
  readonly argument: readonly [number, number, number];
}

interface PsciFunction {
  readonly id: number;
  readonly name: string;
  /** The document's section. */
  readonly source: string;
  readonly execute: (call: Call) => number;
}

const turnOn = ({power, argument: [target, entry, context]}: Call): number => {
  if (target >= power.cpus) return RESULT.invalidParameters;
  if (power.isOn(target)) return RESULT.alreadyOn;
  if (!power.isExecutable(entry)) return RESULT.invalidAddress;
  power.turnOn(target, entry, context);
  return RESULT.success;
};

const affinityInfo = ({power, argument: [target, level]}: Call): number => {
  if (target >= power.cpus || level !== 0) return RESULT.invalidParameters;
  return power.isOn(target) ? AFFINITY.on : AFFINITY.off;
};

export const PSCI_FUNCTIONS: readonly PsciFunction[] = [
  {id: 0x8400_0000, name: 'PSCI_VERSION', source: '5.3', execute: () => VERSION},
  {
    id: 0x8400_0001,
    name: 'CPU_SUSPEND',
    source: '5.4',
    // Every power state is treated as standby, which 5.4.1 permits.
    execute: ({power, caller}) => {
      power.standBy(caller);
      return RESULT.success;
    },
  },
  {
    id: 0x8400_0002,
    name: 'CPU_OFF',
    source: '5.5',
    execute: ({power, caller}) => {
      power.turnOff(caller);
      return RESULT.success;
    },
  },
  {id: 0x8400_0003, name: 'CPU_ON', source: '5.6', execute: turnOn},
  {id: 0x8400_0004, name: 'AFFINITY_INFO', source: '5.7', execute: affinityInfo},
  {id: 0x8400_0006, name: 'MIGRATE_INFO_TYPE', source: '5.9', execute: () => NOTHING_TO_MIGRATE},
  {
    id: 0x8400_0008,
    name: 'SYSTEM_OFF',
    source: '5.11',
    execute: ({power}) => {
      power.endMachine('power-off');
      return RESULT.success;
    },
  },
  {
    id: 0x8400_0009,
    name: 'SYSTEM_RESET',
    source: '5.12',
    execute: ({power}) => {
      power.endMachine('reset');
      return RESULT.success;
    },
  },
  {
    id: 0x8400_000a,
    name: 'PSCI_FEATURES',
    source: '5.15',
    execute: ({argument: [id]}) => (BY_ID.has(id) ? RESULT.success : RESULT.notSupported),
  },
];
const BY_ID: ReadonlyMap<number, PsciFunction> = new Map(PSCI_FUNCTIONS.map((row) => [row.id, row]));

/** @param registers r0 to r3, of which r0 becomes the result. */
export const callPsci = (power: Power, caller: number, registers: Uint32Array): void => {
  const [id, first, second, third] = registers as unknown as readonly [number, number, number, number];
  registers[0] = BY_ID.get(id)?.execute({power, caller, argument: [first, second, third]}) ?? RESULT.notSupported;
};
