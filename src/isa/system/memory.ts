/**
 * The memory of a core in system mode: translations of the current address space (VMSAv7), in a soft TLB behind the maps
 * that accesses look at. A page is in a map only while the TLB may hold its translation.
 */
import type {GuestMemory} from '../core/guest-memory.ts';
import {SCTLR, TTBCR} from './control.ts';
import type {PhysicalMemory} from './physical-memory.ts';
import {Tlb} from './tlb.ts';
import {type View, Views} from './views.ts';
import {walkLong} from './walk/long.ts';
import {
  ALL_PERMISSIONS,
  type Mapping,
  MEMORY_TYPE,
  PERMISSION,
  type ReadWord,
  type Walk,
  type WalkFault,
  type WalkRegisters,
} from './walk/mapping.ts';
import {walkShort} from './walk/short.ts';

const PAGE_SHIFT = 12;
const PAGE_MASK = 0xfff;

/** What an access needs, as a right of PL1; PL0's is {@link USER_SHIFT} further left. */
export const ACCESS = {read: PERMISSION.read, write: PERMISSION.write, execute: PERMISSION.execute} as const;
const USER_SHIFT = 3;

/** In place of an offset: the page is no RAM. */
export const DEVICE = -1;

/** Hears what a recording needs to know of translations. */
export interface MemoryWatch {
  /** A walk for this address ended in a mapping. @param descriptors their physical addresses, from the first level looked at. */
  walked(address: number, mapping: Mapping, descriptors: readonly number[]): void;
  /** A page of RAM, by its physical address, that no core has accessed before. */
  firstTouch(page: number): void;
}

export class SystemMemory implements GuestMemory {
  readMap: Int32Array;
  writeMap: Int32Array;
  /** For each page where its instructions lie, or 0. */
  fetchMap: Int32Array;
  declare readonly bytes: Uint8Array;
  declare readonly halfWords: Uint16Array;
  declare readonly words: Int32Array;
  declare readonly state: Int32Array;
  readonly physical: PhysicalMemory;
  /** Why the last lookup failed; undefined when it did not. */
  fault: WalkFault | undefined = undefined;
  /** The physical address that the last lookup found to be no RAM. */
  devicePhysical = 0;
  watch: MemoryWatch | undefined = undefined;
  readonly #tlb = new Tlb();
  readonly #views: Views;
  #view: View;
  #registers: WalkRegisters;
  #asid = 0;

