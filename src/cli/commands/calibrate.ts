import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../files/write.ts';
import {type FitFile, fitPath} from '../../predict/calibration.ts';
import {formatNumber} from '../../report/format.ts';
import {BaseCommand} from '../base.ts';
import {jobs} from '../flags.ts';
import {interruptible} from '../interrupt.ts';
import {requireWritable} from '../output.ts';
import {startProgress} from '../progress.ts';
import {textTable} from '../text-table.ts';

const estimates = ({parameters}: FitFile): string =>
  textTable(
    ['parameter', 'unit', 'value', 'prior', 'lowest', 'highest', 'standard error', 'at bound'],
    parameters.map(({id, unit, value, prior, lower, upper, standardError, atBound}) => [
      id,
      unit,
      ...[value, prior, lower, upper, standardError].map((number) => (number === null ? '–' : formatNumber(number))),
      atBound ? 'yes' : 'no',
    ]),
    {words: 2},
  );

export default class Calibrate extends BaseCommand {
  static override summary = 'Fit the free parameters to the published first vector, and store the fit.';
  static override examples = ['<%= config.bin %> calibrate --dry-run', '<%= config.bin %> calibrate'];
  static override flags = {
    output: Flags.string({
      helpValue: 'FILE',
      description: 'where the fit goes; by default where predictions look for it, calibration/fit.json',
    }),
    'dry-run': Flags.boolean({exclusive: ['output'], description: 'print the estimates, write nothing'}),
    jobs,
  };

  async run(): Promise<FitFile> {
    const {flags} = await this.parse(Calibrate);
    const output = flags.output ?? fitPath();
    if (!flags['dry-run']) requireWritable(output);
    const {calibrate} = await import('../../predict/calibrate.ts');
    const progress = startProgress('calibrating');
    const fit = await interruptible((signal) =>
      calibrate({
        command: 'trapwalk calibrate',
        signal,
        onDone: (done, total) => progress.update(done, total),
        log: (line) => progress.say(line),
        ...(flags.jobs === undefined ? {} : {jobs: flags.jobs}),
      }),
    ).finally(() => progress.stop());
    this.log(estimates(fit));
    if (!flags['dry-run']) {
      writeFileAtomic(output, `${JSON.stringify(fit, null, 2)}\n`);
      this.note(`wrote ${output}`);
    }
    return fit;
  }
}
