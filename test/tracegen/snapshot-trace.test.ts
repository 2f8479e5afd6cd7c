/** A machine that goes on from a snapshot gives the trace that the whole run gives: every word of every vCPU, and the same header. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {bareElf} from '../../guests/programs.ts';
import {BOARDS} from '../../src/board/boards.ts';
import {describeBoot} from '../../src/board/boot/description.ts';
import {createMachine} from '../../src/board/create-machine.ts';
import type {Place} from '../../src/board/place.ts';
import {readSnapshot, writeSnapshot} from '../../src/board/snapshot/snapshot.ts';
import {MachineTrace, type MachineTraceOptions} from '../../src/tracegen/machine-trace.ts';
import {SESSION} from '../board/snapshot/machines.ts';
import {useDirectory} from '../cli/guest-file.ts';
import {GUESTS} from '../guests/catalogue.ts';

const place = useDirectory();
const MEMORY = 2 ** 26;
const SLICE = 1e6;

const optionsOf = (cpus: number) => {
  const file = join(GUESTS, 'bin', bareElf('recorded'));
  const files = {image: {file, bytes: readFileSync(file)}, commandLine: 'a line'};
  return {board: BOARDS.find(({id}) => id === 'virt')!, cpus, memory: MEMORY, files};
};

const contentOf = (options: MachineTraceOptions) => {
  const trace = new MachineTrace(options);
  const words = Array.from({length: trace.header.vcpus}, (): number[] => []);
  for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next())
    words[chunk.vcpu!]!.push(...chunk.words.subarray(0, chunk.length));
  return {words, header: trace.header, blocks: trace.blocks.map(({instructions}) => instructions)};
};

const snapshotAt = (cpus: number, at: Place) => {
  const options = optionsOf(cpus);
  const machine = createMachine({...options, send: () => {}});
  while (machine.advance(SLICE, at).state !== 'reached');
  const file = place(`${cpus}-${at.kind}.snapshot`);
  const configuration = {board: 'virt', cpus, memory: MEMORY};
  writeSnapshot(file, {machine, configuration, boot: describeBoot(options.files), command: '', session: SESSION});
  return readSnapshot(file);
};

describe.each([1, 2])('%i vCPUs', (cpus) => {
  const record = 'markers' as const;
  const whole = contentOf({...optionsOf(cpus), command: 'again', record});

  test('kept behind the mark at which recording begins', () => {
    const snapshot = snapshotAt(cpus, {kind: 'marker', marker: 'warm'});
    expect(contentOf({snapshot, command: 'again', record})).toEqual(whole);
  });

  test('kept before it', () => {
    const snapshot = snapshotAt(cpus, {kind: 'instructions', count: 20});
    expect(contentOf({snapshot, command: 'again', record})).toEqual(whole);
  });

  test('a window that begins behind it', () => {
    const snapshot = snapshotAt(cpus, {kind: 'instructions', count: 20});
    const window = {skip: 1500, length: 500} as const;
    const straight = contentOf({...optionsOf(cpus), command: 'again', record: window});
    expect(contentOf({snapshot, command: 'again', record: window})).toEqual(straight);
  });
});
