/** The memory map of a machine whose own kernel does stage 1, under one hypervisor. */

import {type GuestPage, GuestTranslations} from './guest-translations.ts';
import type {Machine} from './machine.ts';
import {layoutOf, SecondStage, type TranslationPolicy} from './second-stage.ts';
import type {MachineSpaces} from './spaces.ts';

/** Pages of devices are of 4 KiB. */
const DEVICE_PAGE = 4096;

const isIn = (address: number, base: number, bytes: number): boolean => address >= base && address < base + bytes;

const hexadecimal = (address: number): string => `0x${address.toString(16)}`;

class MachineMemory extends GuestTranslations implements MachineSpaces {
  readonly stage2: MachineSpaces['stage2'];
  readonly stage2Sizes: readonly number[];
  private readonly second: SecondStage | undefined;
  private readonly base: number;
  private readonly bytes: number;

  constructor(policy: TranslationPolicy, machine: Machine, second: SecondStage | undefined) {
    super();
    const {guestBase, guestSize} = machine;
    this.base = guestBase;
    this.bytes = guestSize;
    if (second) {
      this.second = second;
      this.stage2 = second.tables;
      this.stage2Sizes = [...new Set([DEVICE_PAGE, ...this.second.sizes.all])].sort((a, b) => a - b);
      return;
    }
    this.stage2Sizes = [];
    const {hostBase, hostBytes} = layoutOf(policy, machine);
    if (hostBase !== guestBase || guestSize > hostBytes)
      throw new RangeError(
        `natively the machine's RAM is the host's: memory.guestBase (${hexadecimal(guestBase)}) must be memory.base (${hexadecimal(hostBase)}), and memory.guestSize at most 0x${hostBytes.toString(16)}`,
      );
  }

  page(space: number, virtual: number): GuestPage | undefined {
    const page = this.find(space, virtual);
    if (page === undefined) return undefined;
    for (const descriptor of page.descriptors) this.back(descriptor, false);
    this.back(page.address + (virtual % 2 ** page.bits), page.isUncached);
    return page;
  }

  /** @throws RangeError for what is no RAM, though it is cached. */
  private back(intermediate: number, isUncached: boolean): void {
    if (isIn(intermediate, this.base, this.bytes)) this.second?.back(intermediate);
    else if (isUncached) this.second?.backDevice(intermediate);
    else
      throw new RangeError(
        `the guest's tables map ${hexadecimal(intermediate)} as memory, and its RAM is ${hexadecimal(this.base)} to ${hexadecimal(this.base + this.bytes)}: change memory.guestBase or memory.guestSize`,
      );
  }
}

/**
 * For each vCPU what its stream has announced, over one stage 2. Of the policy, stage 2 and where its frames lie; natively
 * nothing, for the guest's kernel is the only one.
 * @throws RangeError as {@link SecondStage}, or natively for RAM that is not where the host's is.
 */
export const vcpuSpaces = (
  policy: TranslationPolicy,
  machine: Machine,
  seed: number,
  vcpus: number,
): readonly MachineSpaces[] => {
  const second = policy.stage2 ? new SecondStage(policy, machine, seed) : undefined;
  return Array.from({length: vcpus}, () => new MachineMemory(policy, machine, second));
};

/** As {@link vcpuSpaces}, for one vCPU. */
export const machineSpaces = (policy: TranslationPolicy, machine: Machine, seed: number): MachineSpaces =>
  vcpuSpaces(policy, machine, seed, 1)[0]!;
