/** Records a machine: chunk by chunk to a file, which appears when it is whole. */
import {basename} from 'node:path';
import {InputError} from '../files/errors.ts';
import type {PackingName, TraceCounts} from '../trace/container.ts';
import type {AsyncTraceSource, TraceChunk} from '../trace/source.ts';
import {storeTrace} from '../trace/write.ts';
import {MachineTrace, type Window} from '../tracegen/machine-trace.ts';
import {openKeyboard} from './keyboard.ts';
import {MachineOutput} from './machine-output.ts';
import type {Progress} from './progress.ts';
import {type MachineChoice, machineOptions, Session} from './system.ts';

export interface MachineRecording extends MachineChoice {
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

const quoted = (text: string): string => (/^[\w./=,:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const recordText = (record: MachineRecording['record']): readonly string[] => {
  if (record === 'markers') return [];
  return record === 'all' ? ['--all'] : [`--from ${record.skip}`, `--to ${record.skip + record.length}`];
};

/** Files by their names only: where they lie is no part of what is recorded. */
const commandOf = (recording: MachineRecording): string => {
  const {linux, initrd, dtb, append, input, board, cpus, memory, textOffset, packing} = recording;
  const file = (flag: string, path: string | undefined): readonly string[] =>
    path === undefined ? [] : [`--${flag} ${quoted(basename(path))}`];
  return [
    'trapwalk trace record',
    ...file('linux', linux),
    ...file('initrd', initrd),
    ...file('dtb', dtb),
    ...(append === undefined ? [] : [`--append ${quoted(append)}`]),
    ...file('input', input),
    `--board ${board} --cpus ${cpus} --memory ${memory / 2 ** 20}M`,
    ...(textOffset === undefined ? [] : [`--text-offset ${textOffset}`]),
    ...recordText(recording.record),
    ...(packing === 'fast' ? [] : [`--packing ${packing}`]),
    '--output FILE',
  ].join(' ');
};

/** @throws InputError when a file cannot be booted, the guest cannot go on or set no markers, or `path` cannot be written. */
export const recordMachine = async (path: string, recording: MachineRecording): Promise<RecordedMachine> => {
  const {record, packing, limit, signal, progress} = recording;
  const output = new MachineOutput('keep');
  const trace = new MachineTrace({
    ...machineOptions(recording),
    command: commandOf(recording),
    record,
    send: output.send,
  });
  const {machine, header, blocks} = trace;
  const keyboard = openKeyboard(recording.input ?? NOTHING_TYPED);
  const session = new Session({machine, output, keyboard, limit, signal, step: () => trace.advance()});
  const next = async (): Promise<TraceChunk | undefined> => {
    for (;;) {
      const chunk = trace.take();
      if (chunk !== undefined) return chunk;
      if (!trace.isOver) await session.advance();
      else if (trace.hasStarted) return undefined;
      else
        throw new InputError('the guest set no markers, so nothing was recorded', {
          file: recording.linux,
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
