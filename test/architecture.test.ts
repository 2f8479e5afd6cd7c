/** The folders of src/ import only what .dependency-cruiser.cjs lets them. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import type {ICruiseResult} from 'dependency-cruiser';
import {expect, test} from 'vitest';
import {packagePath, packageRoot} from '../src/files/paths.ts';

/** Cruises the src/ of `root` by the project's rules. */
const cruise = (root: string): ICruiseResult => {
  const command = packagePath('node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const config = packagePath('.dependency-cruiser.cjs');
  const {stdout, stderr} = spawnSync(process.execPath, [command, 'src', '--config', config, '--output-type', 'json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
};
const broken = ({summary}: ICruiseResult): string[] =>
  summary.violations.map(({rule, from, to}) => `${rule.name}: ${from} → ${to}`);

test('no module of src/ breaks a rule', () => {
  const result = cruise(packageRoot());
  expect(result.modules.filter(({source}) => source.startsWith('src/')).length).toBeGreaterThan(20);
  expect(broken(result)).toEqual([]);
});

test.each([
  ['an upward import', 'src/isa/a.ts', "import '../report/b.ts';", 'src/report/b.ts', 'isa-imports-only-lower-layers'],
  [
    'a type from above',
    'src/trace/a.ts',
    "import type {B} from '../isa/b.ts';\nexport type A = B;",
    'src/isa/b.ts',
    'trace-imports-only-lower-layers',
  ],
  ['an import of the CLI', 'src/predict/a.ts', "import '../cli/b.ts';", 'src/cli/b.ts', 'nothing-imports-cli'],
  ['a cycle', 'src/isa/a.ts', "import './b.ts';", 'src/isa/b.ts', 'no-circular'],
])('%s is caught', (_, from, source, to, rule) => {
  const root = mkdtempSync(join(tmpdir(), 'trapwalk-layers-'));
  try {
    for (const [path, text] of [
      ['tsconfig.json', '{}'],
      ['package.json', '{"type": "module"}'],
      [from, source],
      [to, rule === 'no-circular' ? "import './a.ts';" : 'export type B = 1;'],
    ] as const) {
      mkdirSync(dirname(join(root, path)), {recursive: true});
      writeFileSync(join(root, path), text);
    }
    expect(broken(cruise(root))).toContain(`${rule}: ${from} → ${to}`);
  } finally {
    rmSync(root, {recursive: true});
  }
});
