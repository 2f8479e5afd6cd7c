/** All that can be found wrong with a stored trace: damage to the file, and broken rules in what it says. */
import {InputError} from '../files/errors.ts';
import {checkTrace, type Rule, type Violation} from './check.ts';
import type {FormatVersion, TraceCounts} from './container.ts';
import {openTrace, type StoredTrace} from './read.ts';
import type {TraceChunk, TraceSource} from './source.ts';
import {Tallies} from './tallies.ts';
import type {RecordCounts} from './tally.ts';

/** More violations than this are counted, not listed. */
const LISTED = 10;

export interface Validation {
  readonly version: FormatVersion | undefined;
  /** What was read and found whole; all of the trace where there is no damage. */
  readonly checked: TraceCounts;
  /** The first damage; what follows it was not read. */
  readonly damage: InputError | undefined;
  /** The first of them. */
  readonly violations: readonly Violation[];
  /** How often each broken rule is broken. */
  readonly broken: Readonly<Partial<Record<Rule, number>>>;
}

/** Passes on what `trace` produces, and counts it. */
class Watched implements TraceSource {
  readonly header;
  readonly blocks;
  readonly tallies: Tallies;
  chunks = 0;
  readonly #trace: StoredTrace;
  readonly #onChunk: (words: number) => void;

  constructor(trace: StoredTrace, onChunk: (words: number) => void) {
    this.#trace = trace;
    this.#onChunk = onChunk;
    this.header = trace.header;
    this.blocks = trace.blocks;
    this.tallies = new Tallies(trace.header.vcpus);
  }

  next(): TraceChunk | undefined {
    const chunk = this.#trace.next();
    if (chunk === undefined) return undefined;
    this.chunks++;
    this.tallies.of(chunk.vcpu ?? 0).add(chunk, this.blocks);
    this.#onChunk(chunk.length);
    return chunk;
  }
}

const NOTHING: TraceCounts = {chunks: 0, blocks: 0, words: 0, records: 0, instructions: 0, accesses: 0, events: 0};

/** What the index says of the whole must be what its parts amount to. */
const checkTotals = (trace: StoredTrace, {tallies: {counts, markers, perVcpu}}: Watched): InputError | undefined => {
  const differs = (Object.keys(counts) as (keyof RecordCounts)[]).find((name) => counts[name] !== trace.counts[name]);
  const damage = (what: string) =>
    new InputError(`damaged: ${what}`, {
      file: trace.path,
      place: 'index',
      remedy: 'the records are whole: salvage them',
    });
  if (differs !== undefined)
    return damage(`it says ${trace.counts[differs]} ${differs} where there are ${counts[differs]}`);
  if (JSON.stringify(trace.vcpuCounts) !== JSON.stringify(perVcpu)) {
    return damage('its counts of each vCPU are not those of the records');
  }
  if (trace.allMarkers !== undefined && JSON.stringify(trace.allMarkers) !== JSON.stringify(markers)) {
    return damage('its markers are not those of the records');
  }
  return undefined;
};

const check = (trace: StoredTrace, onChunk: (words: number) => void): Validation => {
  const watched = new Watched(trace, onChunk);
  const violations: Violation[] = [];
  const broken: Partial<Record<Rule, number>> = {};
  let damage: InputError | undefined;
  try {
    for (const violation of checkTrace(watched)) {
      if (violations.length < LISTED) violations.push(violation);
      broken[violation.rule] = (broken[violation.rule] ?? 0) + 1;
    }
    damage = checkTotals(trace, watched);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    damage = error;
  }
  const checked = {...watched.tallies.counts, chunks: watched.chunks, blocks: trace.blocks.length};
  return {version: trace.version, checked, damage, violations, broken};
};

/**
 * Reads all of the file.
 * @throws InputError when it cannot be opened or is no trace; damage is in the result.
 */
export const validateTrace = (path: string, onChunk: (words: number) => void = () => {}): Validation => {
  let trace: StoredTrace;
  try {
    trace = openTrace(path);
  } catch (error) {
    // What has a place was found within the file.
    if (!(error instanceof InputError) || error.place === undefined) throw error;
    return {version: undefined, checked: NOTHING, damage: error, violations: [], broken: {}};
  }
  try {
    return check(trace, onChunk);
  } finally {
    trace.close();
  }
};
