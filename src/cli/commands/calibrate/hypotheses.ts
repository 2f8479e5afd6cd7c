import {Flags} from '@oclif/core';
import type {Ranking} from '../../../calibration/hypotheses.ts';
import {writeFileAtomic} from '../../../files/write.ts';
import {BaseCommand} from '../../base.ts';
import {jobs} from '../../flags.ts';
import {interruptible} from '../../interrupt.ts';
import {requireWritable} from '../../output.ts';
import {startProgress} from '../../progress.ts';
import {rankingText} from '../../ranking-text.ts';

export default class Hypotheses extends BaseCommand {
  static override summary = "Fit every combination of what is unknown of the paper's set-up, and rank them.";
  static override description =
    'Unknowns and their alternatives are in calibration/hypotheses.yaml. The score is the error on benchmarks that a fit did not see. Without --again, the stored ranking is shown.';
  static override examples = [
    '<%= config.bin %> calibrate hypotheses',
    '<%= config.bin %> calibrate hypotheses --again',
  ];
  static override flags = {
    again: Flags.boolean({description: 'fit all combinations anew, which takes minutes, and store the ranking'}),
    replay: Flags.boolean({description: 'with --again: count anew, whatever is kept', dependsOn: ['again']}),
    jobs,
  };

  async run(): Promise<Ranking> {
    const {flags} = await this.parse(Hypotheses);
    const {readRanking, rankingPath} = await import('../../../calibration/hypotheses.ts');
    const ranking = flags.again ? await this.#rank(flags, rankingPath()) : readRanking();
    this.log(rankingText(ranking));
    return ranking;
  }

  async #rank(
    {replay, jobs: threads}: {readonly replay: boolean; readonly jobs?: number | undefined},
    path: string,
  ): Promise<Ranking> {
    requireWritable(path);
    const {alternativeCountsPath} = await import('../../../calibration/alternatives.ts');
    const {rank} = await import('../../../calibration/run.ts');
    const alternatives = alternativeCountsPath();
    requireWritable(alternatives);
    const progress = startProgress('ranking');
    const ranking = await interruptible((signal) =>
      rank({
        command: 'trapwalk calibrate hypotheses --again',
        alternatives,
        replay,
        signal,
        onDone: (done, total) => progress.update(done, total),
        log: (line) => progress.say(line),
        ...(threads === undefined ? {} : {jobs: threads}),
      }),
    ).finally(() => progress.stop());
    writeFileAtomic(path, `${JSON.stringify(ranking, null, 1)}\n`);
    this.note(`wrote ${path}`);
    return ranking;
  }
}
