/** A core with all its modes (DDI 0406C B1.3): program status registers, banks, exceptions, and accesses to devices. */
import {accessKind, WRITE} from '../../trace/records.ts';
import {Cpu, type Culprit} from '../core/cpu.ts';
import {type FaultKind, GuestFault, UnmodelledInstruction} from '../core/errors.ts';
import {LR} from '../core/operation.ts';
import {STATE} from '../core/state.ts';
import {Banks, checkMode, hasStatus} from './banks.ts';
import type {BlockDictionary} from './block-dictionary.ts';
import type {Bus, CpuSurroundings} from './bus.ts';
import {BusError} from './bus-error.ts';
import {CONTROL, CONTROL_WORDS, SCTLR, SCTLR_ONES, TTBCR} from './control.ts';
import {CoreTrace} from './core-trace.ts';
import {EXCEPTION, type ExceptionKind, HIGH_VECTORS} from './exceptions.ts';
import {areaOf, CONTROL_OFFSET} from './layout.ts';
import {ACCESS, SystemMemory} from './memory.ts';
import {itBits, itStateOf, MODE, PSR} from './modes.ts';
import type {Observer} from './observer.ts';
import type {PhysicalMemory} from './physical-memory.ts';
import {walkRegisters} from './walk/registers.ts';

/** What all cores of a machine share. */
export interface Machine {
  readonly bus: Bus;
  readonly surroundings: CpuSurroundings;
  readonly physical: PhysicalMemory;
  readonly observer: Observer;
  readonly dictionary: BlockDictionary;
  readonly cores: readonly SystemCpu[];
}

/** An instruction, as far as taking an exception needs it. */
export interface Instruction {
  readonly address: number;
  /** 1 in Thumb state. */
  readonly thumb: number;
  readonly itState: number;
}

/** CPSR fields that user mode may write: the flags and GE. */
const USER_WRITABLE = 0xf80f_0000 | 0;
/** DBGOSLSR.OSLK. */
const OS_LOCKED = 2;
const FPEXC_ENABLE = 0x4000_0000;
const EXTERNAL = {fault: 'external', level: 1, domain: 0} as const;
const ALIGNMENT = {fault: 'alignment', level: 1, domain: 0} as const;

export class SystemCpu extends Cpu<SystemMemory> {
  readonly index: number;
  readonly machine: Machine;
  /** In the engine's memory, as the state is. */
  readonly control: Int32Array;
  readonly banks: Banks;
  declare readonly trace: CoreTrace;
  /** CPSR.M, and CPSR.A, I and F in their places. */
  mode: number = MODE.supervisor;
  masks: number = PSR.masks;
  /** Set by whatever the loop over blocks must look at before the next one: interrupts, a wait, an IT block. */
  attention = true;
  waiting: 'wfi' | 'wfe' | undefined = undefined;
  /** A step ends here, whatever is left of it: see {@link endTurn}. */
  endsTurn = false;
  /** The event register of WFE and SEV. */
  event = false;
  isOn = false;
  /** Executed, those whose condition failed or that are UNDEFINED included; of the block in progress all, of one that stopped those before. */
  instructions = 0;
  /** r0–r3 as PSCI wants them. */
  readonly #callRegisters: Uint32Array;

  constructor(machine: Machine, index: number) {
    super(new SystemMemory(machine.physical, index, walkRegisters(new Int32Array(CONTROL_WORDS))), new CoreTrace());
    this.machine = machine;
    this.index = index;
    this.control = new Int32Array(machine.physical.wasm.buffer, areaOf(index) + CONTROL_OFFSET, CONTROL_WORDS);
    this.banks = new Banks(this.r);
    this.#callRegisters = new Uint32Array(this.r.buffer, this.r.byteOffset, 4);
  }

  /** As B1.9.1 has it, but at an address of the board's choice; bit 0 selects Thumb state. */
  powerOn(entry: number, r0: number): void {
    this.state.fill(0);
    this.zero = 1;
    this.banks.words.fill(0);
    this.control.fill(0);
    this.control[CONTROL.sctlr] = SCTLR_ONES;
    this.control[CONTROL.osLock] = OS_LOCKED;
    this.#setMode(MODE.supervisor);
    this.masks = PSR.masks;
    this.translationChanged();
    this.forgetTranslations();
    this.r[0] = r0;
    this.next = entry | 0;
    this.waiting = undefined;
    this.event = false;
    this.isOn = true;
    this.attention = true;
  }

  powerOff(): void {
    this.isOn = false;
    this.attention = true;
  }

  /** VFP and Advanced SIMD instructions may execute now. */
  get vfpEnabled(): boolean {
    return this.state[STATE.vfpEnabled] !== 0;
  }

