import {Args} from '@oclif/core';
import {hypervisorIds} from '../../hypervisors/load.ts';
import {replayReports} from '../../predict/replay-report.ts';
import {BaseCommand} from '../base.ts';
import {guestBuild, maxInstructions, seed, settings, suts} from '../flags.ts';
import {calibrationWith} from '../parameters.ts';
import {startProgress} from '../progress.ts';
import {openReplay} from '../replay-source.ts';
import {replayText} from '../replay-text.ts';

export default class Replay extends BaseCommand {
  static override summary = 'Replay a trace or a guest on systems under test: cycles and what they go to.';
  static override usage = 'replay TRACE|GUEST [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> replay dhrystone --sut host,xvisor,xen -- 20000 1000',
    '<%= config.bin %> replay stream.trace --sut kvm --set cubieboard2.dram.turnaround=20',
  ];
  static override args = {
    subject: Args.string({
      required: true,
      description: "a stored trace, a guest of 'trapwalk guests', or the path of an ELF file",
    }),
  };
  static override flags = {sut: suts(false), seed, set: settings, ...guestBuild, 'max-instructions': maxInstructions};

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(Replay);
    const {calibration, warnings} = calibrationWith(flags.set ?? []);
    for (const warning of warnings) this.note(warning);
    const systems = (flags.sut ?? hypervisorIds()).map((sut) => ({sut, seed: flags.seed}));
    const request = {name: args.subject, guestArguments, profile: flags.profile, optimization: flags.optimization};
    const replay = openReplay(request, flags['max-instructions']);
    if (replay.note !== undefined) this.note(replay.note);
    const progress = startProgress('replaying');
    try {
      const reports = replayReports(replay.source, systems, calibration, progress.words());
      progress.stop();
      this.log(replayText(reports));
      return {
        source: replay.origin,
        header: replay.source.header,
        settings: Object.fromEntries(flags.set ?? []),
        reports,
      };
    } finally {
      progress.stop();
      replay.close();
    }
  }
}
