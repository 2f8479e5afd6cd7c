/** Flags of a machine and of what it boots, for the commands that start one. */
import {Flags} from '@oclif/core';
import {BOARDS} from '../board/boards.ts';
import {type Bytes, bytes, MEBIBYTE} from '../units.ts';
import type {MachineChoice} from './system.ts';

const MACHINE_MEMORY = 256 * MEBIBYTE;

/** RAM is a flag of its command, for a program has memory too. @param exclusive flags that a machine has no use for. */
export const machineFlags = (exclusive: readonly string[]) => ({
  linux: Flags.string({
    helpValue: 'IMAGE',
    exclusive: [...exclusive],
    description: 'boot this kernel: a zImage, the Image in it, or a bare ELF program',
  }),
  initrd: Flags.string({helpValue: 'FILE', dependsOn: ['linux'], description: 'initramfs of the kernel'}),
  append: Flags.string({helpValue: 'LINE', dependsOn: ['linux'], description: 'command line of the kernel'}),
  input: Flags.string({
    helpValue: 'FILE',
    dependsOn: ['linux'],
    description: "what is typed on the console, '-' for standard input; the terminal by default",
  }),
  cpus: Flags.integer({min: 1, dependsOn: ['linux'], description: 'vCPUs of the machine; 1 by default'}),
  board: Flags.option({options: BOARDS.map(({id}) => id)})({
    dependsOn: ['linux'],
    description: 'board of the machine; virt by default',
  }),
  dtb: Flags.string({
    helpValue: 'FILE',
    dependsOn: ['linux'],
    description: "flattened device tree in place of the board's own",
  }),
  'text-offset': Flags.integer({
    min: 0,
    dependsOn: ['linux'],
    helpValue: 'BYTES',
    description: 'where in RAM an Image starts; 0x208000 by default, which suits all since Linux 5.11',
  }),
});

/** What those flags say, as oclif gives it. */
export interface MachineFlagValues {
  readonly initrd?: string | undefined;
  readonly dtb?: string | undefined;
  readonly append?: string | undefined;
  readonly input?: string | undefined;
  readonly board?: string | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: Bytes | undefined;
  readonly 'text-offset'?: number | undefined;
}

export const machineChoice = (linux: string, flags: MachineFlagValues): MachineChoice => {
  const {initrd, dtb, append, input, board = 'virt', cpus = 1, memory = bytes(MACHINE_MEMORY)} = flags;
  return {linux, initrd, dtb, append, input, board, cpus, memory, textOffset: flags['text-offset']};
};
