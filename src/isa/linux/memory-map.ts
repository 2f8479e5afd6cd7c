/** The memory of a process: program break, mappings of files and of nothing (mmap(2)), in an address space. */
import {
  type AddressSpace,
  EXECUTABLE,
  FRAME_SHIFT,
  PERMISSIONS,
  READABLE,
  SHARED,
  WRITABLE,
} from '../memory/address-space.ts';
import {PAGE} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import {fail} from './errno.ts';
import type {RegularFile} from './files/node.ts';
import {readThrough, SharedPages} from './files/shared-pages.ts';
import {LOWEST_ADDRESS, MAPPING_LOWEST, MAPPING_TOP, pageUp, STACK_TOP} from './layout.ts';
import type {PendingMaintenance} from './tlb-maintenance.ts';

/** What a range shows; its name is for /proc/self/maps. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly file: RegularFile | undefined;
  /** Of `start` in the file. */
  readonly offset: number;
  readonly shared: boolean;
}

export interface MappingRequest {
  readonly address: number;
  readonly length: number;
  readonly permissions: number;
  /** A wish, an order, or an order that must not hide another mapping. */
  readonly place: 'anywhere' | 'fixed' | 'free';
  readonly shared: boolean;
  readonly file?: RegularFile | undefined;
  readonly offset?: number;
  readonly name?: string;
}

/** PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4; on Arm what is writable or executable is readable too. */
export const permissionsOf = (prot: number): number =>
  ((prot & 7) !== 0 ? READABLE : 0) | ((prot & 2) !== 0 ? WRITABLE : 0) | ((prot & 4) !== 0 ? EXECUTABLE : 0);

export class MemoryMap {
  /** Tasks that run in it. */
  users = 1;
  readonly space: AddressSpace;
  readonly #memory: Memory;
  readonly #maintenance: PendingMaintenance;
  #regions: readonly Region[] = [];
  #breakStart = 0;
  #break = 0;

  constructor(memory: Memory, space: AddressSpace, maintenance: PendingMaintenance) {
    this.#memory = memory;
    this.#maintenance = maintenance;
    this.space = space;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }

  get breakStart(): number {
    return this.#breakStart;
  }

  get break(): number {
    return this.#break;
  }

