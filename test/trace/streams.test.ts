/** Traces of several vCPUs: a stream of records for each. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, test} from 'vitest';
import {diffTraces} from '../../src/trace/diff.ts';
import {type OpenOptions, openTrace, type StoredTrace} from '../../src/trace/read.ts';
import {eventRecord} from '../../src/trace/records.ts';
import {findRange, TraceSlice} from '../../src/trace/slice.ts';
import type {TraceHeader, TraceSource} from '../../src/trace/source.ts';
import {summarizeTrace} from '../../src/trace/summary.ts';
import {validateTrace} from '../../src/trace/validate.ts';
import {viewTrace} from '../../src/trace/view.ts';
import {RECORD_CODECS, writeTrace} from '../../src/trace/write.ts';
import {anyTrace, BLOCKS, HEADER, wordsOf} from './small-trace.ts';
import {CHUNKFUL, marker, ROUND_INSTRUCTIONS, rounds, taskSwitch, withIndex} from './stored.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-streams-'));
afterAll(() => rmSync(directory, {recursive: true}));
const place = (name: string): string => join(directory, name);

const MACHINE: TraceHeader = {
  ...HEADER,
  vcpus: 2,
  machine: {
    board: 'virt',
    ramBase: 0x4000_0000,
    ramSize: 2 ** 28,
    quantum: 1000,
    nanosecondsPerInstruction: 1,
    commandLine: 'quiet',
    files: [{role: 'initrd', name: 'initramfs.cpio.gz', hash: '1'.repeat(64)}],
  },
};

type Part = readonly [vcpu: number, words: readonly number[]];
const machineOf = (parts: readonly Part[], blocks = BLOCKS, vcpus = 2): TraceSource => {
  let next = 0;
  return {
    header: {...MACHINE, vcpus},
    blocks,
    next: () => {
      const part = parts[next++];
      return part && {vcpu: part[0], words: Uint32Array.from(part[1]), length: part[1].length};
    },
  };
};

/** vCPU 0 has two chunks and more, vCPU 1 some rounds in a task of its own. */
const FIRST = [...marker('warm'), ...marker('begin'), ...rounds(0, 2 * CHUNKFUL), ...marker('end')];
const SECOND = [
  ...marker('warm'),
  ...taskSwitch(3, 1003),
  ...rounds(7, 40),
  ...marker('begin'),
  ...rounds(90, 2),
  ...marker('end'),
];
const CUT = 2 * 2 + 5 * CHUNKFUL;
const write = (name: string): string => {
  const path = place(name);
  writeTrace(
    path,
    machineOf([
      [0, FIRST.slice(0, CUT)],
      [1, SECOND.slice(0, 2 + 3 + 5 * 10)],
      [0, FIRST.slice(CUT)],
      [1, SECOND.slice(2 + 3 + 5 * 10)],
    ]),
  );
  return path;
};
const whole = write('whole');

const opened = <T>(path: string, options: OpenOptions, use: (trace: StoredTrace) => T): T => {
  const trace = openTrace(path, options);
  try {
    return use(trace);
  } finally {
    trace.close();
  }
};

