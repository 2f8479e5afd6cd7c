import {beforeAll, describe, expect, test} from 'vitest';
import Replay from '../../src/cli/commands/replay.ts';
import TraceRecord from '../../src/cli/commands/trace/record.ts';
import WhatifPageSize from '../../src/cli/commands/whatif/page-size.ts';
import {pageSizeNotes} from '../../src/cli/page-size-text.ts';
import {guestBytes, useDirectory, writeGuest} from './guest-file.ts';
import {runCommand, runJson} from './run-command.ts';

const place = useDirectory();
const GUEST = ['dhrystone', '--', '200', '20'];
const trace = () => place('dhrystone.trace');

beforeAll(async () => {
  const {exitCode} = await runCommand(TraceRecord, 'dhrystone', '--output', trace(), '--', '200', '20');
  expect(exitCode).toBe(0);
});

interface Report {
  readonly sut: string;
  readonly cycles: number;
  readonly items: readonly {readonly cycles: number}[];
  readonly unattributed: number;
}

/** The items are all of the cycles. */
const expectItemised = ({cycles, items, unattributed}: Report): void => {
  expect(items.reduce((sum, item) => sum + item.cycles, 0)).toBeCloseTo(cycles, 3);
  expect(Math.abs(unattributed)).toBeLessThan(1e-6);
};

test('a stored trace gives what its guest gives', async () => {
  const stored = await runJson(Replay, trace(), '--sut', 'host,xen', '--json');
  const executed = await runJson(Replay, '--sut', 'host,xen', '--json', ...GUEST);
  expect(stored.source).toEqual({kind: 'trace', name: trace()});
  expect(executed.source).toEqual({kind: 'guest', name: 'dhrystone', arguments: ['200', '20']});
  expect(stored.reports).toEqual(executed.reports);
  const reports: readonly Report[] = stored.reports;
  expect(reports.map(({sut}) => sut)).toEqual(['host', 'xen']);
  for (const report of reports) expectItemised(report);
});

test('the table has a column per system and the walk bounds', async () => {
  const {stdout, stderr, exitCode} = await runCommand(Replay, trace(), '--sut', 'host,xvisor,kvm');
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
  expect(stdout).toMatch(/│ +│ +host │ +xvisor │ +kvm │/);
  // (3+1)(0+1)−1 = 3; (3+1)(2+1)−1 = 11; (3+1)(3+1)−1 = 15.
  expect(stdout).toMatch(/most reads in a walk, \(N\+1\)\(M\+1\)−1 │ +3 │ +11 │ +15 │/);
  expect(stdout).toMatch(/by the paper, N×M +│ +3 │ +3 × 2 = 6 │ +3 × 3 = 9 │/);
  expect(stdout).toMatch(/unattributed +│ +0 \(0\.0%\) │ +0 \(0\.0%\) │ +0 \(0\.0%\) │/);
});

test('all systems take part unless --sut says which', async () => {
  const {reports} = await runJson(Replay, trace(), '--json');
  expect(reports.map(({sut}: Report) => sut)).toEqual(['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen']);
});

describe('--set', () => {
  const setting = 'cubieboard2.core.mispredict';

  test('changes the cycles', async () => {
    const few = await runJson(Replay, trace(), '--sut', 'host', '--set', `${setting}=1`, '--json');
    const many = await runJson(Replay, trace(), '--sut', 'host', '--set', `${setting}=100`, '--json');
    expect(many.reports[0].cycles).toBeGreaterThan(few.reports[0].cycles);
    expect(many.settings).toEqual({[setting]: 100});
  });

  test('warns of a value outside its bounds', async () => {
    const {stderr, exitCode} = await runCommand(Replay, trace(), '--sut', 'xen', '--set', 'primitives.device=1000');
    expect(stderr).toBe('primitives.device=1000 lies outside its bounds, 45 to 120 cycles\n');
    expect(exitCode).toBe(0);
  });

  test.each([
    [
      'an unknown parameter',
      'primitives.devise=1',
      1,
      "no parameter 'primitives.devise'; did you mean 'primitives.device'?",
    ],
    [
      'one that only the published tables use',
      'pipelineScale.dhrystone=1.1',
      1,
      "'pipelineScale.dhrystone' cannot be set for a replay",
    ],
    ['no number', 'primitives.device=lots', 2, "'primitives.device=lots' is not KEY=NUMBER (see --help)"],
    ['no value', 'primitives.device', 2, "'primitives.device' is not KEY=NUMBER (see --help)"],
    ['an empty value', 'primitives.device=', 2, "'primitives.device=' is not KEY=NUMBER (see --help)"],
  ])('refuses %s', async (_, value, code, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Replay, trace(), '--sut', 'xen', '--set', value);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*\n$/);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
  });
});

