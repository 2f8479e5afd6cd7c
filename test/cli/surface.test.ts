/** Names of commands, arguments and flags: a change here is a change for every user. */
import {readdirSync} from 'node:fs';
import type {Command} from '@oclif/core';
import {expect, test} from 'vitest';
import {packagePath} from '../../src/files/paths.ts';
import {runProgram} from './run-command.ts';

const directory = packagePath('src', 'cli', 'commands');
const files = readdirSync(directory, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .sort();

const commands = await Promise.all(
  files.map(async (file) => {
    const {default: command} = (await import(`${directory}/${file}`)) as {default: Command.Class};
    return {id: file.replace(/(\/index)?\.ts$/, '').replaceAll('/', ' '), command};
  }),
);

test('commands, arguments and flags', () => {
  const surface = commands.map(({id, command}) => {
    const args = Object.entries(command.args ?? {}).map(([name, {required}]) => (required ? name : `[${name}]`));
    const flags = Object.keys(command.flags ?? {}).sort();
    return `${[id, ...args].join(' ')}: ${flags.map((flag) => `--${flag}`).join(' ')}`;
  });
  expect(surface).toMatchInlineSnapshot(`
    [
      "audit files: --deviations --rules --strict",
      "calibrate hypotheses: --again --jobs --replay",
      "calibrate: --counts --dry-run --jobs --machine --output --replay --targets",
      "diff [subject]: --bind --cwd --env --from-snapshot --guest-placement --host-cpus --locks --max-instructions --neighbours --optimization --placement --profile --seed --set --stage1-region --stage2-region --sut --sysroot --tick --unit --units --wfe",
      "explain [subject]: --bind --cwd --env --from-snapshot --guest-placement --host-cpus --locks --max-instructions --neighbours --optimization --placement --profile --seed --set --stage1-region --stage2-region --sut --sysroot --tick --timeline --timeline-limit --unit --units --wfe",
      "figures: --out --set --sut",
      "guests [guest]: ",
      "hypervisors footprint: ",
      "hypervisors list: ",
      "hypervisors priors: ",
      "hypervisors show system: --build",
      "parameters: --filter",
      "plot result: --out",
      "replay subject: --beside --bind --cwd --env --guest-placement --machine --max-instructions --optimization --placement --profile --sample --sample-period --sample-seed --sample-unit --sample-warm-up --seed --set --stage1-region --stage2-region --sut --sysroot --threads --unit --units --vcpu",
      "reproduce: --benchmark --fit --jobs --machine --out --recordings --report --second-vector --seeds --timings",
      "run [guest]: --append --argv0 --bind --board --cpus --cwd --dtb --engine --env --from-snapshot --initrd --input --linux --lock-step --max-instructions --max-tasks --memory --optimization --profile --quantum --seed --snapshot --snapshot-at --stats --sysroot --text-offset --turn",
      "trace diff first second: --context",
      "trace export file: --format --output --vcpu",
      "trace import file: --format --output",
      "trace info file: ",
      "trace record [guest]: --all --append --bind --board --cpus --cwd --dtb --env --from --from-snapshot --initrd --input --linux --max-instructions --memory --optimization --output --packing --profile --quantum --sysroot --text-offset --to --turn",
      "trace slice file: --from --output --to --vcpu",
      "trace validate file: --salvage",
      "trace view file: --count --skip --vcpu",
      "validate microbenchmarks: --machine --update",
      "validate paper: --from --update",
      "validate tinymembench: --machine --seeds --test --update",
      "whatif page-size subject: --bind --cwd --env --guest-placement --max-instructions --optimization --placement --profile --sample --sample-period --sample-seed --sample-unit --sample-warm-up --seed --set --stage1 --stage1-region --stage2 --stage2-region --sut --sysroot --threads --vcpu",
    ]
  `);
});

test.each(commands)('$id says what it does, takes --json and has an example', ({command}) => {
  expect(command.summary).toMatch(/\.$/);
  expect(command.enableJsonFlag).toBe(true);
  expect(command.examples.length).toBeGreaterThan(0);
});

test('the program finds every command from its sources', () => {
  const {stdout, stderr, exitCode} = runProgram('help', '--nested-commands');
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
  for (const {id} of commands) expect(stdout).toMatch(new RegExp(`^  ${id} `, 'm'));
});

test('an unknown command names the nearest', () => {
  expect(runProgram('reproduc')).toEqual({
    stdout: '',
    stderr: "trapwalk: unknown command 'reproduc'; did you mean 'reproduce'?\n",
    exitCode: 2,
  });
});
