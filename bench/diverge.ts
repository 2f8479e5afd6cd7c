/**
 * Where our machine and QEMU part, booting the same guest: the first exception, return or call at which their registers differ.
 *
 *   npm run diverge [-- --append LINE --image FILE --initrd FILE --memory MIB]
 *
 * `test/guests/divergence.ts` says what is compared. Exit code 1 when something differs.
 */
import {parseArgs} from 'node:util';
import {packagePath} from '../src/files/paths.ts';
import {type Comparison, compareWithQemu, type Divergence} from '../test/guests/divergence.ts';
import type {OwnBoundary} from '../test/guests/own-boundaries.ts';

const MEBIBYTE = 2 ** 20;
const {values} = parseArgs({
  options: {
    image: {type: 'string', default: packagePath('guests', 'linux', 'Image')},
    initrd: {type: 'string', default: packagePath('guests', 'linux', 'initramfs.cpio.gz')},
    append: {type: 'string', default: 'cryptomgr.notests earlycon run="uname -a; hackbench -g 1 -l 2"'},
    memory: {type: 'string', default: '256'},
  },
});

const place = (boundary: OwnBoundary | undefined): string =>
  boundary === undefined
    ? 'none'
    : `${boundary.event} after ${boundary.instructions} instructions, ${boundary.time} ns`;

const report = ({index, differences, own, before, lastLine, trail}: Divergence): readonly string[] => [
  `boundary ${index} differs: ${place(own)}`,
  ...differences.map(({name, own: mine, theirs}) => `  ${name.padEnd(6)} ours ${mine}, QEMU's ${theirs}`),
  `the last that is the same: ${place(before)}`,
  ...[...(before?.state ?? [])].map(([name, value]) => `  ${name.padEnd(6)} ${value}`),
  `the console's last line: ${lastLine}`,
  'the last instructions of ours:',
  ...trail.map((line) => `  ${line}`),
];

const summary = ({events, end, console: ours, consoleInQemu}: Comparison): readonly string[] => [
  ...[...events].toSorted().map(([event, count]) => `${`${count}`.padStart(8)}  ${event}`),
  `${end!.why} after ${end!.instructions} instructions, ${end!.time} ns; console ${ours === consoleInQemu ? 'the same' : 'DIFFERS'}`,
];

const start = performance.now();
const comparison = await compareWithQemu({
  cpus: 1,
  memory: Number(values.memory) * MEBIBYTE,
  image: values.image,
  initrd: values.initrd,
  commandLine: values.append,
});
const {divergence} = comparison;
for (const line of divergence === undefined ? summary(comparison) : report(divergence)) console.log(line);
console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
if (divergence !== undefined || comparison.console !== comparison.consoleInQemu) process.exitCode = 1;
