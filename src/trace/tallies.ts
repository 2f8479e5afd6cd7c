/** Tallies of the streams of a trace: one for each vCPU. */
import {type MarkerPlace, type RecordCounts, Tally} from './tally.ts';

/** A marker in the stream of a vCPU, and the instructions of that before it. */
export interface PlacedMarker extends MarkerPlace {
  readonly vcpu: number;
}

export const sumOf = (all: readonly RecordCounts[]): RecordCounts => {
  const sum = {words: 0, records: 0, instructions: 0, accesses: 0, events: 0};
  for (const one of all) for (const name of Object.keys(sum) as (keyof RecordCounts)[]) sum[name] += one[name];
  return sum;
};

export class Tallies {
  readonly streams: readonly Tally[];

  constructor(vcpus: number) {
    this.streams = Array.from({length: vcpus}, () => new Tally());
  }

  /** @throws RangeError for a vCPU that there is not. */
  of(vcpu: number): Tally {
    const tally = this.streams[vcpu];
    if (tally === undefined) throw new RangeError(`vCPU ${vcpu} of ${this.streams.length}`);
    return tally;
  }

  /** Of all streams together. */
  get counts(): RecordCounts {
    return sumOf(this.perVcpu);
  }

  get perVcpu(): readonly RecordCounts[] {
    return this.streams.map(({counts}) => counts);
  }

  /** The first of each kind in each stream. */
  get markers(): readonly PlacedMarker[] {
    return this.streams.flatMap(({markers}, vcpu) => markers.map((marker) => ({...marker, vcpu})));
  }
}
