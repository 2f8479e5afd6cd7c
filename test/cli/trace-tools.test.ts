import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {beforeAll, describe, expect, test} from 'vitest';
import Replay from '../../src/cli/commands/replay.ts';
import TraceDiff from '../../src/cli/commands/trace/diff.ts';
import TraceExport from '../../src/cli/commands/trace/export.ts';
import TraceImport from '../../src/cli/commands/trace/import.ts';
import TraceInfo from '../../src/cli/commands/trace/info.ts';
import TraceSlice from '../../src/cli/commands/trace/slice.ts';
import TraceValidate from '../../src/cli/commands/trace/validate.ts';
import {FRAME_BYTES} from '../../src/trace/section.ts';
import {writeTrace} from '../../src/trace/write.ts';
import {sourceOf, WORDS} from '../trace/small-trace.ts';
import {writeTasks} from '../trace/stored.ts';
import {useDirectory} from './guest-file.ts';
import {runCommand, runJson} from './run-command.ts';

const place = useDirectory();
const small = () => place('small.trace');
const tasks = () => place('tasks.trace');
/** `tasks` with a byte of its second chunk changed. */
const torn = () => place('torn.trace');
const RECORDS_FRAME = Buffer.from([2, 2, 0, 0]);

beforeAll(() => {
  writeTrace(small(), sourceOf([WORDS]));
  const bytes = Buffer.from(readFileSync(writeTasks(tasks())));
  const second = bytes.indexOf(RECORDS_FRAME, bytes.indexOf(RECORDS_FRAME) + 1);
  bytes[second + FRAME_BYTES + 5]! ^= 1;
  writeFileSync(torn(), bytes);
});

describe('validate', () => {
  test('says what it checked', async () => {
    const {stdout, stderr, exitCode} = await runCommand(TraceValidate, small());
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    expect(stdout).toMatch(/^format version +4$/m);
    expect(stdout).toMatch(/^records +7$/m);
    expect(stdout).toMatch(/^result +valid$/m);
    expect(await runJson(TraceValidate, small(), '--json')).toMatchObject({
      valid: true,
      version: 4,
      checked: {chunks: 1, blocks: 2, records: 7, instructions: 11, accesses: 6, events: 3},
      violations: [],
    });
  });

  test('names chunk and byte of the damage, and salvages what is before it', async () => {
    const {stdout, stderr, exitCode} = await runCommand(TraceValidate, torn(), '--salvage', place('saved.trace'));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^result +damaged$/m);
    expect(stderr).toMatch(
      /^trapwalk: .*torn\.trace:chunk 1, byte \d+: damaged: its checksum does not match; the 1 chunk/,
    );
    expect(stderr).toMatch(/saved\.trace: [\d,]+ instructions, 1 chunks\n$/);
    expect((await runCommand(TraceValidate, place('saved.trace'))).exitCode).toBe(0);
  });

  test('salvages nothing of a whole trace', async () => {
    const {stderr, exitCode} = await runCommand(TraceValidate, small(), '--salvage', place('needless.trace'));
    expect(stderr).toContain('small.trace is whole: ');
    expect(exitCode).toBe(0);
    expect(readdirSync(place())).not.toContain('needless.trace');
  });

  test('lists broken rules', async () => {
    writeTrace(place('broken.trace'), sourceOf([[...WORDS, ...WORDS]]));
    const {stdout, exitCode} = await runCommand(TraceValidate, place('broken.trace'));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^broken marker-order +2$/m);
    expect(stdout).toContain("record 7: marker-order: 'begin' after 'end'");
  });

  test('refuses what is no trace', async () => {
    writeFileSync(place('text'), 'hello, this is no trace at all');
    const {stderr, exitCode} = await runCommand(TraceValidate, place('text'));
    expect(stderr).toMatch(/is not a trapwalk trace; record one with /);
    expect(exitCode).toBe(1);
  });
});

