import {Args, Flags} from '@oclif/core';
import {hypervisorIds} from '../../hypervisors/load.ts';
import {DEFAULT_MACHINE} from '../../predict/calibration.ts';
import {systemWith} from '../../predict/policy-changes.ts';
import type {ReplayReport} from '../../predict/replay-report.ts';
import {BaseCommand} from '../base.ts';
import {besideFlag, replayFlags, suts, unitFlags} from '../flags.ts';
import {machineText} from '../machine-text.ts';
import {calibrationWith} from '../parameters.ts';
import {policyChanges, policyFlags} from '../policy-flags.ts';
import {replaySubject, requestOf} from '../replay-source.ts';
import {countOf, replayText} from '../replay-text.ts';

export default class Replay extends BaseCommand {
  static override summary = 'Replay a trace or a guest on systems under test: cycles and what they go to.';
  static override usage = 'replay TRACE|GUEST [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> replay dhrystone --sut host,xvisor,xen -- 20000 1000',
    '<%= config.bin %> replay long.trace --sut kvm --sample --sample-period 5000000',
    "<%= config.bin %> replay dhrystone --sut xen --beside 'cachebench-memcpy 4194304 8 1048576' -- 20000 1000",
    '<%= config.bin %> replay stream.trace --sut kvm --set cubieboard2.dram.turnaround=8',
    '<%= config.bin %> replay hackbench.trace --vcpu 0 --sut host,kvm --units 40000 --unit message',
    '<%= config.bin %> replay shell.trace --sut host,kvm --stage1-region mappings=64K --placement fragmented:4',
  ];
  static override args = {
    subject: Args.string({
      required: true,
      description: "a stored trace, a guest of 'trapwalk guests', or the path of an ELF file",
    }),
  };
  static override flags = {
    sut: suts(false),
    machine: Flags.string({
      helpValue: 'ID',
      default: DEFAULT_MACHINE,
      description: 'machine file of calibration/machines; of the fit, what it says of another board is left out',
    }),
    ...replayFlags,
    ...unitFlags,
    beside: besideFlag({exclusive: ['sample', 'threads']}),
    ...policyFlags,
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Replay);
    const {calibration, warnings} = calibrationWith(flags.set ?? [], flags.machine);
    for (const warning of warnings) this.note(warning);
    const changes = policyChanges(flags);
    const systems = (flags.sut ?? hypervisorIds()).map((sut) =>
      systemWith(calibration, {sut, seed: flags.seed}, changes),
    );
    const {source, header, beside, sampled, reports, machine} = await replaySubject({
      ...requestOf(args.subject, guestArguments, flags),
      systems,
      calibration,
      beside: flags.beside,
      units: flags.units === undefined ? undefined : {count: flags.units, name: flags.unit ?? 'unit'},
      note: (line) => this.note(line),
    });
    if (beside)
      this.log(`On the second core, sharing L2 and DRAM: ${[beside.name, ...(beside.arguments ?? [])].join(' ')}\n`);
    this.log(replayText(reports, sampled));
    if (machine) this.log(`\n${machineText(machine, countOf(reports[0] as ReplayReport, 'instructions'))}`);
    return {
      machineFile: calibration.machineFile.id,
      source,
      header,
      beside,
      settings: Object.fromEntries(flags.set ?? []),
      changes,
      sampled,
      reports,
      machine,
    };
  }
}
