import {Errors} from '@oclif/core';
import type {VcpuReport} from '../../predict/schedule-report.ts';
import {type Itemised, type TimeDifference, timeDifference} from '../../predict/time-difference.ts';
import {BaseCommand} from '../base.ts';
import {differenceText} from '../difference-text.ts';
import {type Explained, explainSubject} from '../explain-subject.ts';
import {suts} from '../flags.ts';
import {calibrationWith} from '../parameters.ts';
import {policyChanges} from '../policy-flags.ts';
import {optionalSubject, scheduleFlags} from '../schedule-flags.ts';

interface NamedDifference extends TimeDifference {
  /** What is itemised. */
  readonly of: string;
}

type Pair<T> = readonly [first: T, second: T];

const namedDifference = (of: string, [first, second]: Pair<Itemised>): NamedDifference => ({
  of,
  ...timeDifference(first, second),
});

/** By what it did, and by what it waited for. */
const vcpuTime = (sut: string, {elapsed, items, ready, blocked}: VcpuReport): Itemised => ({
  sut,
  cycles: elapsed,
  items: [
    ...items,
    {group: 'ready', mechanism: 'waiting for a host CPU', cycles: ready},
    {group: 'blocked', mechanism: 'waiting, off the CPU', cycles: blocked},
  ],
});

const pair = <T>(of: readonly T[]): Pair<T> => [of[0] as T, of[1] as T];

const differences = (explained: Explained): readonly NamedDifference[] => {
  if (explained.kind === 'replay') return [namedDifference('Cycles of the measured part', pair(explained.reports))];
  const [a, b] = pair(explained.reports);
  const ofHost = explained.reports.map(({sut, hostCycles, items}) => ({sut, cycles: hostCycles, items}));
  return [
    namedDifference('Cycles of all host CPUs', pair(ofHost)),
    ...a.vcpus.map((vcpu, at) =>
      namedDifference(`Cycles of vCPU ${vcpu.vcpu}, until its end`, [
        vcpuTime(a.sut, vcpu),
        vcpuTime(b.sut, b.vcpus[at] as VcpuReport),
      ]),
    ),
  ];
};

export default class Diff extends BaseCommand {
  static override summary = 'Itemise by how much two systems differ: what the one takes more time for than the other.';
  static override description =
    "As 'explain' for both of them; every difference adds up to that of the totals. 'trace diff' compares two traces.";
  static override usage = 'diff TRACE|GUEST --sut ID,ID [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> diff traces/idle.trace --sut xvisor,xen',
    '<%= config.bin %> diff traces/hackbench-2.trace --sut host,kvm --host-cpus 2',
    '<%= config.bin %> diff dhrystone --sut host,kvm -- 20000 1000',
  ];
  static override args = {subject: optionalSubject};
  static override flags = {sut: suts(true), ...scheduleFlags};

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Diff);
    const chosen = flags.sut ?? [];
    if (chosen.length !== 2)
      throw new Errors.CLIError(`--sut names two systems that are compared, not ${chosen.length}`);
    const {calibration, warnings} = calibrationWith(flags.set ?? []);
    for (const warning of warnings) this.note(warning);
    const explained = await explainSubject({
      ...{name: args.subject, guestArguments, suts: chosen, flags, calibration},
      note: (line) => this.note(line),
    });
    const found = differences(explained);
    this.log(found.map((one) => differenceText(one, one.of)).join('\n\n'));
    const {kind, source, header} = explained;
    return {
      settings: Object.fromEntries(flags.set ?? []),
      changes: policyChanges(flags),
      ...{kind, source, header},
      scheduling: explained.kind === 'schedule' ? explained.scheduling : null,
      differences: found,
    };
  }
}
