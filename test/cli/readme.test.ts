import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {packagePath} from '../../src/files/paths.ts';

/** Lines of the README's shell blocks that call trapwalk alone, comments cut; the main job has a test of its own in CI. */
const commands = readFileSync(packagePath('README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('npx trapwalk '))
  .map((line) => line.replace(/\s+#.*$/, ''));

const folder = mkdtempSync(join(tmpdir(), 'trapwalk-readme-'));
afterAll(() => rmSync(folder, {recursive: true}));

describe('commands of the README, in order, in an empty folder', () => {
  test('there are some', () => expect(commands.length).toBeGreaterThan(5));

  test.each(commands)('%s', (command) => {
    // As a shell takes them: what stands in quotes is one.
    const [, , ...args] = Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
    const tsx = import.meta.resolve('tsx');
    const run = spawnSync(process.execPath, ['--import', tsx, packagePath('bin', 'dev.js'), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({status: run.status, stderr: run.status === 0 ? '' : run.stderr}).toEqual({status: 0, stderr: ''});
    expect(run.stdout + run.stderr).not.toBe('');
  });
});
