import {statSync} from 'node:fs';
import {Args, Errors, Flags} from '@oclif/core';
import {MARKERS} from '../../../trace/events.ts';
import {openTrace} from '../../../trace/read.ts';
import {type Bound, findRange, TraceSlice as Slice} from '../../../trace/slice.ts';
import {storeTrace} from '../../../trace/write.ts';
import {BaseCommand} from '../../base.ts';
import {outputFlag, vcpuFlag} from '../../flags.ts';
import {formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {startProgress} from '../../progress.ts';

const boundFlag = Flags.custom<Bound>({
  parse: async (input) => {
    const marker = MARKERS.find((one) => one === input);
    if (marker !== undefined) return marker;
    const number = Number(input);
    if (/^\d+$/.test(input) && Number.isSafeInteger(number)) return number;
    throw new Errors.CLIError(`'${input}' is neither the number of an instruction nor one of ${MARKERS.join(', ')}`);
  },
});

export default class TraceSlice extends BaseCommand {
  static override summary = 'Store a part of a trace as a trace of its own.';
  static override description =
    'A bound is the number of an instruction, from 0, or a marker. Records stay whole, so that the slice may begin a little before and end a little behind its bounds. It begins in the task and address space that executed there, and keeps markers only if both begin and end lie in it.';
  static override examples = [
    '<%= config.bin %> trace slice long.trace --from 1000000 --to 2000000 --output short.trace',
    '<%= config.bin %> trace slice all.trace --from begin --to end --output measured.trace',
  ];
  static override args = {file: Args.string({required: true, description: 'a stored trace'})};
  static override flags = {
    from: boundFlag({default: 0, helpValue: 'N|MARKER', description: 'the first instruction; by default 0'}),
    to: boundFlag({helpValue: 'N|MARKER', description: 'the one behind the last; by default all that follow'}),
    vcpu: vcpuFlag('of a trace of several vCPUs, the one that the slice is of'),
    output: outputFlag('the slice goes'),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceSlice);
    const {from, to, output, vcpu} = flags;
    const progress = startProgress('slicing');
    const trace = openTrace(args.file, {vcpu});
    try {
      const range = findRange(trace, from, to);
      const command = `trapwalk trace slice FILE ${vcpu === undefined ? '' : `--vcpu ${vcpu} `}--from ${range.from} --to ${range.to} --output FILE`;
      const slice = new Slice(trace, range, command);
      const counts = await interruptible((signal) => storeTrace(output, slice, {signal, onChunk: progress.words()}));
      progress.stop();
      const {size: bytes} = statSync(output);
      const {covered, keptMarkers} = slice;
      this.note(
        `${output}: instructions ${formatCount(covered.from)} to ${formatCount(covered.to)}, ${formatCount(bytes)} bytes, ` +
          `${keptMarkers ? 'with' : 'without'} markers`,
      );
      return {output, bytes, asked: range, covered, keptMarkers, counts};
    } finally {
      progress.stop();
      trace.close();
    }
  }
}
