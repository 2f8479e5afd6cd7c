/** Entry point of the thread that makes or reads the trace which others replay. */
import type {MessagePort} from 'node:worker_threads';
import {type Answer, answer} from '../files/threads.ts';
import {type Ring, RingWriter} from '../trace/ring.ts';
import type {TraceHeader} from '../trace/source.ts';
import type {SamplingOfTrace} from './replayer.ts';
import {openRequest, type TraceRequest} from './trace-request.ts';

export interface Production {
  readonly request: TraceRequest;
  readonly sampled: SamplingOfTrace | undefined;
  readonly ring: Ring;
  readonly ports: readonly MessagePort[];
  /** Hears of the words of each chunk. */
  readonly progress: MessagePort;
}

export default ({request, sampled, ring, ports, progress}: Production): Answer<TraceHeader> =>
  answer(() => {
    const trace = openRequest(request, sampled);
    try {
      const writer = new RingWriter(ring, trace.blocks, ports);
      for (const chunk of trace.chunks) {
        writer.write(chunk);
        progress.postMessage(chunk.length);
      }
      writer.end();
      return trace.header;
    } finally {
      trace.close();
      for (const port of [...ports, progress]) port.close();
    }
  });
