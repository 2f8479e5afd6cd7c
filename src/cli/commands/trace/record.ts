import {statSync} from 'node:fs';
import {Errors, Flags} from '@oclif/core';
import {PACKINGS, type PackingName} from '../../../trace/container.ts';
import {BaseCommand} from '../../base.ts';
import {
  guestBuild,
  maxInstructions,
  memorySize,
  optionalGuestArgument,
  outputFlag,
  surroundingFlags,
} from '../../flags.ts';
import {formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {type MachineFlagValues, machineFlags, OF_MACHINE, originOf} from '../../machine-flags.ts';
import type {Origin} from '../../power-up.ts';
import {startProgress} from '../../progress.ts';
import {record} from '../../record.ts';
import type {MachineRecording} from '../../record-machine.ts';
import {describeArguments, findGuest} from '../../subject.ts';

/** Flags of a program, which a machine has no use for. */
const OF_PROGRAM = ['profile', 'optimization', 'sysroot', 'bind', 'env', 'cwd'];

interface MachineRecordFlags extends MachineFlagValues {
  readonly output: string;
  readonly all: boolean;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly packing?: string | undefined;
  readonly 'max-instructions'?: number | undefined;
}

const recordOf = ({all, from = 0, to}: MachineRecordFlags): MachineRecording['record'] => {
  if (to === undefined) return all ? 'all' : 'markers';
  if (to <= from) throw new Errors.CLIError(`--to ${to} is not behind --from ${from}`);
  return {skip: from, length: to - from};
};

export default class TraceRecord extends BaseCommand {
  static override summary = 'Execute a guest, or boot a kernel, and store its trace.';
  static override description =
    'Records what lies between the markers of the guest. Arguments for the guest follow --. With --linux or --from-snapshot, all vCPUs of a machine are recorded, with what a hypervisor would see of them, from its marker warm or begin (DBG #1, #2) to end (DBG #3), where the machine stops; nothing is typed on its console but --input.';
  static override usage = [
    'trace record GUEST --output FILE [FLAGS] [-- ARGS]',
    'trace record --linux IMAGE --output FILE [FLAGS]',
    'trace record --from-snapshot FILE --output FILE [FLAGS]',
  ];
  static override examples = [
    '<%= config.bin %> trace record dhrystone --output dhrystone.trace -- 2000 100',
    '<%= config.bin %> trace record ./hello.elf --output hello.trace --all',
    '<%= config.bin %> trace record --linux guests/linux/Image --initrd guests/linux/initramfs.cpio.gz --cpus 2 --from 400000000 --to 420000000 --output part.trace',
    '<%= config.bin %> trace record --from-snapshot guests/linux/hackbench-1.snapshot --output hackbench.trace',
  ];
  static override args = {guest: optionalGuestArgument};
  static override flags = {
    ...guestBuild,
    ...surroundingFlags,
    ...machineFlags(OF_PROGRAM),
    memory: memorySize({
      ...OF_MACHINE,
      helpValue: 'SIZE',
      description: 'RAM of the machine, 256M by default; a plain number counts MiB',
    }),
    output: outputFlag('the trace goes'),
    all: Flags.boolean({description: 'record from the first instruction to the last, markers or not'}),
    from: Flags.integer({
      min: 0,
      ...OF_MACHINE,
      dependsOn: ['to'],
      description: 'instructions of all vCPUs that are not recorded; a turn of all vCPUs more at most',
    }),
    to: Flags.integer({
      min: 1,
      ...OF_MACHINE,
      exclusive: ['all'],
      description: 'instructions of all vCPUs behind which nothing is recorded, markers or not',
    }),
    packing: Flags.option({options: Object.keys(PACKINGS) as PackingName[]})({
      ...OF_MACHINE,
      description: "how records are packed: 'small' takes longer to write; fast by default",
    }),
    'max-instructions': maxInstructions,
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(TraceRecord);
    const origin = originOf(flags, args.guest !== undefined || guestArguments !== undefined, args.guest);
    if (origin !== undefined) return this.#recordMachine(origin, flags);
    if (args.guest === undefined) throw new Errors.CLIError('missing argument: GUEST');
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
    const {bytes} = this.#tell(flags.output, counts);
    return {output: flags.output, bytes, counts, guest: guest.name, arguments: guest.arguments};
  }

  async #recordMachine(origin: Origin, flags: MachineRecordFlags): Promise<object> {
    const {recordMachine} = await import('../../record-machine.ts');
    const {output} = flags;
    const progress = startProgress('recording');
    try {
      const recorded = await interruptible((signal) =>
        recordMachine(output, {
          ...{origin, input: flags.input},
          record: recordOf(flags),
          packing: (flags.packing ?? 'fast') as PackingName,
          limit: flags['max-instructions'],
          signal,
          progress,
        }),
      );
      progress.stop();
      const {bytes} = this.#tell(output, recorded.counts);
      return {output, bytes, ...recorded};
    } finally {
      progress.stop();
    }
  }

  #tell(output: string, {instructions, accesses}: {readonly instructions: number; readonly accesses: number}) {
    const {size: bytes} = statSync(output);
    this.note(
      `${output}: ${formatCount(instructions)} instructions, ${formatCount(accesses)} accesses, ${formatCount(bytes)} bytes`,
    );
    return {bytes};
  }
}
