/** The streams of a stored machine's trace, each read by itself. */
import {InputError} from '../files/errors.ts';
import {separateStreams, type VcpuStreams} from '../schedule/streams.ts';
import {storedHeader} from '../trace/read.ts';
import type {MachineHeader, TraceHeader} from '../trace/source.ts';
import {openRequest} from './trace-request.ts';

export interface OpenedStreams {
  readonly header: TraceHeader & {readonly machine: MachineHeader};
  readonly streams: VcpuStreams;
  close(): void;
}

/** @throws InputError for what is no trace, or no machine's. */
export const openStreams = (path: string): OpenedStreams => {
  const header = storedHeader(path);
  const {machine} = header;
  if (machine === undefined)
    throw new InputError('is the trace of a program, which has no vCPUs to schedule', {
      file: path,
      remedy: 'record a machine: `trapwalk trace record --linux …`',
    });
  const opened = Array.from({length: header.vcpus}, (_, vcpu) => openRequest({kind: 'trace', path, vcpu}, undefined));
  const sources = opened.map(({blocks, chunks}) => {
    const iterator = chunks[Symbol.iterator]();
    return {header, blocks, next: () => iterator.next().value};
  });
  return {
    header: {...header, machine},
    streams: separateStreams(sources),
    close: () => {
      for (const one of opened) one.close();
    },
  };
};