describe('bad input is one line and exit code 1', () => {
  test.each([
    [
      'an unknown system',
      ['dhrystone', '--sut', 'xem', '--', '10', '1'],
      "unknown system under test 'xem'; did you mean 'xen'?",
    ],
    ['an unknown guest', ['dhry', '--sut', 'xen'], "unknown guest 'dhry'; choose from dhrystone"],
    ['a failing guest', ['dhrystone', '--sut', 'xen', '--', '10'], 'the guest exited with 2: '],
  ])('%s', async (_, argv, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Replay, ...argv);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*\n$/);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });

  test('arguments for a stored trace', async () => {
    const {stderr, exitCode} = await runCommand(Replay, trace(), '--sut', 'xen', '--', '10', '1');
    expect(stderr).toContain('a stored trace was made with its own arguments and build');
    expect(exitCode).toBe(1);
  });

  test('a file that is neither trace nor guest', async () => {
    const path = writeGuest(
      place('x86'),
      Buffer.concat([guestBytes().subarray(0, 18), Buffer.from([3, 0]), guestBytes().subarray(20)]),
    );
    const {stderr, exitCode} = await runCommand(Replay, path, '--sut', 'xen');
    expect(stderr).toContain('its machine is 3, not Arm (40)');
    expect(exitCode).toBe(1);
  });
});

