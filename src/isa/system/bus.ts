/** What a CPU in system mode asks of the board around it. */
import type {Marker} from '../../trace/events.ts';

export type {Marker};

/** Physical memory and devices as a CPU sees them. Addresses below 2^40 as numbers; sizes 1, 2, 4 or 8 bytes; values unsigned numbers (8 bytes: two 4-byte accesses). */
export interface Bus {
  /** RAM as one buffer: `ramBase` is the physical address of its byte 0; a multiple of 2 MiB. */
  readonly ram: Uint8Array;
  readonly ramBase: number;
  /** Device read or write outside RAM by vCPU `cpu`. @throws BusError when nothing answers (becomes an external abort in the guest, or an error of the run, as the board decides). */
  read(address: number, size: 1 | 2 | 4, cpu: number): number;
  write(address: number, size: 1 | 2 | 4, value: number, cpu: number): void;
}

/** What the CPU asks its surroundings. */
export interface CpuSurroundings {
  /** Level of the IRQ and FIQ inputs of this vCPU now. */
  irq(cpu: number): boolean;
  fiq(cpu: number): boolean;
  /** CP15 c14 generic timer registers (the timer lives with the board): opcodes as in MRC/MRRC. */
  timerRead(cpu: number, crm: number, opc: number, is64: boolean): number | bigint;
  timerWrite(cpu: number, crm: number, opc: number, is64: boolean, value: number | bigint): void;
  /** HVC or SMC executed in PL1 (PSCI): registers r0-r3 in, r0 out; may power CPUs on/off. */
  call(cpu: number, kind: 'hvc' | 'smc', registers: Uint32Array): void;
  /** The guest has announced a phase; the step ends behind it. */
  marker?(cpu: number, marker: Marker): void;
  /** SEV sets every vCPU's event register. */
  sendEvent(cpu: number): void;
}