describe('reading', () => {
  test('a stream is what its vCPU did, whatever came between', () => {
    expect(opened(whole, {vcpu: 0}, wordsOf)).toEqual(FIRST);
    expect(opened(whole, {vcpu: 1}, wordsOf)).toEqual(SECOND);
    expect(opened(whole, {}, ({header}) => header)).toEqual(MACHINE);
  });

  test('all of them come in the order of the file, each chunk with its vCPU', () => {
    const words: number[][] = [[], []];
    const order = opened(whole, {}, (trace) => {
      const found: number[] = [];
      for (let chunk = trace.next(); chunk !== undefined; chunk = trace.next()) {
        found.push(chunk.vcpu!);
        for (const word of chunk.words.subarray(0, chunk.length)) words[chunk.vcpu!]!.push(word);
      }
      return found;
    });
    expect(order).toEqual([0, 0, 0, 1]);
    expect(words).toEqual([FIRST, SECOND]);
  });

  test('counts and markers are those of what is read', () => {
    const instructions = [2 * CHUNKFUL * ROUND_INSTRUCTIONS, 42 * ROUND_INSTRUCTIONS] as const;
    opened(whole, {}, ({counts, vcpuCounts, markers, allMarkers}) => {
      expect([counts.instructions, counts.chunks]).toEqual([instructions[0] + instructions[1], 4]);
      expect(vcpuCounts.map((one) => one.instructions)).toEqual(instructions);
      expect(markers).toBeUndefined();
      expect(allMarkers!.map((one) => one.vcpu)).toEqual([0, 0, 0, 1, 1, 1]);
    });
    opened(whole, {vcpu: 1}, ({counts, markers}) => {
      expect(counts).toMatchObject({instructions: instructions[1], chunks: 1, events: 4, words: SECOND.length});
      expect(markers!.map(({instruction}) => instruction / ROUND_INSTRUCTIONS)).toEqual([0, 40, 42]);
    });
  });

  test('positions and tasks are those of the stream', () => {
    opened(whole, {vcpu: 0}, (trace) => {
      const last = trace.seek(trace.counts.instructions - 1);
      expect(trace.next()!.vcpu).toBe(0);
      expect(last).toBeGreaterThan(CHUNKFUL * ROUND_INSTRUCTIONS);
    });
    opened(whole, {vcpu: 1}, (trace) => {
      trace.next();
      expect(trace.task).toEqual({space: 3, task: 1003});
      expect(trace.seek(0)).toBe(0);
      expect(trace.task).toEqual({space: 0, task: 1000});
    });
    opened(whole, {}, (trace) => {
      // The last chunk is all of vCPU 1's, which begins as a trace does.
      expect(trace.seek(trace.counts.instructions - 1)).toBe(2 * CHUNKFUL * ROUND_INSTRUCTIONS);
      expect([trace.task, trace.next()!.vcpu]).toEqual([{space: 0, task: 1000}, 1]);
    });
  });

  test('a vCPU that is not there is refused', () => {
    expect(() => openTrace(whole, {vcpu: 2})).toThrow('has no vCPU 2; name one of 0 to 1');
  });

  test('any turns of any vCPUs leave each its stream', () => {
    const path = place('any');
    fc.assert(
      fc.property(anyTrace, fc.array(fc.integer({min: 0, max: 2}), {minLength: 4, maxLength: 4}), (any, turns) => {
        const parts = any.chunks.map((words, index) => [turns[index]!, words] as const);
        for (const codec of RECORD_CODECS) {
          writeTrace(path, machineOf(parts, any.blocks, 3), {codec});
          for (const vcpu of [0, 1, 2]) {
            const own = parts.filter(([one]) => one === vcpu).flatMap(([, words]) => words);
            expect(opened(path, {vcpu}, wordsOf)).toEqual(own);
          }
          expect(validateTrace(path).damage).toBeUndefined();
        }
      }),
      {numRuns: 40},
    );
  });
});

describe('tools', () => {
  test('a slice is of one vCPU, and a trace of one', () => {
    opened(whole, {}, (trace) => expect(() => findRange(trace, 0, 10)).toThrow('choose one of them with --vcpu'));
    opened(whole, {vcpu: 1}, (trace) => {
      const slice = new TraceSlice(trace, findRange(trace, 'begin', 'end'), 'slice');
      expect(slice.header.vcpus).toBe(1);
      writeTrace(place('slice'), slice);
    });
    expect(opened(place('slice'), {}, wordsOf)).toEqual([
      ...taskSwitch(3, 1003),
      ...marker('begin'),
      ...rounds(90, 2),
      ...marker('end'),
    ]);
  });

  test('a slice of a machine’s stream begins with the translations that it holds', () => {
    const translation = (space: number, page: number, isGlobal = false): number[] => [
      ...[eventRecord('translation', 7), space, page * 4096, 12 | (isGlobal ? 64 : 0), page * 4096, 0, 0, 0],
    ];
    const forget = (space: number): number[] => [eventRecord('tlb-maintenance', 4), 1, space, 0, 0];
    const path = place('held');
    writeTrace(
      path,
      machineOf([
        [0, [...taskSwitch(1, 1), ...translation(1, 1), ...translation(2, 2), ...translation(0, 3, true)]],
        [0, [...rounds(0, 2), ...forget(1), ...marker('begin'), ...translation(1, 4), ...rounds(2, 1)]],
        [0, [...translation(1, 5), ...rounds(3, 1), ...marker('end')]],
      ]),
    );
    opened(path, {vcpu: 0}, (trace) => {
      const slice = new TraceSlice(trace, findRange(trace, 'begin', 'end'), 'slice');
      expect(wordsOf(slice)).toEqual([
        ...taskSwitch(1, 1),
        ...[...translation(2, 2), ...translation(0, 3, true)],
        ...marker('begin'),
        ...translation(1, 4),
        ...rounds(2, 1),
        ...[...translation(1, 5), ...rounds(3, 1), ...marker('end')],
      ]);
    });
  });

  test('view says whose records follow', () => {
    const lines = opened(whole, {vcpu: 1}, (trace) => [...viewTrace(trace, {skip: 0, count: 2})]);
    expect(lines).toEqual(['vCPU 1', '         0  marker warm', '         1  task-switch space 3 task 1003']);
  });

  test('info counts each vCPU, and pages of a space once', () => {
    const summary = opened(whole, {}, (trace) => summarizeTrace(trace, {lineSize: 64}));
    expect(summary.vcpus).toEqual([
      {instructions: 2 * CHUNKFUL * ROUND_INSTRUCTIONS, events: 3},
      {instructions: 42 * ROUND_INSTRUCTIONS, events: 4},
    ]);
    expect(summary.markers.filter(({vcpu}) => vcpu === 1)).toEqual([
      {marker: 'warm', instruction: 0, vcpu: 1},
      {marker: 'begin', instruction: 40 * ROUND_INSTRUCTIONS, vcpu: 1},
      {marker: 'end', instruction: 42 * ROUND_INSTRUCTIONS, vcpu: 1},
    ]);
  });

  test('info counts what all spaces share once', () => {
    // The loop's code, its reads and its writes are a page each, in a global section of 1 MiB; two spaces execute it.
    const section = [eventRecord('translation', 7), 0, 0, 20 | 64, 0x4000_0000, 0, 0, 0];
    const words = [...section, ...rounds(0, 1), ...taskSwitch(1, 1), ...rounds(0, 1)];
    const {dataPages, codePages, blocks} = summarizeTrace(machineOf([[0, words]]), {lineSize: 64});
    expect([dataPages, codePages, blocks]).toEqual([2, 1, 1]);
  });

  test('a trace is the same however its streams are cut', () => {
    const other = place('other');
    writeTrace(
      other,
      machineOf([
        [1, SECOND],
        [0, FIRST],
      ]),
      {packing: 'small'},
    );
    expect(readFileSync(other).equals(readFileSync(whole))).toBe(false);
    for (const vcpu of [0, 1]) {
      const difference = opened(whole, {vcpu}, (a) =>
        opened(other, {vcpu}, (b) => diffTraces(a, b, {context: 1}).difference),
      );
      expect(difference).toBeUndefined();
    }
  });

  test('validate counts each vCPU', () => {
    expect(validateTrace(whole)).toMatchObject({damage: undefined, violations: []});
  });
});

