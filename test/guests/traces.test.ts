/** The recordings that come with trapwalk: whole, small, and what their commands make. */
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {record} from '../../guests/traces.ts';
import {sha256} from '../../src/files/hash.ts';
import {packagePath} from '../../src/files/paths.ts';
import {readRecordings, recordingPath} from '../../src/predict/recordings.ts';
import type {TraceHeader} from '../../src/trace/source.ts';
import {MEBIBYTE} from '../../src/units.ts';
import {withTrace} from '../trace/stored.ts';

const MOST_BYTES = 40 * MEBIBYTE;
const RECORDINGS = readRecordings();
const IMAGE = packagePath('guests', 'linux', 'Image');
const INITRD = packagePath('guests', 'linux', 'initramfs.cpio.gz');
const MINUTES = 60_000;

const hashOf = (path: string): string => sha256(readFileSync(path));

test.each(RECORDINGS)('$id is the file that its hash names, made by its command', (recording) => {
  const path = recordingPath(recording);
  expect(hashOf(path)).toBe(recording.hash);
  withTrace(path, ({header, allMarkers, counts}) => {
    const {arguments: given} = recording;
    expect(header.vcpus).toBe(given.includes('--cpus') ? Number(given[given.indexOf('--cpus') + 1]) : 1);
    expect(header.machine?.commandLine).toBe(given[given.indexOf('--append') + 1]);
    expect(allMarkers?.map(({marker}) => marker).slice(-2)).toEqual(['begin', 'end']);
    expect(counts.instructions).toBeGreaterThan(recording.units);
  });
});

test('together they are small', () => {
  const sizes = RECORDINGS.map((one) => statSync(recordingPath(one)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
});

/** Was it made from this kernel and initramfs? Debian's newest may be another. */
const isOfThisGuest = ({guestHash, machine}: TraceHeader): boolean =>
  guestHash === hashOf(IMAGE) && machine?.files.find(({role}) => role === 'initrd')?.hash === hashOf(INITRD);

test.skipIf(!existsSync(IMAGE) || !existsSync(INITRD))(
  'recording again gives the same bytes',
  () => {
    const recording = RECORDINGS.find(({id}) => id === 'idle')!;
    const scratch = mkdtempSync(join(tmpdir(), 'trapwalk-recordings-'));
    try {
      const {header} = withTrace(recordingPath(recording), (trace) => trace);
      const again = isOfThisGuest(header) ? recording.hash : record(recording, join(scratch, 'first'));
      expect(record(recording, join(scratch, 'second'))).toBe(again);
    } finally {
      rmSync(scratch, {recursive: true, force: true});
    }
  },
  10 * MINUTES,
);
