import {Errors, Flags} from '@oclif/core';
import type {Place} from '../../board/place.ts';
import type {EngineName} from '../../isa/engine/engine.ts';
import {MEBIBYTE} from '../../units.ts';
import {BaseCommand} from '../base.ts';
import {executeGuest} from '../execute.ts';
import {engine, guestBuild, maxInstructions, memorySize, optionalGuestArgument, surroundingFlags} from '../flags.ts';
import {formatCount} from '../format.ts';
import {interruptible} from '../interrupt.ts';
import {type MachineFlagValues, machineFlags, OF_MACHINE, originOf} from '../machine-flags.ts';
import {placeFlag} from '../place.ts';
import type {Origin} from '../power-up.ts';
import {describeArguments, findGuest} from '../subject.ts';

const MOST_PROGRAM_MEMORY = 3072 * MEBIBYTE;

/** Flags of a program, which a machine has no use for. */
const OF_PROGRAM = [
  'profile',
  'optimization',
  'sysroot',
  'bind',
  'env',
  'cwd',
  'argv0',
  'max-tasks',
  'seed',
  'lock-step',
];

/** What a machine takes. */
interface MachineFlags extends MachineFlagValues {
  readonly engine?: EngineName | undefined;
  readonly 'max-instructions'?: number | undefined;
  readonly 'snapshot-at'?: Place | undefined;
  readonly snapshot?: string | undefined;
  readonly stats: boolean;
}

export default class Run extends BaseCommand {
  static override summary =
    'Execute an Arm Linux program, or boot a kernel: its streams pass through, its exit code is the exit code.';
  static override description =
    'Static and dynamically linked programs, and scripts, with their processes, threads and signals. The guest sees no file of the host but the program itself, --sysroot and --bind; what it writes elsewhere is kept in memory. A signal that ends it gives exit code 128 and its number. With --json its output is part of the object. Arguments for the guest follow --; a guest that comes along has defaults. With --linux a machine with that kernel starts; its console is the terminal (Ctrl-A x ends it), and powering it off gives exit code 0.';
  static override usage = [
    'run PROGRAM [FLAGS] [-- ARGS]',
    'run --linux IMAGE [FLAGS]',
    'run --from-snapshot FILE [FLAGS]',
  ];
  static override examples = [
    '<%= config.bin %> run dhrystone --stats -- 2000 100',
    '<%= config.bin %> run ./hello.elf --max-instructions 1000000',
    "<%= config.bin %> run /bin/sh --sysroot /srv/armhf --profile v7-hf -- -c 'ls /usr'",
    '<%= config.bin %> run --linux guests/linux/Image --initrd guests/linux/initramfs.cpio.gz --append cryptomgr.notests',
    '<%= config.bin %> run --from-snapshot guests/linux/hackbench-1.snapshot',
  ];
  static override args = {guest: optionalGuestArgument};
  static override flags = {
    ...guestBuild,
    ...surroundingFlags,
    argv0: Flags.string({helpValue: 'NAME', description: "the guest's name for itself"}),
    memory: memorySize({
      helpValue: 'SIZE',
      description:
        'memory of all processes of the program together, 1G by default; RAM of the machine, 256M by default; a plain number counts MiB',
    }),
    'max-tasks': Flags.integer({min: 1, description: 'processes and threads at a time; 512 by default'}),
    seed: Flags.integer({min: 0, description: 'seed of the random numbers that the guest gets; 1 by default'}),
    engine: engine(),
    'lock-step': Flags.boolean({
      exclusive: ['engine'],
      description:
        'execute with both engines and compare them as they go; where they differ is told, and is exit code 70; standard input is read to its end first',
    }),
    'max-instructions': maxInstructions,
    stats: Flags.boolean({description: 'end with a line on stderr: instructions, seconds, speed'}),
    ...machineFlags(OF_PROGRAM),
    'snapshot-at': placeFlag({
      ...OF_MACHINE,
      dependsOn: ['snapshot'],
      description:
        'end the run there, and keep the machine: behind so many instructions, at a guest time such as 1.5s, or behind a mark of the guest (warm, begin, end)',
    }),
    snapshot: Flags.string({
      helpValue: 'FILE',
      dependsOn: ['snapshot-at'],
      description: 'where it is kept; the file appears whole or not at all',
    }),
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Run);
    const origin = originOf(flags, args.guest !== undefined || guestArguments !== undefined, args.guest);
    if (origin !== undefined) return this.#boot(origin, flags);
    if (args.guest === undefined) throw new Errors.CLIError('missing argument: GUEST');
    if (flags.memory !== undefined && flags.memory > MOST_PROGRAM_MEMORY)
      throw new Errors.CLIError(`a program has ${MOST_PROGRAM_MEMORY / MEBIBYTE} MiB at most`);
    const guest = await findGuest({
      name: args.guest,
      guestArguments,
      profile: flags.profile,
      optimization: flags.optimization,
      surroundings: flags,
    });
    const defaults = describeArguments(guest);
    if (defaults !== undefined) this.note(defaults);
    const execute = flags['lock-step'] ? (await import('../lock-step.ts')).executeInLockStep : executeGuest;
    const outcome = execute({
      guest,
      limit: flags['max-instructions'],
      output: this.jsonEnabled() ? 'keep' : 'pass',
      warn: (line) => this.note(line),
      argv0: flags.argv0,
      emulator: {
        ...(flags.memory === undefined ? {} : {memoryLimit: flags.memory}),
        ...(flags['max-tasks'] === undefined ? {} : {taskLimit: flags['max-tasks']}),
        ...(flags.seed === undefined ? {} : {seed: flags.seed}),
        ...(flags.engine === undefined ? {} : {engine: flags.engine}),
      },
    });
    if (flags.stats) {
      const {instructions, seconds, mips, exitCode} = outcome;
      this.note(
        `${formatCount(instructions)} instructions in ${seconds.toFixed(3)} s, ${mips.toFixed(0)} MIPS; exit code ${exitCode}`,
      );
    }
    process.exitCode = outcome.exitCode;
    return outcome;
  }

  async #boot(origin: Origin, flags: MachineFlags): Promise<object> {
    const {executeSystem} = await import('../system.ts');
    const {'snapshot-at': at, snapshot: file} = flags;
    const outcome = await interruptible((signal) =>
      executeSystem({
        ...{origin, signal, input: flags.input},
        snapshot: at === undefined || file === undefined ? undefined : {at, file},
        limit: flags['max-instructions'],
        engine: flags.engine,
        output: this.jsonEnabled() ? 'keep' : 'pass',
      }),
    );
    if (outcome.snapshot !== undefined) {
      const {file: written, bytes: size} = outcome.snapshot;
      this.note(`${written}: ${formatCount(size)} bytes, at ${formatCount(outcome.instructions)} instructions`);
    }
    if (flags.stats) {
      const {instructions, guestSeconds, seconds, mips} = outcome;
      this.note(
        `${formatCount(instructions)} instructions, ${guestSeconds.toFixed(3)} s for the guest, in ${seconds.toFixed(3)} s, ${mips.toFixed(0)} MIPS; ${outcome.end}`,
      );
    }
    return outcome;
  }
}
