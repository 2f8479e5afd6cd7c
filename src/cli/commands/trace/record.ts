import {statSync} from 'node:fs';
import {Flags} from '@oclif/core';
import {BaseCommand} from '../../base.ts';
import {guestArgument, guestBuild, maxInstructions, outputFlag, surroundingFlags} from '../../flags.ts';
import {formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {record} from '../../record.ts';
import {describeArguments, findGuest} from '../../subject.ts';

export default class TraceRecord extends BaseCommand {
  static override summary = 'Execute a guest and store its trace.';
  static override description =
    'Records what lies between the markers of the guest. Arguments for the guest follow --.';
  static override usage = 'trace record GUEST --output FILE [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> trace record dhrystone --output dhrystone.trace -- 2000 100',
    '<%= config.bin %> trace record ./hello.elf --output hello.trace --all',
  ];
  static override args = {guest: guestArgument};
  static override flags = {
    ...guestBuild,
    ...surroundingFlags,
    output: outputFlag('the trace goes'),
    all: Flags.boolean({description: 'record from the first instruction to the last, markers or not'}),
    'max-instructions': maxInstructions,
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(TraceRecord);
    const guest = await findGuest({
      name: args.guest,
      guestArguments,
      profile: flags.profile,
      optimization: flags.optimization,
      surroundings: flags,
    });
    const defaults = describeArguments(guest);
    if (defaults !== undefined) this.note(defaults);
    const request = {guest, record: flags.all ? 'all' : 'markers', maxInstructions: flags['max-instructions']} as const;
    const counts = await interruptible((signal) => record(request, flags.output, signal));
    const {size} = statSync(flags.output);
    const {instructions, accesses} = counts;
    this.note(
      `${flags.output}: ${formatCount(instructions)} instructions, ${formatCount(accesses)} accesses, ${formatCount(size)} bytes`,
    );
    return {output: flags.output, bytes: size, counts, guest: guest.name, arguments: guest.arguments};
  }
}
