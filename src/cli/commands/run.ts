import {Flags} from '@oclif/core';
import {bytes, MEBIBYTE} from '../../units.ts';
import {BaseCommand} from '../base.ts';
import {executeGuest} from '../execute.ts';
import {engine, guestArgument, guestBuild, maxInstructions, surroundingFlags} from '../flags.ts';
import {formatCount} from '../format.ts';
import {describeArguments, findGuest} from '../subject.ts';

const MOST_MEBIBYTES = 3072;

export default class Run extends BaseCommand {
  static override summary = 'Execute an Arm Linux program: its streams pass through, its exit code is the exit code.';
  static override description =
    'Static and dynamically linked programs, and scripts, with their processes, threads and signals. The guest sees no file of the host but the program itself, --sysroot and --bind; what it writes elsewhere is kept in memory. A signal that ends it gives exit code 128 and its number. With --json its output is part of the object. Arguments for the guest follow --; a guest that comes along has defaults.';
  static override usage = 'run PROGRAM [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> run dhrystone --stats -- 2000 100',
    '<%= config.bin %> run ./hello.elf --max-instructions 1000000',
    "<%= config.bin %> run /bin/sh --sysroot /srv/armhf --profile v7-hf -- -c 'ls /usr'",
  ];
  static override args = {guest: guestArgument};
  static override flags = {
    ...guestBuild,
    ...surroundingFlags,
    argv0: Flags.string({helpValue: 'NAME', description: "the guest's name for itself"}),
    memory: Flags.integer({
      min: 1,
      max: MOST_MEBIBYTES,
      helpValue: 'MIB',
      description: 'memory of all processes of the guest together, in MiB; 1024 by default',
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
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Run);
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
        ...(flags.memory === undefined ? {} : {memoryLimit: bytes(flags.memory * MEBIBYTE)}),
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
}
