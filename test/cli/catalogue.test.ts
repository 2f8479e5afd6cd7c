/** Commands that show what comes along: guests, hypervisors, parameters. */
import {describe, expect, test} from 'vitest';
import Guests from '../../src/cli/commands/guests.ts';
import HypervisorsFootprint from '../../src/cli/commands/hypervisors/footprint.ts';
import HypervisorsList from '../../src/cli/commands/hypervisors/list.ts';
import HypervisorsPriors from '../../src/cli/commands/hypervisors/priors.ts';
import HypervisorsShow from '../../src/cli/commands/hypervisors/show.ts';
import Parameters from '../../src/cli/commands/parameters.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {runCommand, runJson} from './run-command.ts';

describe('guests', () => {
  test('lists all, or shows one with its default arguments', async () => {
    const {guests} = await runJson(Guests, '--json');
    expect(guests.map(({id}: {id: string}) => id)).toEqual([
      'dhrystone',
      'cachebench-memcpy',
      'cachebench-rmw',
      'stream',
      'tinymembench-latency',
      'tinymembench-bandwidth',
      'hackbench',
      'kernel-operations',
      'idle',
    ]);
    const {stdout} = await runCommand(Guests);
    for (const {id} of guests) expect(stdout).toMatch(new RegExp(`^│ ${id} +│`, 'm'));
    const one = await runJson(Guests, 'stream', '--json');
    expect(one.defaultArguments).toEqual(['2', '2000000', 'csat', 's']);
    const validated = await runJson(Guests, 'tinymembench-bandwidth', '--json');
    expect(validated.defaultArguments).toEqual(['copy', '2097152', '1048576']);
    const catalogued = await runJson(Guests, 'hackbench', '--json');
    expect(catalogued.defaultArguments).toEqual(['1', '100', '100', '20', 'sockets', 'processes']);
    expect(stdout).toMatch(/│ hackbench +│ .+ +│ message +│ +2 │ +– │/);
    expect((await runCommand(Guests, 'stream')).stdout).toMatch(/│ v7-hf +│ O2 +│ bin\/v7-hf\/stream-O2\.elf +│ +5 │/);
  });

  test('names the nearest', async () => {
    const {stdout, stderr, exitCode} = await runCommand(Guests, 'dhrystoen');
    expect({stdout, stderr, exitCode}).toEqual({
      stdout: '',
      stderr: "trapwalk: unknown guest 'dhrystoen'; did you mean 'dhrystone'?\n",
      exitCode: 1,
    });
  });
});