  /** Ends the step behind the current instruction, whoever observes the machine or not: so that it can be stopped there. */
  endTurn(): void {
    this.endsTurn = true;
    this.attention = true;
  }

  get isPrivileged(): boolean {
    return this.mode !== MODE.user;
  }

  get cpsr(): number {
    return this.#cpsrWith(this.next & 1, this.itState);
  }

  /** SPSR of the current mode. @throws UnmodelledInstruction in a mode that has none. */
  spsr(op: Culprit): number {
    this.#checkStatus(op);
    return this.banks.status(this.mode);
  }

  setSpsr(op: Culprit, value: number, mask: number): void {
    this.#checkStatus(op);
    this.banks.setStatus(this.mode, (this.banks.status(this.mode) & ~mask) | (value & mask));
  }

  /** MSR and CPS: the fields of `mask`, as far as the mode may write them; never those of the execution state. */
  writeCpsr(op: Culprit, value: number, mask: number): void {
    const allowed = mask & (this.isPrivileged ? PSR.readable : USER_WRITABLE);
    if ((mask & value & PSR.bigEndian) !== 0) throw unmodelled(op, 'big-endian data are not modelled');
    if ((allowed & 0xf800_0000) !== 0) this.setNzcvq(value);
    if ((allowed & 0x000f_0000) !== 0) this.greaterEqual = (value >>> 16) & 15;
    this.masks = (this.masks & ~allowed) | (value & allowed & PSR.masks);
    if ((allowed & PSR.mode) !== 0) this.changeMode(op, value & PSR.mode);
    this.attention = true;
  }

  changeMode(op: Culprit, mode: number): void {
    this.#setMode(checkMode(op, mode));
  }

  /** Goes to an address in the state and mode of a saved status. */
  returnFromException(op: Culprit, target: number, status: number): void {
    if ((status & (PSR.bigEndian | PSR.jazelle)) !== 0) {
      throw unmodelled(op, 'a return to big-endian data, Jazelle or ThumbEE state is not modelled');
    }
    this.changeMode(op, status & PSR.mode);
    this.setNzcvq(status);
    this.greaterEqual = (status >>> 16) & 15;
    this.masks = status & PSR.masks;
    const thumb = (status & PSR.thumb) === 0 ? 0 : 1;
    this.itState = thumb === 1 ? itStateOf(status) : 0;
    this.next = thumb === 1 ? target | 1 : target & ~3;
    this.attention = true;
    this.machine.observer.exceptionReturn?.(this.index, target, this.mode);
  }

  /** @param at the instruction that causes it; for interrupts the next one, for SVC the state is the one behind it. */
  takeException(kind: ExceptionKind, at: Instruction): void {
    const {mode, vector, masks, link} = EXCEPTION[kind];
    const status = this.#cpsrWith(at.thumb, at.itState);
    const sctlr = this.control[CONTROL.sctlr]!;
    this.#setMode(mode);
    this.banks.setStatus(mode, status);
    this.r[LR] = at.address + link[at.thumb as 0 | 1];
    this.masks |= masks;
    this.itState = 0;
    const base = (sctlr & SCTLR.highVectors) === 0 ? this.control[CONTROL.vbar]! : HIGH_VECTORS;
    this.next = (base + vector) | ((sctlr & SCTLR.thumbExceptions) === 0 ? 0 : 1);
    this.attention = true;
    this.machine.observer.exceptionEntry?.(this.index, kind, at.address);
  }

  /** After a change of what walks depend on. What the TLB holds stays. */
  translationChanged(): void {
    this.memory.configure(walkRegisters(this.control));
    if ((this.control[CONTROL.ttbcr]! & TTBCR.extended) === 0) {
      this.memory.setAsid(this.control[CONTROL.contextIdentifier]! & 0xff);
    }
    this.vfpChanged();
  }

  /** All of them, by no instruction for TLB maintenance. */
  forgetTranslations(): void {
    this.memory.invalidate();
    this.machine.observer.translationsForgotten?.(this.index);
  }

  /** After a change of CPACR, FPEXC or the mode. */
  vfpChanged(): void {
    const access = (this.control[CONTROL.cpacr]! >>> 20) & 3;
    const permitted = access === 3 || (access === 1 && this.isPrivileged);
    const isEnabled = permitted && (this.control[CONTROL.fpexc]! & FPEXC_ENABLE) !== 0;
    this.state[STATE.vfpEnabled] = isEnabled ? 1 : 0;
  }

