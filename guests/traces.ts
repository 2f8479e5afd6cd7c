/**
 * Makes the recordings of traces/traces.yaml again, from the guest that `npm run guest:linux` leaves in guests/linux.
 *
 *   npm run guest:traces [id …]             replaces the files, and the hashes in traces.yaml
 *   npm run guest:traces -- --check [id …]  compares with the files, and leaves them as they are
 */
import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {sha256} from '../src/files/hash.ts';
import {packagePath} from '../src/files/paths.ts';
import {type Recording, readRecordings, recordingPath, recordingsPath} from '../src/predict/recordings.ts';

/** @returns SHA-256 of the file. @throws Error when trapwalk fails. */
export const record = ({id, arguments: given}: Recording, output: string): string => {
  const program = [packagePath('bin', 'run.js'), ...given, '--output', output];
  const {status} = spawnSync(process.execPath, program, {cwd: packagePath(), stdio: ['ignore', 'ignore', 'inherit']});
  if (status !== 0) throw new Error(`${id}: trapwalk ended with ${status}`);
  return sha256(readFileSync(output));
};

const replace = (recording: Recording, made: string, hash: string): void => {
  copyFileSync(made, recordingPath(recording));
  const text = readFileSync(recordingsPath(), 'utf8');
  writeFileSync(recordingsPath(), text.replace(recording.hash, hash));
};

const main = (given: readonly string[]): void => {
  const wanted = given.filter((one) => one !== '--check');
  const all = readRecordings();
  const unknown = wanted.find((id) => !all.some((one) => one.id === id));
  if (unknown !== undefined) throw new Error(`no recording ${unknown}; there are ${all.map(({id}) => id).join(', ')}`);
  const scratch = mkdtempSync(join(tmpdir(), 'trapwalk-traces-'));
  try {
    for (const recording of all.filter(({id}) => wanted.length === 0 || wanted.includes(id))) {
      const made = join(scratch, recording.file);
      const hash = record(recording, made);
      const isSame = hash === recording.hash;
      console.log(`${recording.id}: ${statSync(made).size} bytes, ${hash}, ${isSame ? 'the same' : 'other'} bytes`);
      if (given.includes('--check')) process.exitCode ||= isSame ? 0 : 1;
      else if (!isSame) replace(recording, made, hash);
    }
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
};

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