describe('hypervisors', () => {
  test('list', async () => {
    const {systems} = await runJson(HypervisorsList, '--json');
    const taxonomy = systems.map(({id, design}: {id: string; design: string}) => `${id}: ${design}`);
    expect(taxonomy).toEqual([
      'host: none',
      'xvisor: complete-monolithic',
      'kvm: partially-monolithic',
      'kvm-hugetlb: partially-monolithic',
      'xen: micro-kernelized',
    ]);
    expect((await runCommand(HypervisorsList)).stdout).toMatch(
      /│ kvm +│ .* │ partially-monolithic │ full, para │ lpae 4K │ lpae 4K │ fragmented │/,
    );
  });

  test('priors prints prices beside their ranges', async () => {
    const {stdout, stderr, exitCode} = await runCommand(HypervisorsPriors);
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    expect(stdout).toMatch(
      /^│ xen +│ release │ hypervisor-tick +│ +[\d,]+ │ +[\d,]+ │ 10,700 │ 14,700 │ 22,600 │ +within │$/m,
    );
    expect(stdout).toMatch(/^0 of 66 outside their range; 0\.4 of the lines from L2/m);
  });

  test('show prices each path as its parts', async () => {
    const {shown} = await runJson(HypervisorsShow, 'xvisor', '--json');
    const {prices, hypervisors} = loadCalibration();
    const build = hypervisors.xvisor!.builds.O2!;
    const trap = shown.paths.find(({name}: {name: string}) => name === 'trap');
    // 305 instructions, 3 barriers, 7 system registers, a mode switch; no device access.
    const {barrier, systemRegister, modeSwitch} = prices;
    const expected = 305 * build.cyclesPerInstruction.value + 3 * barrier + 7 * systemRegister + modeSwitch;
    expect(trap.cycles).toBeCloseTo(expected, 9);
    // 1728 B in 32 B lines, 896 B in 64 B lines.
    expect([trap.codeLines, trap.dataLines]).toEqual([54, 14]);
  });

  test('show prints policies, activities, steps and sources', async () => {
    const {stdout, stderr, exitCode} = await runCommand(HypervisorsShow, 'xvisor', '--build', 'O0');
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    for (const line of [
      /^stage 2 +lpae from level 1, 32-bit IPA, 2M pages$/m,
      /^scheduler +round robin on each CPU, slices of 10 ms$/m,
      /^delivery +kicks no vCPU that runs, yields at WFE, no maintenance interrupts$/m,
      /^│ exit +│ send-sgi +│ sgi-send +│ – +│$/m,
      /^│ transition +│ sleep +│ wfi-sleep +│ – +│$/m,
      /^traps +WFI, WFE, /m,
      /^builds +O0, O2 \(in use\)$/m,
      /^│ sibling-tick +│ wake +│/m,
      /^ {4}1505 {2}end of interrupt, .* {2}\[W EOIR, W DIR, R IAR\]$/m,
      /^wake \(derived\): core\/vmm_timer\.c, .* at 0e3ab536; /m,
      /^ {2}= wfi-cycle from 7065 to 9377$/m,
      /^Guest kernel /m,
    ])
      expect(stdout).toMatch(line);
  });

  test('--build shows another build', async () => {
    const {shown} = await runJson(HypervisorsShow, 'xvisor', '--build', 'O0', '--json');
    expect(shown.paths[0]).toMatchObject({name: 'trap', instructions: 508});
  });

  test('the host has no build of its own', async () => {
    const {shown, kernel} = await runJson(HypervisorsShow, 'host', '--json');
    expect(shown).toBeNull();
    expect(kernel.paths.map(({name}: {name: string}) => name)).toContain('tick');
  });

  test.each([
    [['vmware'], "unknown system under test 'vmware'; choose from host, xvisor, kvm, kvm-hugetlb, xen"],
    [['xvisor', '--build', 'debug'], "'xvisor' has no build 'debug'; choose from O0, O2"],
    [['host', '--build', 'O2'], "'host' has no build 'O2'; it has none"],
  ])('%j is refused', async (argv, message) => {
    expect(await runCommand(HypervisorsShow, ...argv)).toEqual({
      stdout: '',
      stderr: `trapwalk: ${message}\n`,
      exitCode: 1,
    });
  });

  test('footprint is the published tables I to III', async () => {
    const {footprints} = await runJson(HypervisorsFootprint, '--json');
    expect(footprints.map(({table, component}: {table: string; component: string}) => `${table} ${component}`)).toEqual(
      ['I xen-kernel', 'I dom0-linux-zimage', 'I toolstack', 'II host-linux-zimage', 'II qemu', 'III xvisor-kernel'],
    );
    expect(footprints[0]).toMatchObject({sizeMegabytes: {least: 0.6, most: null}, memoryMegabytes: {least: 160}});
    expect((await runCommand(HypervisorsFootprint)).stdout).toMatch(/^Table III: xvisor, published memory footprint$/m);
  });
});

describe('parameters', () => {
  test('filters by name, unit, kind or source', async () => {
    const {parameters: all} = await runJson(Parameters, '--json');
    const {parameters: dram} = await runJson(Parameters, '--filter', 'DRAM.T', '--json');
    expect(all.length).toBeGreaterThan(dram.length);
    expect(dram.map(({id}: {id: string}) => id)).toEqual([
      'cubieboard2.dram.tCL',
      'cubieboard2.dram.tRCD',
      'cubieboard2.dram.tRP',
      'cubieboard2.dram.tRFC',
      'cubieboard2.dram.tREFI',
      'cubieboard2.dram.transfer',
      'cubieboard2.dram.turnaround',
    ]);
    for (const {source, unit, kind} of all) expect([source, unit, kind]).not.toContain('');
    expect((await runCommand(Parameters, '--filter', 'dram.trefi')).stdout).toMatch(
      /│ cubieboard2\.dram\.tREFI │ ns +│ cited +│ +7,800 │/,
    );
  });

  test('a filter that nothing fits is an error', async () => {
    expect(await runCommand(Parameters, '--filter', 'flux')).toEqual({
      stdout: '',
      stderr: "trapwalk: no parameter contains 'flux'; leave --filter out to see all\n",
      exitCode: 1,
    });
  });
});
