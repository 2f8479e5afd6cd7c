import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../../files/write.ts';
import {DEFAULT_MACHINE} from '../../../predict/calibration.ts';
import {type FitFile, fitPath} from '../../../predict/fit-file.ts';
import {BaseCommand} from '../../base.ts';
import {calibrationText} from '../../calibration-text.ts';
import {jobs, machine} from '../../flags.ts';
import {interruptible} from '../../interrupt.ts';
import {requireWritable} from '../../output.ts';
import {startProgress} from '../../progress.ts';

/** What makes the same fit again. */
const commandOf = ({
  targets,
  machine: of,
}: {
  readonly targets?: string | undefined;
  readonly machine?: string | undefined;
}): string =>
  [
    'trapwalk calibrate',
    ...(targets === undefined ? [] : [`--targets ${targets}`]),
    ...(of === undefined ? [] : [`--machine ${of}`]),
  ].join(' ');

export default class Calibrate extends BaseCommand {
  static override summary = 'Fit the free parameters to measured cells, say what they identify, and store the fit.';
  static override description =
    'Fits to the published first vector unless --targets names another file of the same form. Replays are made where the counts of an earlier fit do not do.';
  static override examples = [
    '<%= config.bin %> calibrate --dry-run',
    '<%= config.bin %> calibrate --targets my.csv --machine lime2 --output my-fit.json',
  ];
  static override flags = {
    targets: Flags.string({
      helpValue: 'FILE',
      description: 'measured cells as CSV: table,benchmark,host_cpus,case,sut,value,unit',
      relationships: [{type: 'some', flags: ['output', 'dry-run']}],
    }),
    machine,
    output: Flags.string({
      helpValue: 'FILE',
      description: 'where the fit goes; by default where predictions look for it, calibration/fit.json',
    }),
    counts: Flags.string({
      helpValue: 'FILE',
      description: 'where counts of replays are kept; by default calibration/counts.json, or beside --output',
    }),
    replay: Flags.boolean({description: 'count anew, whatever is kept'}),
    'dry-run': Flags.boolean({exclusive: ['output'], description: 'print the fit, write nothing'}),
    jobs,
  };

  async run(): Promise<FitFile> {
    const {flags} = await this.parse(Calibrate);
    const {targets, machine: of = DEFAULT_MACHINE, output = fitPath(), replay, jobs: threads} = flags;
    const isDry = flags['dry-run'];
    const {calibrate, countsFor} = await import('../../../calibration/run.ts');
    const counts = flags.counts ?? countsFor(flags.output);
    if (!isDry) for (const path of [output, counts]) requireWritable(path);
    const progress = startProgress('calibrating');
    const fit = await interruptible((signal) =>
      calibrate({
        command: commandOf(flags),
        machine: of,
        ...(targets === undefined ? {} : {targets: resolve(targets)}),
        counts,
        isKept: !isDry,
        replay,
        signal,
        onDone: (done, total) => progress.update(done, total),
        log: (line) => progress.say(line),
        ...(threads === undefined ? {} : {jobs: threads}),
      }),
    ).finally(() => progress.stop());
    this.log(calibrationText(fit));
    if (!isDry) {
      writeFileAtomic(output, `${JSON.stringify(fit, null, 1)}\n`);
      this.note(`wrote ${output}`);
    }
    return fit;
  }
}
