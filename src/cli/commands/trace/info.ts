import {statSync} from 'node:fs';
import {Args} from '@oclif/core';
import type {TraceHeader} from '../../../trace/source.ts';
import {summarizeTrace, type TraceSummary} from '../../../trace/summary.ts';
import {BaseCommand} from '../../base.ts';
import {fieldList, formatCount} from '../../format.ts';
import {lineSize, openChecked} from '../../stored-trace.ts';

const perInstruction = (bytes: number, instructions: number): string =>
  instructions === 0 ? 'none' : (bytes / instructions).toPrecision(2);

const origin = ({importedFrom}: TraceHeader): readonly (readonly [name: string, value: string])[] =>
  importedFrom === undefined
    ? []
    : [['imported from', `${importedFrom.file}, ${importedFrom.format} (SHA-256 ${importedFrom.fileHash})`]];

const machineFields = ({machine}: TraceHeader): readonly (readonly [name: string, value: string])[] => {
  if (machine === undefined) return [];
  const {board, ramBase, ramSize, quantum, sharesCpu, commandLine, files} = machine;
  const ram = `${formatCount(ramSize)} bytes of RAM from 0x${ramBase.toString(16)}`;
  return [
    ['machine', `${board}, ${ram}, turns of ${formatCount(quantum)} ns${sharesCpu ? ' on one CPU' : ''}`],
    ['command line', commandLine],
    ...files.map(({role, name, hash}) => [role, `${name} (SHA-256 ${hash})`] as const),
  ];
};

const text = (path: string, bytes: number, header: TraceHeader, summary: TraceSummary): string => {
  const accesses = Object.entries(summary.accesses).map(
    ([kind, {count, bytes: touched}]) =>
      [`${kind} accesses`, `${formatCount(count)} of ${formatCount(touched)} bytes`] as const,
  );
  const events = Object.entries(summary.events).map(([kind, count]) => [`${kind} events`, formatCount(count)] as const);
  const isOne = summary.vcpus.length < 2;
  const markers = summary.markers.map(
    ({marker, instruction, vcpu}) => `${marker} at ${formatCount(instruction)}${isOne ? '' : ` of vCPU ${vcpu}`}`,
  );
  const streams = summary.vcpus.map(
    ({instructions, events: count}, vcpu) =>
      [`vCPU ${vcpu}`, `${formatCount(instructions)} instructions, ${formatCount(count)} events`] as const,
  );
  return fieldList([
    ['trace', path],
    ['bytes', `${formatCount(bytes)}, ${perInstruction(bytes, summary.instructions)} an instruction`],
    ['guest', header.guestHash === '' ? header.guest : `${header.guest} (SHA-256 ${header.guestHash})`],
    ...origin(header),
    ['made by', header.command],
    ...machineFields(header),
    ['vCPUs', String(header.vcpus)],
    ...(isOne ? [] : streams),
    ['tasks', `${formatCount(summary.tasks)} in ${formatCount(summary.addressSpaces)} address spaces`],
    ['instructions', formatCount(summary.instructions)],
    ['records', formatCount(summary.records)],
    ['block executions', `${formatCount(summary.blockExecutions)} of ${formatCount(summary.blocks)} blocks`],
    ...accesses,
    ['exclusive accesses', formatCount(summary.exclusives)],
    ['data touched', `${formatCount(summary.dataPages)} pages of 4 KiB, ${formatCount(summary.dataLines)} lines`],
    ['code touched', `${formatCount(summary.codePages)} pages of 4 KiB, ${formatCount(summary.codeLines)} lines`],
    ...events,
    ['markers', markers.length === 0 ? 'none' : markers.join(', ')],
  ]);
};

export default class TraceInfo extends BaseCommand {
  static override summary = 'Check a stored trace and say what it holds.';
  static override examples = ['<%= config.bin %> trace info dhrystone.trace'];
  static override args = {file: Args.string({required: true, description: 'a stored trace'})};

  async run(): Promise<object> {
    const {args} = await this.parse(TraceInfo);
    const trace = openChecked(args.file);
    try {
      const summary = summarizeTrace(trace, {lineSize: lineSize()});
      const bytes = statSync(args.file).size;
      this.log(text(args.file, bytes, trace.header, summary));
      return {file: args.file, bytes, header: trace.header, counts: trace.counts, summary};
    } finally {
      trace.close();
    }
  }
}
