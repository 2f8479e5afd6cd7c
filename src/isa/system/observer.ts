/** What a hypervisor below the guest could see of a core, for whoever records it. Every hook may be left out. */
import type {Marker, TlbOperation} from '../../trace/events.ts';
import type {BlockDictionary} from './block-dictionary.ts';
import type {CoreTrace} from './core-trace.ts';
import type {ExceptionKind} from './exceptions.ts';
import type {SystemMemory} from './memory.ts';
import type {PhysicalMemory} from './physical-memory.ts';

/** An access to a coprocessor register, by the numbers of its encoding; 64-bit ones have no CRn and opc2. */
export interface RegisterAccess {
  readonly coprocessor: 14 | 15;
  readonly name: string;
  readonly opc1: number;
  readonly crn: number | undefined;
  readonly crm: number;
  readonly opc2: number | undefined;
  readonly isWrite: boolean;
}

/** What an instruction for TLB maintenance asks for. */
export interface TlbMaintenance {
  readonly name: string;
  readonly operation: TlbOperation;
  /** Inner Shareable: of all cores. */
  readonly isBroadcast: boolean;
}

/** A core as it is recorded. */
export interface RecordedCore {
  readonly index: number;
  readonly isOn: boolean;
  /** Executed so far, those of the block in progress included. */
  readonly instructions: number;
  readonly waiting: 'wfi' | 'wfe' | undefined;
  readonly control: Int32Array;
  readonly r: Int32Array;
  readonly memory: SystemMemory;
  readonly trace: CoreTrace;
  recording: boolean;
}

export interface RecordedMachine {
  readonly cores: readonly RecordedCore[];
  readonly physical: PhysicalMemory;
  readonly dictionary: BlockDictionary;
}

export interface Observer {
  /** Once, before anything is executed. */
  attach?(machine: RecordedMachine): void;
  /** DBG #1, #2 and #3: what a guest of any kind announces a phase with. */
  marker?(cpu: number, marker: Marker): void;
  exceptionEntry?(cpu: number, kind: ExceptionKind, returnAddress: number): void;
  /** @param mode the mode returned to. */
  exceptionReturn?(cpu: number, target: number, mode: number): void;
  /** Also when the core goes on at once. */
  wait?(cpu: number, kind: 'wfi' | 'wfe'): void;
  /** It did wait, and goes on. */
  resume?(cpu: number): void;
  sendEvent?(cpu: number): void;
  /** Before it is answered. */
  call?(cpu: number, kind: 'hvc' | 'smc', immediate: number): void;
  registerAccess?(cpu: number, access: RegisterAccess): void;
  tlbMaintenance?(cpu: number, maintenance: TlbMaintenance, value: number): void;
  /** By a reset, or a change of a register that all translations depend on. */
  translationsForgotten?(cpu: number): void;
  /** The current ASID or table of PL0 changed. */
  addressSpace?(cpu: number, asid: number, table: number): void;
  deviceAccess?(cpu: number, address: number, size: number, isWrite: boolean, value: number): void;
  /** An exclusive access to RAM that was made, by its physical address; while the core is recorded. */
  exclusive?(cpu: number, address: number): void;
}
