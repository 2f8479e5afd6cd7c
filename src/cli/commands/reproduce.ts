import {join} from 'node:path';
import {Flags} from '@oclif/core';
import {InputError} from '../../files/errors.ts';
import {nearest} from '../../files/nearest.ts';
import {writeFileAtomic} from '../../files/write.ts';
import {readBenchmarks} from '../../predict/benchmarks.ts';
import {readFit} from '../../predict/fit-file.ts';
import type {Reproduction} from '../../predict/result.ts';
import {readScheduledBenchmarks} from '../../predict/scheduled-benchmarks.ts';
import {secondVector} from '../../predict/second-vector.ts';
import {textReport} from '../../report/tables.ts';
import {BaseCommand} from '../base.ts';
import {jobs, listFlag, machine, seedsFlag} from '../flags.ts';
import {interruptible} from '../interrupt.ts';
import {requireWritable} from '../output.ts';
import {startProgress} from '../progress.ts';

/** @throws InputError for a benchmark that does not exist. */
const knownBenchmarks = (wanted: readonly string[]): readonly string[] => {
  const ids = [...readBenchmarks(), ...readScheduledBenchmarks()].map(({id}) => id);
  for (const id of wanted) {
    if (ids.includes(id)) continue;
    const guess = nearest(id, ids);
    throw new InputError(`unknown benchmark '${id}'`, {
      remedy: guess === undefined ? `choose from ${ids.join(', ')}` : `did you mean '${guess}'?`,
    });
  }
  return wanted;
};

interface Choices {
  readonly machine?: string;
  readonly fit?: string;
  readonly seeds?: readonly number[];
  readonly benchmarks?: readonly string[];
  readonly recordings: boolean;
  readonly noTimings: boolean;
}

/** The command line that makes this result again: what only says where it goes, or how fast, is left out. */
const commandOf = ({machine: of, fit, seeds, benchmarks, recordings, noTimings}: Choices): string =>
  [
    'trapwalk reproduce',
    ...(of === undefined ? [] : [`--machine ${of}`]),
    ...(fit === undefined ? [] : [`--fit ${fit}`]),
    ...(seeds ? [`--seeds ${seeds.join(',')}`] : []),
    ...(benchmarks ? [`--benchmark ${benchmarks.join(',')}`] : []),
    ...(recordings === (benchmarks === undefined) ? [] : [recordings ? '--recordings' : '--no-recordings']),
    ...(noTimings ? ['--no-timings'] : []),
  ].join(' ');

export default class Reproduce extends BaseCommand {
  static override summary = 'Predict the published tables, beside what was published, and write a report.';
  static override description =
    'Executes the benchmarks, replays them on every system, and prints predicted beside published figures. With --json the whole result is one object on stdout.';
  static override examples = [
    '<%= config.bin %> reproduce',
    '<%= config.bin %> reproduce --benchmark dhrystone,stream-scale --no-report',
    '<%= config.bin %> reproduce --json --no-timings > result.json',
  ];
  static override flags = {
    out: Flags.string({default: 'report', helpValue: 'DIR', description: 'directory of the report'}),
    report: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'write the report; --no-report prints the tables only',
    }),
    jobs,
    seeds: seedsFlag({
      helpValue: '1,2,3',
      description: 'seeds of frame placement; their spread is part of the intervals',
    }),
    timings: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'keep wall times in the result; without them two runs are byte-identical',
    }),
    recordings: Flags.boolean({
      allowNo: true,
      description: 'replay the recorded machines; by default where all benchmarks are wanted',
    }),
    machine,
    fit: Flags.string({
      helpValue: 'FILE',
      description: 'a fit of `trapwalk calibrate`; by default calibration/fit.json',
    }),
    'second-vector': Flags.string({
      helpValue: 'FILE',
      description: 'store the cells of two host CPUs, which no fit has seen',
    }),
    benchmark: listFlag({multiple: true, helpValue: 'ID[,ID]', description: 'only these benchmarks'}),
  };

  async run(): Promise<Reproduction> {
    const {flags} = await this.parse(Reproduce);
    const benchmarks = flags.benchmark && knownBenchmarks(flags.benchmark.flat());
    const choices: Choices = {
      noTimings: !flags.timings,
      recordings: flags.recordings ?? benchmarks === undefined,
      ...(flags.machine === undefined ? {} : {machine: flags.machine}),
      ...(flags.fit === undefined ? {} : {fit: flags.fit}),
      ...(flags.seeds ? {seeds: flags.seeds} : {}),
      ...(benchmarks ? {benchmarks} : {}),
    };
    const second = flags['second-vector'];
    if (second !== undefined) requireWritable(second);
    if (flags.report) requireWritable(join(flags.out, 'index.html'));
    const {reproduction, files} = await interruptible((signal) => this.predict(choices, flags, signal));
    this.log(textReport(reproduction).trimEnd());
    if (second !== undefined) {
      writeFileAtomic(second, `${JSON.stringify(secondVector(reproduction, readFit(flags.fit)), null, 1)}\n`);
      this.note(`wrote ${second}`);
    }
    if (files !== undefined) this.note(`wrote ${files} files; open ${join(flags.out, 'index.html')}`);
    return reproduction;
  }

  private async predict(
    choices: Choices,
    {jobs, report, out}: {readonly jobs?: number | undefined; readonly report: boolean; readonly out: string},
    signal: AbortSignal,
  ): Promise<{reproduction: Reproduction; files?: number}> {
    const {reproduce} = await import('../../predict/reproduce.ts');
    const progress = startProgress('replaying');
    const {reproduction} = await reproduce({
      command: commandOf(choices),
      ...choices,
      ...(jobs === undefined ? {} : {jobs}),
      signal,
      onDone: (done, total) => progress.update(done, total),
    }).finally(() => progress.stop());
    if (!report) return {reproduction};
    const {writeReport} = await import('../../report/write-report.ts');
    const files = await writeReport(out, reproduction, (message) => this.note(message));
    return {reproduction, files: files.length};
  }
}
