import {Flags} from '@oclif/core';
import {BaseCommand} from '../base.ts';
import {executeGuest} from '../execute.ts';
import {guestArgument, guestBuild, maxInstructions} from '../flags.ts';
import {formatCount} from '../format.ts';
import {describeArguments, findGuest} from '../subject.ts';

export default class Run extends BaseCommand {
  static override summary = 'Execute a guest: its output passes through, its exit code is the exit code.';
  static override description =
    'With --json the output of the guest is part of the object. Arguments for the guest follow --; a guest that comes along has defaults.';
  static override usage = 'run GUEST [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> run dhrystone --stats -- 2000 100',
    '<%= config.bin %> run ./hello.elf --max-instructions 1000000',
  ];
  static override args = {guest: guestArgument};
  static override flags = {
    ...guestBuild,
    'max-instructions': maxInstructions,
    stats: Flags.boolean({description: 'end with a line on stderr: instructions, seconds, speed'}),
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Run);
    const guest = findGuest({
      name: args.guest,
      guestArguments,
      profile: flags.profile,
      optimization: flags.optimization,
    });
    const defaults = describeArguments(guest);
    if (defaults !== undefined) this.note(defaults);
    const outcome = executeGuest({
      guest,
      limit: flags['max-instructions'],
      output: this.jsonEnabled() ? 'keep' : 'pass',
      warn: (line) => this.note(line),
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