  /** A copy for a child; the space must be the current one. */
  fork(): MemoryMap {
    const child = new MemoryMap(this.#memory, this.#memory.forkSpace(), this.#maintenance);
    this.#maintenance.space(this.space.id);
    child.#regions = this.#regions;
    for (const {file} of child.#regions) file?.acquire();
    child.#breakStart = this.#breakStart;
    child.#break = this.#break;
    return child;
  }

  /** One task fewer; the last one takes the frames with it. */
  release(): void {
    this.users--;
    if (this.users > 0) return;
    this.synchronize(0, STACK_TOP);
    this.#memory.releaseSpace(this.space);
    this.#maintenance.space(this.space.id);
    this.#maintenance.end(this.space.id);
    for (const {file, shared} of this.#regions)
      if (shared && file !== undefined) sharedPages(file)?.synchronize(file, true);
    for (const {file} of this.#regions) file?.release();
    this.#regions = [];
  }

  startBreak(at: number): void {
    this.#breakStart = at;
    this.#break = at;
  }

  /** brk(2) as the kernel has it: the new break, or the old one when it cannot be had. */
  setBreak(wanted: number): number {
    if (wanted < this.#breakStart) return this.#break;
    const mappedEnd = pageUp(this.#break);
    const end = pageUp(wanted);
    if (end > mappedEnd) {
      const possible = end <= MAPPING_TOP && this.#memory.isFree(mappedEnd, end);
      if (!possible || !this.#memory.map(mappedEnd, end, READABLE | WRITABLE)) return this.#break;
    } else {
      this.#invalidatePresent(end, mappedEnd);
      this.#memory.unmap(end, mappedEnd);
    }
    this.#break = wanted;
    return wanted;
  }

  /** @throws SystemError EINVAL, ENOMEM, EEXIST */
  map(request: MappingRequest): number {
    const {permissions, shared, file, offset = 0, name = ''} = request;
    const length = pageUp(request.length);
    const start = this.#place(request, length);
    const end = start + length;
    if (request.place === 'fixed') {
      this.#forget(start, end);
      this.#invalidatePresent(start, end);
    }
    if (!this.#memory.map(start, end, permissions | (shared ? SHARED : 0))) fail('ENOMEM');
    if (file !== undefined && shared) this.#showShared(start, length, permissions, file, offset);
    else if (file !== undefined) this.#copyFile(start, length, file, offset);
    if (file !== undefined || shared || name !== '') this.#add({start, end, name, file, offset, shared});
    return start;
  }

  name(start: number, end: number, name: string): void {
    this.#add({start, end, name, file: undefined, offset: 0, shared: false});
  }

  unmap(start: number, end: number): void {
    this.#forget(start, end);
    this.#invalidatePresent(start, end);
    this.#memory.unmap(start, end);
  }

  /** @throws SystemError ENOMEM */
  protect(start: number, end: number, permissions: number): void {
    const isChange = this.#isPresentWithOther(start, end, permissions);
    if (!this.#memory.protect(start, end, permissions)) fail('ENOMEM');
    if (isChange) this.#maintenance.pages(this.space.id, start, end);
  }

  #invalidatePresent(start: number, end: number): void {
    const range = this.space.presentRange(start, end);
    if (range !== undefined) this.#maintenance.pages(this.space.id, ...range);
  }

  #isPresentWithOther(start: number, end: number, permissions: number): boolean {
    for (let page = start / PAGE; page < end / PAGE; page++) {
      const entry = this.space.entry(page);
      if (entry >>> FRAME_SHIFT !== 0 && (entry & PERMISSIONS) !== permissions) return true;
    }
    return false;
  }

  /** madvise(MADV_DONTNEED): memory of its own is zero afterwards, a file's is as the file has it. */
  discard(start: number, end: number): void {
    this.#invalidatePresent(start, end);
    for (let at = start; at < end; at += PAGE) {
      const flags = this.space.entry(at / PAGE) & (READABLE | WRITABLE | EXECUTABLE | SHARED);
      if ((flags & SHARED) === 0) this.#memory.map(at, at + PAGE, flags);
    }
    for (const region of this.#regions) {
      const [from, to] = [Math.max(region.start, start), Math.min(region.end, end)];
      if (from < to && region.file !== undefined && !region.shared)
        this.#copyFile(from, to - from, region.file, region.offset + from - region.start);
    }
  }

  /** mremap(2); all page-aligned. @throws SystemError EFAULT, EINVAL, ENOMEM */
  remap(start: number, oldLength: number, length: number, mayMove: boolean, target: number | undefined): number {
    if (oldLength === 0) fail('EINVAL');
    if (!this.#memory.isMapped(start, start + oldLength)) fail('EFAULT');
    if (target === undefined && length <= oldLength) {
      if (length < oldLength) this.unmap(start + length, start + oldLength);
      return start;
    }
    const end = start + oldLength;
    const permissions = this.space.entry(start / PAGE) & (READABLE | WRITABLE | EXECUTABLE | SHARED);
    const growsInPlace =
      target === undefined && start + length <= STACK_TOP && this.#memory.isFree(end, start + length);
    const to = growsInPlace ? start : this.#targetOf(start, oldLength, length, mayMove, target);
    const kept = Math.min(oldLength, length);
    if (to !== start) {
      if (length < oldLength) this.unmap(start + length, end);
      if (this.space.presentRange(start, start + kept) !== undefined)
        this.#maintenance.pages(this.space.id, start, start + kept);
      this.#memory.move(start, kept, to);
      this.#moveRegions(start, kept, to);
    }
    if (length > kept) {
      if (!this.#memory.map(to + kept, to + length, permissions)) fail('ENOMEM');
      this.#growRegion(to + kept, to + length, permissions);
    }
    return to;
  }

  /** Writes the files of shared mappings. */
  synchronize(start: number, end: number): void {
    for (const region of this.#regions) {
      if (region.shared && region.file !== undefined && region.start < end && start < region.end) {
        sharedPages(region.file)?.synchronize(region.file, false);
      }
    }
  }

  #targetOf(start: number, oldLength: number, length: number, mayMove: boolean, target: number | undefined): number {
    if (target !== undefined) {
      if (target % PAGE !== 0 || target + length > STACK_TOP) fail('EINVAL');
      if (target < start + oldLength && start < target + length) fail('EINVAL');
      this.unmap(target, target + length);
      return target;
    }
    if (!mayMove) fail('ENOMEM');
    return this.#memory.findFree(length, MAPPING_LOWEST, MAPPING_TOP) ?? fail('ENOMEM');
  }

  #place({address, place}: MappingRequest, length: number): number {
    if (length === 0) fail('EINVAL');
    if (length > STACK_TOP) fail('ENOMEM');
    if (place !== 'anywhere') {
      if (address % PAGE !== 0) fail('EINVAL');
      if (address < LOWEST_ADDRESS) fail('EPERM');
      if (address + length > STACK_TOP) fail('ENOMEM');
      if (place === 'free' && !this.#memory.isFree(address, address + length)) fail('EEXIST');
      return address;
    }
    const hint = pageUp(address);
    if (hint >= LOWEST_ADDRESS && hint + length <= MAPPING_TOP && this.#memory.isFree(hint, hint + length)) return hint;
    return this.#memory.findFree(length, MAPPING_LOWEST, MAPPING_TOP) ?? fail('ENOMEM');
  }

  #copyFile(start: number, length: number, file: RegularFile, offset: number): void {
    const data = readThrough(file, offset, length);
    this.#memory.load(start, data);
  }

  #showShared(start: number, length: number, permissions: number, file: RegularFile, offset: number): void {
    file.pages ??= new SharedPages(this.#memory);
    const pages = file.pages as SharedPages;
    // What lies behind the end of the file stays a page of its own.
    const inFile = Math.min(length, Math.max(0, pageUp(file.content.size) - offset));
    for (let at = 0; at < inFile; at += PAGE) {
      this.#memory.mapFrame(start + at, pages.frame(file, (offset + at) / PAGE), permissions);
    }
  }

  #add(region: Region): void {
    region.file?.acquire();
    this.#regions = [...this.#regions, region].sort((a, b) => a.start - b.start);
  }

  /** Cuts [start, end) out of the regions. */
  #forget(start: number, end: number): void {
    const touched = this.#regions.filter((region) => region.start < end && start < region.end);
    if (touched.length === 0) return;
    this.synchronize(start, end);
    const pieces = touched.flatMap((region) => [
      ...(region.start < start ? [{...region, end: start}] : []),
      ...(region.end > end ? [{...region, start: end, offset: region.offset + end - region.start}] : []),
    ]);
    for (const {file} of pieces) file?.acquire();
    for (const {file} of touched) file?.release();
    this.#regions = [...this.#regions.filter((region) => !touched.includes(region)), ...pieces].sort(
      (a, b) => a.start - b.start,
    );
  }

  #moveRegions(start: number, length: number, to: number): void {
    const moved = this.#regions.filter((region) => region.start < start + length && start < region.end);
    this.#forget(start, start + length);
    for (const region of moved) {
      const from = Math.max(region.start, start);
      const end = Math.min(region.end, start + length);
      this.#add({
        ...region,
        start: from - start + to,
        end: end - start + to,
        offset: region.offset + from - region.start,
      });
    }
  }

  /** The region that ends at `from` now ends at `to`, and shows more of its file. */
  #growRegion(from: number, to: number, permissions: number): void {
    const region = this.#regions.find(({end}) => end === from);
    if (region === undefined) return;
    const {file, offset, shared} = region;
    const at = offset + from - region.start;
    if (file !== undefined && shared) this.#showShared(from, to - from, permissions & ~SHARED, file, at);
    else if (file !== undefined) this.#copyFile(from, to - from, file, at);
    this.#regions = this.#regions.map((one) => (one === region ? {...region, end: to} : one));
  }
}

const sharedPages = (file: RegularFile): SharedPages | undefined => file.pages as SharedPages | undefined;
