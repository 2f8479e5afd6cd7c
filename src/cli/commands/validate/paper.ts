import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../../files/write.ts';
import type {Reproduction} from '../../../predict/result.ts';
import {textReport} from '../../../report/tables.ts';
import {BaseCommand} from '../../base.ts';
import {interruptible} from '../../interrupt.ts';
import {markedDocument} from '../../marked-document.ts';
import {startProgress} from '../../progress.ts';

export default class ValidatePaper extends BaseCommand {
  static override summary =
    'Compare predictions with the published tables, errors first, and what the fit behind them identifies.';
  static override examples = [
    '<%= config.bin %> validate paper --from result.json',
    '<%= config.bin %> validate paper --update docs/validation.md',
  ];
  static override flags = {
    from: Flags.string({
      helpValue: 'FILE',
      description: 'a stored `trapwalk reproduce --json`; without it everything is predicted now',
    }),
    update: Flags.string({
      helpValue: 'FILE',
      description: 'put the result between its marks in this Markdown file, as docs/validation.md has it',
    }),
  };

  async run(): Promise<Reproduction> {
    const {flags} = await this.parse(ValidatePaper);
    const {update} = flags;
    const {PAPER_MARKS, withPaperSection} = await import('../../../report/paper-validation.ts');
    const document = update === undefined ? undefined : markedDocument(update, PAPER_MARKS);
    const reproduction = await this.#reproduction(flags.from);
    if (update === undefined || document === undefined) this.log(textReport(reproduction).trimEnd());
    else {
      const {readFit} = await import('../../../predict/fit-file.ts');
      const {readRanking} = await import('../../../calibration/hypotheses.ts');
      writeFileAtomic(update, withPaperSection(document, reproduction, readFit(), readRanking()));
      this.note(`wrote ${update}`);
    }
    return reproduction;
  }

  async #reproduction(from: string | undefined): Promise<Reproduction> {
    if (from !== undefined) return (await import('../../reproduction-schema.ts')).readReproduction(from);
    const {reproduce} = await import('../../../predict/reproduce.ts');
    const progress = startProgress('replaying');
    const {reproduction} = await interruptible((signal) =>
      reproduce({
        command: 'trapwalk reproduce',
        noTimings: true,
        signal,
        onDone: (done, total) => progress.update(done, total),
      }),
    ).finally(() => progress.stop());
    return reproduction;
  }
}
