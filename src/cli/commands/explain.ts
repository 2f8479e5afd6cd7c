import {Errors, Flags} from '@oclif/core';
import {BaseCommand} from '../base.ts';
import {explainSubject} from '../explain-subject.ts';
import {suts} from '../flags.ts';
import {calibrationWith} from '../parameters.ts';
import {policyChanges} from '../policy-flags.ts';
import {replayText} from '../replay-text.ts';
import {optionalSubject, scheduleFlags} from '../schedule-flags.ts';
import {scheduleText} from '../schedule-text.ts';
import {Timeline} from '../timeline.ts';

const MOST_EVENTS = 1_000_000;

export default class Explain extends BaseCommand {
  static override summary = 'Explain where time goes: per vCPU and per mechanism, adding up to the total.';
  static override description =
    "The vCPUs of a machine's trace are scheduled on the host's CPUs as each hypervisor would; a program alone is replayed as by 'replay'.";
  static override usage = 'explain TRACE|GUEST --sut ID[,ID] [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> explain traces/idle.trace --sut xvisor,kvm,xen',
    '<%= config.bin %> explain traces/hackbench-2.trace --sut host,xen --host-cpus 2 --units 40000 --unit message',
    '<%= config.bin %> explain traces/idle.trace --sut xen --timeline idle.json',
    '<%= config.bin %> explain dhrystone --sut host,kvm -- 20000 1000',
  ];
  static override args = {subject: optionalSubject};
  static override flags = {
    sut: suts(true),
    ...scheduleFlags,
    timeline: Flags.string({
      helpValue: 'FILE',
      description: 'write who ran when as trace events, which https://ui.perfetto.dev opens; for one system',
    }),
    'timeline-limit': Flags.integer({
      min: 1,
      dependsOn: ['timeline'],
      helpValue: 'N',
      description: `events that are written at most; ${MOST_EVENTS} by default`,
    }),
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Explain);
    const chosen = flags.sut ?? [];
    if (flags.timeline !== undefined && chosen.length !== 1)
      throw new Errors.CLIError(`--timeline shows one system, not ${chosen.length}`);
    const {calibration, warnings} = calibrationWith(flags.set ?? []);
    for (const warning of warnings) this.note(warning);
    let timeline: Timeline | undefined;
    const start = (path: string) => (machine: {readonly vcpus: number; readonly hostCpus: number}) => {
      timeline = new Timeline({
        ...machine,
        path,
        clockHz: calibration.machine.clockHz,
        limit: flags['timeline-limit'] ?? MOST_EVENTS,
        about: {
          subject: args.subject ?? (flags['from-snapshot'] as string),
          sut: chosen[0] as string,
          seed: flags.seed,
        },
      });
      return timeline;
    };
    try {
      const explained = await explainSubject({
        ...{name: args.subject, guestArguments, suts: chosen, flags, calibration},
        note: (line) => this.note(line),
        observe: flags.timeline === undefined ? undefined : start(flags.timeline),
      });
      timeline?.commit();
      if (timeline && timeline.dropped > 0)
        this.note(`${flags.timeline}: ${timeline.dropped} events are left out; --timeline-limit raises that`);
      this.log(
        explained.kind === 'schedule'
          ? scheduleText(explained.reports, explained.units)
          : replayText(explained.reports, null),
      );
      return {settings: Object.fromEntries(flags.set ?? []), changes: policyChanges(flags), ...explained};
    } catch (error) {
      timeline?.discard();
      throw error;
    }
  }
}