  /** Loads and stores with the rights of PL0 (LDRT, STRT). */
  asUser(access: () => void): void {
    this.memory.showTo(true);
    try {
      access();
    } finally {
      this.memory.showTo(!this.isPrivileged);
    }
  }

  /** HVC and SMC. */
  callOut(kind: 'hvc' | 'smc', immediate: number): void {
    this.machine.observer.call?.(this.index, kind, immediate);
    this.machine.surroundings.call(this.index, kind, this.#callRegisters);
    this.attention = true;
  }

  override loadSlow(op: Culprit, address: number, size: number): number {
    if ((address & (size - 1)) !== 0) {
      this.#checkMisaligned(op, address, size, 'read');
      return super.loadSlow(op, address, size);
    }
    const {memory} = this;
    const offset = memory.locate(address, ACCESS.read);
    if (offset < 0) return this.#readDevice(op, address, size);
    if (offset === 0) this.fault(op, address, 'read');
    if (size === 4) return memory.words[offset >>> 2]!;
    return size === 2 ? memory.halfWords[offset >>> 1]! : memory.bytes[offset]!;
  }

  override storeSlow(op: Culprit, address: number, size: number, value: number): void {
    if ((address & (size - 1)) !== 0) {
      this.#checkMisaligned(op, address, size, 'write');
      super.storeSlow(op, address, size, value);
      return;
    }
    const {memory} = this;
    const offset = memory.locate(address, ACCESS.write);
    if (offset < 0) this.#writeDevice(op, address, size, value);
    else if (offset === 0) this.fault(op, address, 'write');
    else if (size === 4) memory.words[offset >>> 2] = value;
    else if (size === 2) memory.halfWords[offset >>> 1] = value;
    else memory.bytes[offset] = value;
  }

  override fault(op: Culprit, address: number, kind: FaultKind): never {
    if (kind === 'alignment') this.memory.fault = ALIGNMENT;
    else if (this.memory.fault === undefined) throw unmodelled(op, 'such an access to a device is not modelled');
    throw new GuestFault(op.address, address, kind);
  }

  /** DFSR's WnR of a fault by this instruction. */
  static writes({kind}: GuestFault, meta: number): boolean {
    return kind === 'write' || (kind === 'alignment' && accessKind(meta) === WRITE);
  }

  #cpsrWith(thumb: number, itState: number): number {
    return this.apsr | itBits(itState) | this.masks | (thumb === 1 ? PSR.thumb : 0) | this.mode;
  }

  #setMode(mode: number): void {
    this.banks.exchange(this.mode, mode);
    this.mode = mode;
    this.memory.showTo(mode === MODE.user);
    this.vfpChanged();
  }

  #checkStatus(op: Culprit): void {
    if (!hasStatus(this.mode)) throw unmodelled(op, 'User and System mode have no SPSR: UNPREDICTABLE');
  }

  /** Only Normal memory may be accessed at any address, and that only without SCTLR.A (A3.2.1, A3.2.2). */
  #checkMisaligned(op: Culprit, address: number, size: number, kind: 'read' | 'write'): void {
    if ((this.control[CONTROL.sctlr]! & SCTLR.alignment) !== 0) this.fault(op, address, 'alignment');
    const last = (address + size - 1) | 0;
    for (const at of (address ^ last) >>> 12 === 0 ? [address] : [address, last & ~0xfff]) {
      if (this.memory.locate(at, ACCESS[kind]) === 0) this.fault(op, at, kind);
      if (!this.memory.isNormal(at)) this.fault(op, address, 'alignment');
    }
  }

  #readDevice(op: Culprit, address: number, size: number): number {
    const {bus, observer} = this.machine;
    const physical = this.memory.devicePhysical;
    const value = this.#external(op, address, 'read', () => bus.read(physical, size as 1 | 2 | 4, this.index));
    observer.deviceAccess?.(this.index, physical, size, false, value);
    this.attention = true;
    return value | 0;
  }

  #writeDevice(op: Culprit, address: number, size: number, value: number): void {
    const {bus, observer} = this.machine;
    const physical = this.memory.devicePhysical;
    const unsigned = size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1);
    this.#external(op, address, 'write', () => bus.write(physical, size as 1 | 2 | 4, unsigned, this.index));
    observer.deviceAccess?.(this.index, physical, size, true, unsigned);
    this.attention = true;
  }

  #external<T>(op: Culprit, address: number, kind: 'read' | 'write', access: () => T): T {
    try {
      return access();
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.memory.fault = EXTERNAL;
      return this.fault(op, address, kind);
    }
  }
}

const unmodelled = ({address, word, name}: Culprit, why: string): UnmodelledInstruction =>
  new UnmodelledInstruction(address, word, `${name}: ${why}`);
