import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../../files/write.ts';
import {type TransferResult, validateMicrobenchmarks} from '../../../predict/transfer.ts';
import {
  ownRows,
  TRANSFER_MARKS,
  transferCells,
  transferColumns,
  transferNotes,
  transferReasons,
  transferSummary,
  transferTitle,
  withTransfer,
} from '../../../report/transfer.ts';
import {BaseCommand} from '../../base.ts';
import {markedDocument} from '../../marked-document.ts';
import {textTable} from '../../text-table.ts';

const text = (result: TransferResult): string =>
  [
    transferTitle(result),
    textTable(transferColumns, ownRows(result).map(transferCells), {lastIsWords: true}),
    transferSummary(result),
    ...transferNotes(result),
    '',
    ...transferReasons(result),
  ].join('\n');

export default class ValidateMicrobenchmarks extends BaseCommand {
  static override summary = 'Predict published microbenchmarks of another core from the same paths, worst first.';
  static override description =
    "Counts of the hypervisor's paths stay as they are; core and clock alone change, and nothing is fitted. A row that a price was taken from is marked as input.";
  static override examples = [
    '<%= config.bin %> validate microbenchmarks',
    '<%= config.bin %> validate microbenchmarks --machine arndale --json',
  ];
  static override flags = {
    machine: Flags.string({
      default: 'arndale',
      helpValue: 'ID',
      description: 'the machine of published microbenchmarks: a file of calibration/transfer',
    }),
    update: Flags.string({
      helpValue: 'FILE',
      description: 'put the result between its marks in this Markdown file, as docs/transfer.md has it',
    }),
  };

  async run(): Promise<object> {
    const {flags} = await this.parse(ValidateMicrobenchmarks);
    const {update} = flags;
    const document = update === undefined ? undefined : markedDocument(update, TRANSFER_MARKS);
    const result = validateMicrobenchmarks(flags.machine);
    if (update === undefined || document === undefined) this.log(text(result));
    else {
      writeFileAtomic(update, withTransfer(document, result));
      this.note(`wrote ${update}`);
    }
    return result;
  }
}
