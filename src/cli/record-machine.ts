/** Records a machine: chunk by chunk to a file, which appears when it is whole. */
import {InputError} from '../files/errors.ts';
import type {PackingName, TraceCounts} from '../trace/container.ts';
import type {AsyncTraceSource, TraceChunk} from '../trace/source.ts';
import {storeTrace} from '../trace/write.ts';
import {MachineTrace, type Window} from '../tracegen/machine-trace.ts';
import {openKeyboard} from './keyboard.ts';
import {MachineOutput} from './machine-output.ts';
import {machineOptions, type Origin, openSnapshot, originFlags, turnsOf} from './power-up.ts';
import type {Progress} from './progress.ts';
import {Session} from './system.ts';

export interface MachineRecording {
  readonly origin: Origin;
  /** What is typed on the console: a file, or '-' for standard input. */
  readonly input: string | undefined;
  readonly record: 'markers' | 'all' | Window;
  readonly packing: PackingName;
  /** Instructions of all vCPUs, after which the machine is given up. */
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface RecordedMachine {
  readonly counts: TraceCounts;
  /** Executed by all vCPUs, whether recorded or not. */
  readonly instructions: number;
  readonly console: string;
}

const NOTHING_TYPED = '/dev/null';

const recordText = (record: MachineRecording['record']): readonly string[] => {
  if (record === 'markers') return [];
  return record === 'all' ? ['--all'] : [`--from ${record.skip}`, `--to ${record.skip + record.length}`];
};

const commandOf = ({origin, input, record, packing}: MachineRecording): string =>
  [
    'trapwalk trace record',
    ...originFlags(origin, input),
    ...recordText(record),
    ...(packing === 'fast' ? [] : [`--packing ${packing}`]),
    '--output FILE',
  ].join(' ');

/** @throws InputError when a file cannot be booted, the guest cannot go on or set no markers, or `path` cannot be written. */
export const recordMachine = async (path: string, recording: MachineRecording): Promise<RecordedMachine> => {
  const {origin, record, packing, limit, signal, progress} = recording;
  const output = new MachineOutput('keep');
  const snapshot = origin.kind === 'boot' ? undefined : await openSnapshot(origin);
  const trace = new MachineTrace({
    ...(origin.kind === 'boot' ? machineOptions(origin) : {snapshot: snapshot!, turns: turnsOf(origin)}),
    command: commandOf(recording),
    record,
    send: output.send,
  });
  const {machine, header, blocks} = trace;
  const keyboard = openKeyboard(recording.input ?? NOTHING_TYPED);
  const session = new Session({
    machine,
    output,
    keyboard,
    limit,
    signal,
    step: () => trace.advance(),
    saved: snapshot?.header.session,
  });
  const next = async (): Promise<TraceChunk | undefined> => {
    for (;;) {
      const chunk = trace.take();
      if (chunk !== undefined) return chunk;
      if (!trace.isOver) await session.advance();
      else if (trace.hasStarted) return undefined;
      else
        throw new InputError('the guest set no markers, so nothing was recorded', {
          file: origin.kind === 'boot' ? origin.linux : origin.file,
          remedy: 'record it with --all, or have it execute DBG #1, #2 and #3',
        });
    }
  };
  const source: AsyncTraceSource = {header, blocks, next};
  try {
    const counts = await storeTrace(path, source, {signal, packing, onChunk: progress.words()});
    return {counts, instructions: machine.instructions, console: output.kept};
  } finally {
    keyboard.close();
  }
};
