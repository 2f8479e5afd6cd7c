/** Entry point of a thread that replays some of the systems. */
import type {MessagePort} from 'node:worker_threads';
import {type Answer, answer} from '../files/threads.ts';
import {type Ring, RingReader} from '../trace/ring.ts';
import type {Replayed} from './replay-report.ts';
import {Replayer, type ReplayPlan} from './replayer.ts';

export interface Consumption {
  readonly plan: ReplayPlan;
  readonly ring: Ring;
  readonly index: number;
  readonly port: MessagePort;
}

export default ({plan, ring, index, port}: Consumption): Answer<Replayed> =>
  answer(() => {
    const reader = new RingReader(ring, index, port);
    const replayer = new Replayer(plan, reader.blocks);
    reader.read((chunk) => replayer.consume(chunk));
    port.close();
    return replayer.finish();
  });
