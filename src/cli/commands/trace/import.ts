import {statSync} from 'node:fs';
import {Args, Flags} from '@oclif/core';
import {openImport} from '../../../trace/formats/import.ts';
import {READABLE} from '../../../trace/formats/table.ts';
import {storeTrace} from '../../../trace/write.ts';
import {BaseCommand} from '../../base.ts';
import {changeLines} from '../../changes-text.ts';
import {outputFlag} from '../../flags.ts';
import {formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {startProgress} from '../../progress.ts';

export default class TraceImport extends BaseCommand {
  static override summary = "Make a trace of another tool's file.";
  static override description =
    `${READABLE.map(({name, format}) => `${name}: ${format.title}.`).join(' ')} A file packed with gzip is unpacked. Such files name addresses and no operands, so that the pipeline model counts one cycle an instruction; what was merged, split, assumed or left out is counted on stderr.`;
  static override examples = ['<%= config.bin %> trace import lackey.log --format lackey --output program.trace'];
  static override args = {file: Args.string({required: true, description: "a file of the other tool's"})};
  static override flags = {
    format: Flags.option({options: READABLE.map(({name}) => name)})({
      required: true,
      description: 'what wrote the file',
    }),
    output: outputFlag('the trace goes'),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceImport);
    const {output} = flags;
    const row = READABLE.find(({name}) => name === flags.format)!;
    const source = await openImport({path: args.file, ...row});
    const progress = startProgress('importing');
    try {
      const counts = await interruptible((signal) => storeTrace(output, source, {signal, onChunk: progress.words()}));
      progress.stop();
      const {size: bytes} = statSync(output);
      const {counts: changes} = source.changes;
      for (const line of changeLines(changes)) this.note(line);
      this.note(
        `${output}: ${formatCount(counts.instructions)} instructions, ${formatCount(counts.accesses)} accesses, ${formatCount(bytes)} bytes`,
      );
      return {output, bytes, format: row.name, counts, changes};
    } finally {
      progress.stop();
      await source.close();
    }
  }
}
