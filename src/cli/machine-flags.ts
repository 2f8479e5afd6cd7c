/** Flags of a machine and of what it boots, for the commands that start one. */
import {Errors, Flags} from '@oclif/core';
import {BOARDS} from '../board/boards.ts';
import {LONGEST_QUANTUM} from '../board/machine.ts';
import {type Bytes, bytes, MEBIBYTE} from '../units.ts';
import type {Origin} from './power-up.ts';

const MACHINE_MEMORY = 256 * MEBIBYTE;

/** Flags of a boot, which a machine that goes on has no use for. */
const OF_BOOT = ['linux', 'initrd', 'dtb', 'append', 'text-offset'];
/** Spread into a flag that any machine takes. */
export const OF_MACHINE = {relationships: [{type: 'some' as const, flags: ['linux', 'from-snapshot']}]};

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
    ...OF_MACHINE,
    description: "what is typed on the console, '-' for standard input; the terminal by default",
  }),
  cpus: Flags.integer({min: 1, ...OF_MACHINE, description: 'vCPUs of the machine; 1 by default'}),
  board: Flags.option({options: BOARDS.map(({id}) => id)})({
    ...OF_MACHINE,
    description: 'board of the machine; virt by default',
  }),
  turn: Flags.integer({
    min: 1,
    max: LONGEST_QUANTUM,
    ...OF_MACHINE,
    helpValue: 'N',
    description:
      'have the vCPUs share one CPU, in turns of so many instructions, or less where one waits; by default they run at once',
  }),
  quantum: Flags.integer({
    min: 1,
    max: LONGEST_QUANTUM,
    ...OF_MACHINE,
    exclusive: ['turn'],
    helpValue: 'N',
    description:
      'instructions that a vCPU is ahead of the others at most, where all run at once; 1000 by default: fewer are slower, and nearer to CPUs side by side',
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
  'from-snapshot': Flags.string({
    helpValue: 'FILE',
    exclusive: [...exclusive, ...OF_BOOT],
    description: "go on with a machine that 'run --snapshot-at' has kept; board, vCPUs and RAM are its own",
  }),
});

/** What those flags say, as oclif gives it. */
export interface MachineFlagValues {
  readonly linux?: string | undefined;
  readonly 'from-snapshot'?: string | undefined;
  readonly initrd?: string | undefined;
  readonly dtb?: string | undefined;
  readonly append?: string | undefined;
  readonly input?: string | undefined;
  readonly board?: string | undefined;
  readonly cpus?: number | undefined;
  readonly turn?: number | undefined;
  readonly quantum?: number | undefined;
  readonly memory?: Bytes | undefined;
  readonly 'text-offset'?: number | undefined;
}

/** Undefined when the flags name no machine. @throws CLIError for a program beside one. */
export const originOf = (flags: MachineFlagValues, hasProgram: boolean, program = ''): Origin | undefined => {
  const {linux, initrd, dtb, append, board, cpus, turn, quantum, memory, 'from-snapshot': file} = flags;
  if (linux === undefined && file === undefined) return undefined;
  if (hasProgram) {
    const what = file === undefined ? '--linux boots a kernel' : '--from-snapshot goes on with a machine';
    throw new Errors.CLIError(`${what}: there is no program ${program}`.trim());
  }
  if (linux === undefined) return {kind: 'snapshot', file: file!, turn, quantum, expected: {board, cpus, memory}};
  return {
    ...{kind: 'boot', linux, initrd, dtb, append, turn, quantum, textOffset: flags['text-offset']},
    ...{board: board ?? 'virt', cpus: cpus ?? 1, memory: memory ?? bytes(MACHINE_MEMORY)},
  };
};