describe('whatif page-size', () => {
  interface Row {
    readonly sut: string;
    readonly stage1: string;
    readonly stage2: string | null;
    readonly lossPercent: number;
    readonly worstCaseReads: number;
    readonly paperReads: number;
  }
  const sweep = (...argv: readonly string[]) => runJson(WhatifPageSize, trace(), '--json', ...argv);

  test('has a row per combination, and one per stage-1 size without stage 2', async () => {
    const {rows} = await sweep('--sut', 'kvm,host', '--stage1', '4K,2M', '--stage2', '4K,2M');
    const shown = rows.map(({sut, stage1, stage2, worstCaseReads, paperReads}: Row) => [
      sut,
      stage1,
      stage2,
      worstCaseReads,
      paperReads,
    ]);
    expect(shown).toEqual([
      // (N+1)(M+1)−1 beside N×M.
      ['kvm', 'lpae 4K', 'lpae 4K', 15, 9],
      ['kvm', 'lpae 4K', 'lpae 2M', 11, 6],
      ['kvm', 'lpae 2M', 'lpae 4K', 11, 6],
      ['kvm', 'lpae 2M', 'lpae 2M', 8, 4],
      ['host', 'lpae 4K', null, 3, 3],
      ['host', 'lpae 2M', null, 2, 2],
    ]);
    expect(rows[0].lossPercent).toBe(0);
  });

  test('says where an axis does not apply', async () => {
    const {stdout, exitCode} = await runCommand(WhatifPageSize, trace(), '--sut', 'host', '--stage1', '4K');
    expect(stdout).toMatch(/\nNote: host has no stage 2: --stage2 does not apply\.\n$/);
    expect(exitCode).toBe(0);
  });

  test('says which axis changed nothing', () => {
    const row = (stage1: string, stage2: string, cycles: number) => {
      const rest = {
        lossPercent: 0,
        mainTlbMisses: 0,
        stage1ReadsPerWalk: 0,
        stage2ReadsPerWalk: 0,
        walkShare: 0,
        worstCaseReads: 0,
        paperReads: 0,
      };
      return {sut: 'kvm', stage1, stage2, cycles, ...rest};
    };
    const idle = [row('4K', '4K', 5), row('4K', '2M', 6), row('2M', '4K', 5), row('2M', '2M', 6)];
    expect(pageSizeNotes(idle)).toEqual(['the page size of stage 1 changed nothing on kvm']);
    const active = [...idle.slice(0, 3), row('2M', '2M', 7)];
    expect(pageSizeNotes(active)).toEqual([]);
    // One size is no axis.
    expect(pageSizeNotes([row('4K', '4K', 5), row('4K', '2M', 6)])).toEqual([]);
  });

  test.each([
    ['an unknown size', ['--stage1', '8K'], "unknown page size '8K'; choose from 4K, 64K, 1M, 2M, 16M, 1G"],
    [
      'a size that stage 2 lacks',
      ['--stage2', '64K'],
      "stage 2 of 'kvm' cannot map pages of 64K with lpae tables; choose from 4K, 2M, 1G",
    ],
    [
      'a size that stage 1 lacks',
      ['--stage1', '1M'],
      "stage 1 of 'kvm' cannot map pages of 1M with lpae tables; choose from 4K, 64K, 2M",
    ],
  ])('refuses %s', async (_, argv, message) => {
    const {stdout, stderr, exitCode} = await runCommand(WhatifPageSize, trace(), '--sut', 'kvm', ...argv);
    expect({stdout, stderr, exitCode}).toEqual({stdout: '', stderr: `trapwalk: ${message}\n`, exitCode: 1});
  });

  test('refuses a list with a hole, as usage', async () => {
    const {stderr, exitCode} = await runCommand(WhatifPageSize, trace(), '--sut', 'kvm', '--stage1', '4K,,2M');
    expect(stderr).toMatch(/'4K,,2M' is not a list: write for example a,b \(see --help\)\n$/);
    expect(exitCode).toBe(2);
  });
});

describe('pages by region and orders of frames', () => {
  // Dhrystone, measured, misses no TLB.
  const counts = async (...flags: string[]) => {
    const guest = ['stream', '--', '2', '20000', 'csat', 's'];
    const {reports, changes} = await runJson(Replay, '--json', ...flags, ...guest);
    return {...reports[0], changes};
  };

  test('larger pages of the program are fewer misses, and the report says so', async () => {
    const plain = await counts('--sut', 'kvm-hugetlb');
    const large = await counts('--sut', 'kvm-hugetlb', '--stage1-region', 'program=2M');
    expect(large.stage1).toBe('lpae 4K but program=2M');
    expect(large.changes.stage1Regions).toEqual([{area: 'program', leaf: '2M'}]);
    expect(large.counts['tlb.mainMisses']).toBeLessThan(plain.counts['tlb.mainMisses']);
    // The stack is still of 4 KiB: the bound is that of the smallest pages.
    expect(large.walk.worstCaseReads).toBe(plain.walk.worstCaseReads);
  });

  test('small pages of stage 2 under a large one: the walks read more', async () => {
    const small = await counts('--sut', 'xen', '--stage2-region', '0x40000000-0x60000000=4K');
    const plain = await counts('--sut', 'xen');
    expect(small.stage2).toBe('lpae 2M but 0x40000000-0x60000000=4K');
    expect(small.counts['walk.stage2Reads']).toBeGreaterThan(plain.counts['walk.stage2Reads']);
  });

  test('frames of the host, and the guest on its own, lie where the flags say', async () => {
    const {changes} = await counts('--sut', 'host', '--placement', 'fragmented:2');
    expect(changes.placement).toMatchObject({policy: 'fragmented', meanRun: {value: 2, unit: 'pages'}});
    const both = await counts('--sut', 'kvm', '--guest-placement', 'fragmented:1', '--placement', 'coloured:0,1,2,3,4');
    expect(both.changes.placement).toMatchObject({policy: 'coloured', colours: [0, 1, 2, 3, 4]});
    expect(both.cycles).toBeGreaterThan(0);
  });

  test('a sweep of page sizes takes them too', async () => {
    const {rows} = await runJson(
      WhatifPageSize,
      trace(),
      '--sut',
      'kvm',
      '--stage1',
      '4K',
      '--stage2',
      '4K',
      '--stage1-region',
      'stack=2M',
      '--json',
    );
    expect(rows.map(({stage1}: {stage1: string}) => stage1)).toEqual(['lpae 4K but stack=2M']);
  });

  test.each([
    [['--sut', 'kvm', '--stage1-region', 'heap=2M'], /neither FROM-TO nor one of program, mappings, stack/],
    [['--sut', 'kvm', '--stage1-region', 'stack=1M'], /'kvm' cannot have these pages or frames: lpae tables have no/],
    [['--sut', 'kvm', '--stage2-region', 'stack=2M'], /'stack' is a part of a process, not of guest RAM/],
    [['--sut', 'kvm', '--stage2-region', '0x0-0x200000=64K'], /stage 2 has no pages of 64K; choose from 4K, 2M, 1G/],
    [['--sut', 'host', '--stage2-region', '0x40000000-0x60000000=2M'], /'host' has no stage 2 for regions/],
    [['--sut', 'host', '--guest-placement', 'contiguous'], /leave stage1.placement out/],
    [['--sut', 'xen', '--placement', 'coloured:1,2,3,4,5'], /pages of 0x200000 bytes have all colours/],
    [['--sut', 'kvm', '--placement', 'coloured:9'], /there is no colour 9: L2 has 8/],
    [['--sut', 'kvm', '--placement', 'fragmented'], /is none of contiguous, fragmented:PAGES/],
    [['--sut', 'none', '--placement', 'contiguous'], /unknown system under test 'none'/],
  ])('%s is refused before anything is replayed', async (flags, message) => {
    const {stderr, stdout, exitCode} = await runCommand(Replay, trace(), ...flags);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(exitCode).toBeGreaterThan(0);
  });
});