  constructor(physical: PhysicalMemory, core: number, registers: WalkRegisters) {
    this.physical = physical;
    this.bytes = physical.bytes;
    this.halfWords = physical.halfWords;
    this.words = physical.words;
    this.state = physical.stateOf(core);
    this.#registers = registers;
    this.#views = new Views(physical.wasm.buffer, core);
    this.#view = this.#views.privileged;
    this.readMap = this.#view.reads;
    this.writeMap = this.#view.writes;
    this.fetchMap = this.#view.fetches;
    physical.sharers.push(this.#views);
  }

  get asid(): number {
    return this.#asid;
  }

  /** Accesses have the rights of PL0, or of PL1, from now on. */
  showTo(user: boolean): void {
    this.#view = user ? this.#views.user : this.#views.privileged;
    this.readMap = this.#view.reads;
    this.writeMap = this.#view.writes;
    this.fetchMap = this.#view.fetches;
  }

  /** The map that instructions of PL1, or of PL0, are fetched by. */
  fetchesOf(isPrivileged: boolean): Int32Array {
    return (isPrivileged ? this.#views.privileged : this.#views.user).fetches;
  }

  /** The registers that walks depend on, after one of them changed. What the TLB holds stays. */
  configure(registers: WalkRegisters): void {
    this.#registers = registers;
    const {ttbcr} = registers;
    if ((ttbcr & TTBCR.extended) === 0) return;
    this.setAsid((((ttbcr & TTBCR.asidOf1) === 0 ? registers.ttbr0High : registers.ttbr1High) >>> 16) & 0xff);
  }

  setAsid(asid: number): void {
    if (asid === this.#asid) return;
    this.#asid = asid;
    this.#views.clearLocal();
  }

  invalidate(): void {
    this.#tlb.clear();
    this.#views.clear();
  }

  invalidateAsid(asid: number): void {
    this.#tlb.clearAsid(asid);
    if (asid === this.#asid) this.#views.clearLocal();
  }

  /** @param asid undefined for all of them. */
  invalidateAddress(address: number, asid: number | undefined): void {
    const {first, end} = this.#tlb.clearAddress(address, asid);
    for (let page = first; page < end; page++) this.#views.hide(page);
  }

  readableOffset(address: number): number {
    return Math.max(this.locate(address, ACCESS.read), 0);
  }

  writableOffset(address: number): number {
    return Math.max(this.locate(address, ACCESS.write), 0);
  }

  /** Offset of a byte in the engine's memory; {@link DEVICE} and `devicePhysical` if it is no RAM; 0 and `fault`. */
  locate(address: number, access: number): number {
    const page = address >>> PAGE_SHIFT;
    const entry = this.#look(page, address, access);
    if (entry < 0) return 0;
    const inPage = address & PAGE_MASK;
    const physicalPage = this.#tlb.frames[entry]!;
    const frame = this.physical.frameOf(physicalPage);
    if (frame === 0) {
      this.devicePhysical = physicalPage * 4096 + inPage;
      return DEVICE;
    }
    this.#touch(frame);
    const mayShow = access !== ACCESS.write || this.physical.announceWrite(frame + inPage);
    if (mayShow) this.#show(page, entry, frame, access);
    return frame + inPage;
  }

  /** Whether a misaligned access to this address, which {@link locate} found, is one to Normal memory. */
  isNormal(address: number): boolean {
    const entry = this.#tlb.find(address >>> PAGE_SHIFT, this.#asid);
    return entry >= 0 && this.#tlb.memoryTypes[entry] === MEMORY_TYPE.normal;
  }

  /** Physical address of a byte of RAM that the TLB has; undefined where it has none. */
  heldPhysical(address: number): number | undefined {
    const entry = this.#tlb.find(address >>> PAGE_SHIFT, this.#asid);
    if (entry < 0) return undefined;
    return this.#tlb.frames[entry]! * 4096 + (address & PAGE_MASK);
  }

  /** The translation of an address by the current registers, past the TLB. */
  translate(address: number, readWord: ReadWord = this.physical.readWord): Walk {
    const {sctlr, ttbcr} = this.#registers;
    if ((sctlr & SCTLR.mmu) === 0) return untranslated(address);
    const walk = (ttbcr & TTBCR.extended) === 0 ? walkShort : walkLong;
    return walk(this.#registers, readWord, address);
  }

  #walk(address: number): Walk {
    const {watch, physical} = this;
    if (watch === undefined) return this.translate(address);
    const descriptors: number[] = [];
    const isLong = (this.#registers.ttbcr & TTBCR.extended) !== 0;
    const walk = this.translate(address, (at) => {
      const frame = physical.frameOf(Math.floor(at / 4096));
      if (frame === 0) return undefined;
      this.#touch(frame);
      // A long descriptor is read as two words.
      if (!isLong || at % 8 === 0) descriptors.push(at);
      return physical.readWord(at);
    });
    if (walk.fault === undefined) watch.walked(address, walk, descriptors);
    return walk;
  }

  #touch(frame: number): void {
    if (this.physical.touch(frame)) this.watch?.firstTouch(this.physical.addressOf(frame));
  }

  #show(page: number, entry: number, frame: number, access: number): void {
    this.#views.list(page, this.#tlb.isGlobal(entry));
    if (access === ACCESS.execute) this.#view.fetches[page] = frame;
    else if (access === ACCESS.write) {
      this.#views.noteWrites(frame);
      this.#view.writes[page] = frame;
    } else this.#view.reads[page] = frame;
  }

  /** The TLB's entry for an access, after a walk if need be; −1 and `fault` when it is not allowed. */
  #look(page: number, address: number, access: number): number {
    const need = this.#view === this.#views.user ? access << USER_SHIFT : access;
    const tlb = this.#tlb;
    this.fault = undefined;
    const held = tlb.find(page, this.#asid);
    if (held >= 0 && (tlb.permissions[held]! & need) !== 0) return held;
    // A translation that does not allow the access may be out of date, which a TLB that had dropped it would not show.
    const walk = this.#walk(address);
    if (walk.fault !== undefined) {
      this.fault = walk;
      return -1;
    }
    if (held >= 0) this.#views.hide(page);
    const entry = tlb.insert(page, this.#asid, walk);
    if ((walk.permissions & need) !== 0) return entry;
    this.fault = {fault: 'permission', level: walk.level, domain: walk.domain};
    return -1;
  }
}

/** With the MMU off data are Strongly-ordered (DDI 0406C B3.2.1). */
const untranslated = (address: number): Walk => ({
  fault: undefined,
  page: (address >>> PAGE_SHIFT) * 4096,
  sizeShift: PAGE_SHIFT,
  permissions: ALL_PERMISSIONS,
  global: true,
  memoryType: MEMORY_TYPE.stronglyOrdered,
  attributes: 0,
  level: 1,
  domain: 0,
});
