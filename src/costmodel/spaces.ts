/** What the MMU asks of a guest's memory: of a program's, or of a machine's, whose kernel maps it. */
import type {GuestPage} from './guest-translations.ts';
import type {Tables} from './tables.ts';

interface TwoStages {
  /** Undefined for a native run. */
  readonly stage2: Tables | undefined;
  /** Bytes of the pages of stage 2, the smallest first. */
  readonly stage2Sizes: readonly number[];
}

/** What the MMU asks of the memory of a guest whose kernel is not in the trace: stage 1 is made up, by address space. */
export interface ProgramSpaces extends TwoStages {
  /** Bytes that a main-TLB entry can map, the smallest first. */
  readonly entrySizes: readonly number[];
  /** The guest's kernel does not tag its entries: a switch to another space loses them all. */
  readonly flushesAtSwitch: boolean;
  stage1(space: number): Tables;
  /** Makes sure that the page holding `virtual` in a space is mapped, in both stages. */
  touch(space: number, virtual: number): void;
  /** Nothing runs in the space any more. */
  end(space: number): void;
}

/** The same of a machine, whose trace says what its kernel maps. */
export interface MachineSpaces extends TwoStages {
  /** The payload of a `translation` event from word `at` on. */
  announce(words: Uint32Array, at: number): void;
  /** The payload of a `tlb-maintenance` event. */
  drop(operation: number, space: number, address: number, pages: number): void;
  /** What maps `virtual`, all that a walk of it needs being mapped in stage 2; undefined where nothing is announced. */
  page(space: number, virtual: number): GuestPage | undefined;
}

export type AddressSpaces = ProgramSpaces | MachineSpaces;

export const isMachine = (spaces: AddressSpaces): spaces is MachineSpaces => 'announce' in spaces;

/** An access without an announced translation. */
export class Unannounced extends Error {
  override readonly name = 'Unannounced';

  constructor(space: number, virtual: number) {
    super(`nothing announces a translation of 0x${virtual.toString(16)} in address space ${space}`);
  }
}
