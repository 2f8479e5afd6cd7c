/** What a hypervisor below the guest could see of a core, for whoever records it. Every hook may be left out. */
import type {Marker} from '../../trace/events.ts';
import type {ExceptionKind} from './exceptions.ts';

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

export interface Observer {
  /** DBG #1, #2 and #3: what a guest of any kind announces a phase with. */
  marker?(cpu: number, marker: Marker): void;
  exceptionEntry?(cpu: number, kind: ExceptionKind, returnAddress: number): void;
  /** @param mode the mode returned to. */
  exceptionReturn?(cpu: number, target: number, mode: number): void;
  /** Also when the core goes on at once. */
  wait?(cpu: number, kind: 'wfi' | 'wfe'): void;
  call?(cpu: number, kind: 'hvc' | 'smc', immediate: number): void;
  /** A register that the virtualization extensions can trap. */
  registerAccess?(cpu: number, access: RegisterAccess): void;
  tlbMaintenance?(cpu: number, name: string, value: number): void;
  /** The current ASID or table of PL0 changed. */
  addressSpace?(cpu: number, asid: number, table: number): void;
  deviceAccess?(cpu: number, address: number, size: number, isWrite: boolean, value: number): void;
}
