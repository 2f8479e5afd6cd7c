/** One Linux process: its memory layout, program break and anonymous mappings (as Linux 6.1 does them for 32-bit Arm). */

import type {Marker} from '../../trace/records.ts';
import {MEBIBYTE} from '../../units.ts';
import type {Cpu} from '../core/cpu.ts';
import {EXECUTABLE, READABLE, WRITABLE} from '../memory/address-space.ts';
import {PAGE} from '../memory/layout.ts';
import type {Memory} from '../memory/memory.ts';
import {type Executable, HIGHEST_ADDRESS} from './elf.ts';

export const STACK_TOP = HIGHEST_ADDRESS;
export const STACK_SIZE = 8 * MEBIBYTE;
/** Where the kernel's user helpers live; the last page of the space. */
export const HELPERS = 0xffff_0000;
const MMAP_LOWEST = 0x4000_0000;

export const pageDown = (address: number): number => Math.floor(address / PAGE) * PAGE;
export const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;

/** What the process asks of its surroundings. */
export interface ProcessPort {
  readonly write: (fd: number, data: Uint8Array) => void;
  readonly warn: (line: string) => void;
  readonly marker: (marker: Marker) => void;
  /** Instructions executed, which are also nanoseconds of the guest's clocks: a nominal 1 GHz at one per cycle. */
  readonly instructions: () => number;
}

export class Process {
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly port: ProcessPort;
  readonly random: () => number;
  exitCode: number | undefined = undefined;
  readonly #breakStart: number;
  #break: number;
  /** System calls that were not found, each reported once. */
  readonly unknownCalls = new Set<number>();

  constructor(cpu: Cpu, executable: Executable, port: ProcessPort, random: () => number) {
    this.cpu = cpu;
    this.memory = cpu.memory;
    this.port = port;
    this.random = random;
    this.#breakStart = pageUp(Math.max(...executable.segments.map(({address, size}) => address + size)));
    this.#break = this.#breakStart;
  }

  /** brk(2) as the kernel has it: the new break, or the old one when it cannot be had. */
  setBreak(wanted: number): number {
    if (wanted < this.#breakStart) return this.#break;
    const mappedEnd = pageUp(this.#break);
    const end = pageUp(wanted);
    if (end > mappedEnd) {
      const possible = end <= STACK_TOP - STACK_SIZE && this.memory.isFree(mappedEnd, end);
      if (!possible || !this.memory.map(mappedEnd, end, READABLE | WRITABLE)) return this.#break;
    } else this.memory.unmap(end, mappedEnd);
    this.#break = wanted;
    return wanted;
  }

  /** An anonymous mapping of whole pages: at `fixed`, else at the lowest free place. Undefined when memory is exhausted. */
  mapAnonymous(length: number, permissions: number, fixed: number | undefined): number | undefined {
    const start = fixed ?? this.#findFree(length);
    if (start === undefined || start + length > STACK_TOP) return undefined;
    return this.memory.map(start, start + length, permissions) ? start : undefined;
  }

  #findFree(length: number): number | undefined {
    let start = MMAP_LOWEST;
    for (let page = start; page < start + length; page += PAGE) {
      if (!this.memory.isFree(page, page + PAGE)) start = page + PAGE;
      if (start + length > STACK_TOP - STACK_SIZE) return undefined;
    }
    return start;
  }
}

/** PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4; on Arm what is writable or executable is readable too. */
export const permissionsOf = (prot: number): number =>
  ((prot & 7) !== 0 ? READABLE : 0) | ((prot & 2) !== 0 ? WRITABLE : 0) | ((prot & 4) !== 0 ? EXECUTABLE : 0);
