import {Args, Flags} from '@oclif/core';
import {ChangeCounts} from '../../../trace/formats/changes.ts';
import {exportTrace} from '../../../trace/formats/export.ts';
import {WRITABLE} from '../../../trace/formats/table.ts';
import {requireStream} from '../../../trace/one-stream.ts';
import {BaseCommand} from '../../base.ts';
import {changeLines} from '../../changes-text.ts';
import {outputFlag, vcpuFlag} from '../../flags.ts';
import {formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {startProgress} from '../../progress.ts';
import {openChecked} from '../../stored-trace.ts';

export default class TraceExport extends BaseCommand {
  static override summary = "Write a stored trace as another tool's file.";
  static override description =
    `Formats, and what they cannot hold besides markers, calls, signals and task switches: ${WRITABLE.map(({name, format}) => `${name} (${format.title}): ${format.cannotHold}.`).join(' ')} What was split, rounded or left out is counted on stderr.`;
  static override examples = [
    '<%= config.bin %> trace export dhrystone.trace --format lackey --output dhrystone.log',
    '<%= config.bin %> trace export dhrystone.trace --format champsim --output dhrystone.champsimtrace.gz',
  ];
  static override args = {file: Args.string({required: true, description: 'a stored trace'})};
  static override flags = {
    format: Flags.option({options: WRITABLE.map(({name}) => name)})({
      required: true,
      description: 'what shall read the file',
    }),
    vcpu: vcpuFlag('of a trace of several vCPUs, the one that is written'),
    output: outputFlag('it goes, packed if its name ends in .gz'),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceExport);
    const {output, vcpu} = flags;
    const {name, format} = WRITABLE.find((one) => one.name === flags.format)!;
    const trace = openChecked(args.file, {vcpu});
    const progress = startProgress('exporting');
    try {
      requireStream(trace);
      const changeCounts = new ChangeCounts();
      const onChunk = progress.words();
      const bytes = await interruptible((signal) =>
        exportTrace(output, trace, format.write, {signal, changes: changeCounts, onChunk}),
      );
      progress.stop();
      const {counts: changes} = changeCounts;
      const {instructions, accesses} = trace.counts;
      for (const line of changeLines(changes)) this.note(line);
      this.note(
        `${output}: ${formatCount(instructions)} instructions, ${formatCount(accesses)} accesses, ${formatCount(bytes)} bytes`,
      );
      return {output, bytes, format: name, instructions, accesses, changes};
    } finally {
      progress.stop();
      trace.close();
    }
  }
}