describe('damage', () => {
  const withRows = (name: string, change: (index: Record<string, never[][]>) => void): string => {
    const path = place(name);
    return withIndex(whole, path, (index) => {
      const changed = structuredClone(index) as unknown as Record<string, never[][]>;
      change(changed);
      return changed;
    });
  };

  test.each([
    ['a vCPU beyond the last', (index: Record<string, unknown[][]>) => (index.chunks![0]![5] = 2), 'names vCPU 2 of 2'],
    ['a marker of nobody', (index: Record<string, unknown[][]>) => (index.markers![0]![2] = 9), 'names vCPU 9 of 2'],
    ['a stream too few', (index: Record<string, unknown[][]>) => index.vcpus!.pop(), 'counts 1 vCPUs of 2'],
    [
      'another vCPU',
      (index: Record<string, unknown[][]>) => (index.chunks![3]![5] = 0),
      'the instructions of the index do not add up',
    ],
    [
      'streams that are not the whole',
      (index: Record<string, unknown>) => ((index.vcpus as {records: number}[])[1]!.records += 1),
      'the records of the index do not add up',
    ],
    ['a key too many', (index: Record<string, unknown>) => (index.more = 1), 'the index is malformed'],
  ])('an index with %s is refused', (name, change, message) => {
    expect(() => openTrace(withRows(name, change as never))).toThrow(message);
  });

  test('a chunk that the index gives to another vCPU is refused when it is read', () => {
    // Two streams of the same length, so that all counts fit.
    const path = place('alike');
    writeTrace(
      path,
      machineOf([
        [0, rounds(0, 3)],
        [1, rounds(5, 3)],
      ]),
    );
    const swapped = withIndex(path, place('swapped'), (index) => ({
      ...index,
      chunks: index.chunks.map((row) => [...row.slice(0, 5), 1 - (row[5] as number)]),
    }));
    expect(() => opened(swapped, {vcpu: 1}, wordsOf)).toThrow('is of vCPU 0 where the index says 1');
  });

  test('salvage keeps the streams of the chunks before the damage', () => {
    const bytes = readFileSync(whole);
    writeFileSync(place('torn'), bytes.subarray(0, bytes.length - 400));
    const found = opened(place('torn'), {salvage: true, vcpu: 0}, wordsOf);
    expect(found).toEqual(FIRST.slice(0, found.length));
    expect(found.length).toBeGreaterThan(0);
  });

  test('a header says all of a machine and nothing more', () => {
    for (const machine of [{...MACHINE.machine!, more: 1}, {...MACHINE.machine!, quantum: 0}, {board: 'virt'}]) {
      const path = place('header');
      writeTrace(path, {...machineOf([]), header: {...MACHINE, machine: machine as never}});
      expect(() => openTrace(path)).toThrow('damaged header: the header is malformed: machine');
    }
  });

  test('a chunk of a vCPU that the header does not have is not written', () => {
    const path = place('none');
    expect(() => writeTrace(path, machineOf([[2, rounds(0, 1)]]))).toThrow('a chunk of vCPU 2 of 2');
    expect(() => openTrace(path)).toThrow('cannot read');
  });
});
