import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../../files/write.ts';
import type {TinymembenchResult} from '../../../predict/tinymembench.ts';
import {formatPercent} from '../../../report/format.ts';
import {figureCells, figureColumns, MARKS, withSection} from '../../../report/tinymembench.ts';
import {BaseCommand} from '../../base.ts';
import {listFlag, seedsFlag} from '../../flags.ts';
import {markedDocument} from '../../marked-document.ts';
import {startProgress} from '../../progress.ts';
import {textTable} from '../../text-table.ts';

const summary = ({errors}: TinymembenchResult): readonly string[] =>
  errors.map(
    ({group, figures, meanAbsolutePercentageError, withinTarget, targetPercent}) =>
      `${group}: mean absolute error ${formatPercent(meanAbsolutePercentageError)}; ${withinTarget} of ${figures} within ${targetPercent} %`,
  );

const text = (result: TinymembenchResult): string => {
  const {title, log, figures} = result;
  const table = textTable(figureColumns, figures.map(figureCells), {lastIsWords: true});
  return [`${title}, sbc-bench ${log}`, table, ...summary(result)].join('\n');
};

export default class ValidateTinymembench extends BaseCommand {
  static override summary = 'Compare the memory model with published tinymembench logs, worst figure first.';
  static override description =
    'Replays random reads and bandwidth kernels natively on the machine file of each board. No fit has seen the logs; what the machine files took from them is said in their sources.';
  static override examples = [
    '<%= config.bin %> validate tinymembench',
    '<%= config.bin %> validate tinymembench --machine banana-pi --test "C copy","C fill"',
  ];
  static override flags = {
    machine: listFlag({
      default: async () => ['lime2'],
      helpValue: 'ID[,ID]',
      description: 'machine files of boards with a published log; all are replayed in one pass',
    }),
    test: listFlag({helpValue: 'NAME[,NAME]', description: 'only these tests, by their names in the logs'}),
    seeds: seedsFlag({
      default: async () => [1],
      helpValue: '1,2,3',
      description: 'seeds of cache replacement; the figures are their means',
    }),
    update: Flags.string({
      helpValue: 'FILE',
      description: 'put the result between its marks in this Markdown file, as docs/validation.md has it',
    }),
  };

  async run(): Promise<object> {
    const {flags} = await this.parse(ValidateTinymembench);
    const {update} = flags;
    const document = update === undefined ? undefined : markedDocument(update, MARKS);
    const {validateTinymembench} = await import('../../../predict/tinymembench.ts');
    const progress = startProgress('replaying');
    const results = (() => {
      try {
        return validateTinymembench({
          machines: flags.machine,
          seeds: flags.seeds,
          ...(flags.test === undefined ? {} : {tests: flags.test}),
          onDone: (done, total) => progress.update(done, total),
        });
      } finally {
        progress.stop();
      }
    })();
    if (update === undefined || document === undefined) this.log(results.map(text).join('\n\n'));
    else {
      writeFileAtomic(update, withSection(document, results));
      this.note(`wrote ${update}`);
    }
    return {results};
  }
}