describe('--threads', () => {
  test('changes nothing', async () => {
    const of = (threads: string, ...more: readonly string[]) =>
      runJson(Replay, trace(), '--threads', threads, '--json', ...more);
    const one = await of('1');
    expect(await of('2')).toEqual(one);
    const [few, many] = [
      await runJson(Replay, '--threads', '1', '--json', ...GUEST),
      await runJson(Replay, '--threads', '3', '--json', ...GUEST),
    ];
    expect(many).toEqual(few);
  }, 60_000);

  test('tell what went wrong on one of them', async () => {
    const {stdout, stderr, exitCode} = await runCommand(
      Replay,
      'dhrystone',
      '--sut',
      'xen',
      '--threads',
      '2',
      '--',
      '10',
    );
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 1});
    expect(stderr).toMatch(/^trapwalk: .*the guest exited with 2: .*\n$/);
  }, 60_000);
});

describe('--sample', () => {
  const SAMPLING = ['--sample', '--sample-unit', '1000', '--sample-period', '20000', '--sample-warm-up', '5000'];
  const LONGER = ['dhrystone', '--', '2000', '20'];

  test('says so, loudly, and gives what a guest gives for its trace', async () => {
    const path = place('longer.trace');
    expect((await runCommand(TraceRecord, 'dhrystone', '--output', path, '--', '2000', '20')).exitCode).toBe(0);
    const full = await runJson(Replay, path, '--sut', 'kvm', '--json');
    const stored = await runJson(Replay, path, '--sut', 'kvm', ...SAMPLING, '--json');
    const executed = await runJson(Replay, '--sut', 'kvm', ...SAMPLING, '--threads', '2', '--json', ...LONGER);
    expect(stored.reports).toEqual(executed.reports);
    expect(full.sampled).toBeNull();
    expect(full.reports[0].sampled).toBeUndefined();
    // 361 instructions an iteration, 20,000 a period.
    expect(stored.sampled).toMatchObject({unit: 1000, period: 20_000, warmUp: 5000, seed: 1, confidence: 0.95});
    expect(stored.sampled).toMatchObject({
      units: 36,
      checkedUnits: 9,
      instructions: full.reports[0].counts.instructions,
    });
    expect(stored.sampled.saves).toBe('replay and reading');
    expect(executed.sampled.saves).toBe('replay');
    const [{cycles, sampled}] = stored.reports;
    expect(Math.abs(cycles - full.reports[0].cycles)).toBeLessThan(2 * sampled.cycles);
    const {stdout} = await runCommand(Replay, path, '--sut', 'kvm', ...SAMPLING);
    expect(stdout).toMatch(
      /^SAMPLED: all numbers are estimates from 36 parts of 1,000 instructions, one in 20,000;\n± is a 95% confidence interval\./,
    );
    expect(stdout).toMatch(/│ cycles +│ +[\d,]+ ± [\d,.]+ │/);
    const whatif = await runCommand(
      WhatifPageSize,
      path,
      '--sut',
      'kvm',
      '--stage1',
      '4K',
      '--stage2',
      '4K',
      ...SAMPLING,
    );
    expect(whatif.stdout).toMatch(/^SAMPLED: .*\n(.*\n)*.*│ [\d,]+ ± [\d,.]+ │/);
  }, 60_000);

  test.each([
    ['a trace too short', ['--sample'], 1, 'only 0 sampled units fit'],
    ['an option without it', ['--sample-period', '20000'], 2, '--sample-period goes with --sample only'],
    [
      'nothing to skip',
      ['--sample', '--sample-unit', '1000', '--sample-period', '20000', '--sample-warm-up', '9500'],
      1,
      'leaves nothing to skip between units of 1000',
    ],
    ['a unit of nothing', ['--sample', '--sample-unit', '0'], 1, 'a sampled unit of 0 instructions is too short'],
    ['a broken unit', ['--sample', '--sample-unit', '3000'], 1, 'does not hold whole units of 3000'],
    ['no number', ['--sample', '--sample-unit', '1e5'], 2, "'1e5' is not a whole number"],
    ['a negative number', ['--sample', '--sample-seed', '-1'], 2, "'-1' is not a whole number"],
  ])('refuses %s', async (_, argv, code, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Replay, trace(), '--sut', 'xen', ...argv);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
  });
});