describe('slice', () => {
  test('by markers and by numbers', async () => {
    const {counts, keptMarkers} = await runJson(TraceSlice, tasks(), '--from', 'begin', '-o', place('part'), '--json');
    const {counts: all} = await runJson(TraceInfo, tasks(), '--json');
    // Ten rounds of three instructions before it.
    expect(counts.instructions).toBe(all.instructions - 30);
    expect(keptMarkers).toBe(true);
    const {stderr} = await runCommand(TraceSlice, tasks(), '--from', '31', '--to', '40', '--output', place('part'));
    expect(stderr).toMatch(/part: instructions 30 to 42, \d+ bytes, without markers\n$/);
    const {header} = await runJson(TraceInfo, place('part'), '--json');
    expect(header.command).toMatch(/ && trapwalk trace slice FILE --from 31 --to 40 --output FILE$/);
  });

  test('refuses bounds that are none', async () => {
    const word = await runCommand(TraceSlice, small(), '--from', 'start', '-o', place('none'));
    expect(word.stderr).toContain("'start' is neither the number of an instruction nor one of warm, begin, end");
    expect(word.exitCode).toBe(2);
    const far = await runCommand(TraceSlice, small(), '--from', '11', '-o', place('none'));
    expect(far.stderr).toContain('instructions 11 to 11 are no part of it; it has instructions 0 to 11');
    expect(far.exitCode).toBe(1);
    expect(readdirSync(place())).not.toContain('none');
  });
});

describe('diff', () => {
  test('is 0 for the same, 1 for a difference, 2 for trouble', async () => {
    const same = await runCommand(TraceDiff, small(), small());
    expect(same.stdout).toContain('the same records');
    expect(same.exitCode).toBe(0);
    const words = [...WORDS];
    words[3]!++;
    writeTrace(place('other.trace'), sourceOf([words]));
    const different = await runCommand(TraceDiff, small(), place('other.trace'), '--context', '0');
    expect(different.stdout).toContain('@@ record 1, instruction 0 @@');
    expect(different.stdout).toContain('-            [0] read 4 bytes at 0x00020ffc\n');
    expect(different.stdout).toContain('+            [0] read 4 bytes at 0x00020ffd\n');
    expect(different.exitCode).toBe(1);
    expect((await runCommand(TraceDiff, small(), place('missing'))).exitCode).toBe(2);
  });
});

describe('import and export', () => {
  test('what is left out is told, and the file may be packed', async () => {
    const {stderr} = await runCommand(TraceExport, small(), '--format', 'lackey', '--output', place('small.log.gz'));
    expect(stderr).toMatch(
      /^2 markers left out\n1 supervisor calls left out\n.*small\.log\.gz: 11 instructions, 6 accesses, \d+ bytes\n$/,
    );
    expect(gunzipSync(readFileSync(place('small.log.gz'))).toString()).toMatch(/^I {2}00010000,4\n L 00020ffc,4\n/);
    const {changes, counts} = await runJson(
      TraceImport,
      ...[place('small.log.gz'), '--format', 'lackey', '--output', place('again.trace'), '--json'],
    );
    expect(counts).toMatchObject({instructions: 11, accesses: 6});
    expect(changes).toEqual({});
    const {header} = await runJson(TraceInfo, place('again.trace'), '--json');
    expect(header.importedFrom).toMatchObject({format: 'lackey', file: 'small.log.gz'});
  });

  test('a trace of several address spaces says that they become one', async () => {
    const {stderr} = await runCommand(TraceExport, tasks(), '--format', 'din', '--output', place('tasks.din'));
    expect(stderr).toContain('1 task switches left out: addresses of all address spaces become one');
  });

  test('an imported trace is replayed: an instruction a cycle, and what its addresses cost', async () => {
    writeFileSync(place('loop.log'), 'I  00010444,4\n L 00021000,4\nI  00010448,4\nI  0001044c,4\n'.repeat(1000));
    await runJson(TraceImport, place('loop.log'), '--format', 'lackey', '--output', place('loop.trace'), '--json');
    const {reports} = await runJson(Replay, place('loop.trace'), '--sut', 'host', '--json');
    // The loop is taken 999 times, and its end is unknown: never mispredicted.
    expect(reports[0].counts).toMatchObject({
      instructions: 3000,
      'cycles.pipeline': 3000,
      'accesses.read': 1000,
      'branch.taken': 999,
      'branch.mispredicted': 0,
    });
  });

  test('errors name place and remedy, and leave nothing', async () => {
    writeFileSync(place('bad.log'), 'I  00010444,4\n\n');
    const {stderr, exitCode} = await runCommand(
      TraceImport,
      ...[place('bad.log'), '--format', 'lackey', '--output', place('bad.trace')],
    );
    expect(stderr).toContain("bad.log:2: '' is no line of lackey's; see that --format names its format\n");
    expect(exitCode).toBe(1);
    const packed = await runCommand(TraceExport, small(), '--format', 'champsim', '--output', place('bad.xz'));
    expect(packed.stderr).toContain('bad.xz: trapwalk packs with gzip only; name a file without this ending');
    expect(readdirSync(place()).filter((name) => /^\.?bad\.(trace|xz)/.test(name))).toEqual([]);
  });
});