describe('--beside', () => {
  const MEMCPY = ['cachebench-memcpy', '--', '1572864', '1', '16384'];
  const OTHER = 'cachebench-memcpy 1572864 1 16384';

  test('a neighbour that streams takes DRAM from one that streams', async () => {
    const alone = await runJson(Replay, '--sut', 'host,kvm', '--json', ...MEMCPY);
    const beside = await runJson(Replay, '--sut', 'host,kvm', '--beside', OTHER, '--json', ...MEMCPY);
    expect([alone.beside, beside.beside]).toEqual([
      null,
      {kind: 'guest', name: 'cachebench-memcpy', arguments: ['1572864', '1', '16384']},
    ]);
    for (const [index, report] of (beside.reports as Report[]).entries()) {
      expect(report.cycles).toBeGreaterThan(1.5 * alone.reports[index].cycles);
      expectItemised(report);
    }
  });

  test('a stored trace can be the neighbour, and the text names it', async () => {
    const {stdout} = await runCommand(Replay, '--sut', 'host', '--beside', trace(), ...MEMCPY);
    expect(stdout).toMatch(`On the second core, sharing L2 and DRAM: ${trace()}\n\nCycles of the measured part`);
  });

  test.each([
    ['no such guest', ['--beside', 'nothing 1 2'], "trapwalk: unknown guest 'nothing'"],
    ['nothing at all', ['--beside', ' '], "'--beside' names nothing"],
    [
      'sampling',
      ['--beside', OTHER, '--sample'],
      'trapwalk: --sample=true cannot also be provided when using --beside',
    ],
  ])('%s is an error', async (_, flags, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Replay, '--sut', 'host', ...flags, ...MEMCPY);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(exitCode).not.toBe(0);
  });
});
