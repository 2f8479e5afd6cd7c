/**
 * The same kernel, tree and addresses in QEMU's virt. On one vCPU an instruction takes a nanosecond and idle time is skipped
 * (`sleep=off`), or a guest that waits would see the host's clock. Several would take turns on one clock, and be twenty times as slow
 * by it: they go by the host's.
 */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {BOARDS, type Board} from '../../src/board/boards.ts';
import {load, type Start} from '../../src/board/boot/load.ts';
import {createRam} from '../../src/isa/system/physical-memory.ts';
import {assemble, bytesOf, loadConstant} from '../isa/assemble.ts';

const QEMU = 'qemu-system-arm';
const MEBIBYTE = 2 ** 20;
/** Between the tree that QEMU puts at the start of RAM and the kernel. */
const STUB_OFFSET = 2 * MEBIBYTE;
/** What is put by `load` lies below and above these. */
const LOW_BYTES = 64 * MEBIBYTE;
const HIGH_BYTES = 32 * MEBIBYTE;
const SECONDS = 1000;

export const hasQemu = spawnSync(QEMU, ['--version']).error === undefined;

export interface QemuBoot {
  readonly cpus: number;
  /** Bytes of RAM, more than {@link LOW_BYTES} and {@link HIGH_BYTES} together. */
  readonly memory: number;
  readonly image: string;
  readonly initrd: string;
  readonly commandLine: string;
  /** Of one vCPU too: it is faster by that. */
  readonly isTimedByHost?: boolean;
}

export interface Loaded {
  readonly board: Board;
  readonly ram: Uint8Array;
  /** At a stub that sets what the kernel expects: QEMU's cores start with zeros. */
  readonly start: Start;
}

/** Memory as either machine has it before the first instruction. */
export const loadGuest = ({cpus, memory, image, initrd, commandLine}: QemuBoot): Loaded => {
  const board = BOARDS.find(({id}) => id === 'virt')!;
  const ram = createRam(memory);
  const file = (name: string) => ({file: name, bytes: readFileSync(name)});
  const files = {image: file(image), initrd: file(initrd), commandLine};
  const {entry, registers} = load(board, files, {cpus, memory}, ram);
  const stub = [...registers, entry].flatMap((value, register) => loadConstant(register, value));
  ram.set(bytesOf([...stub, assemble('BX', {Rm: registers.length})]), STUB_OFFSET);
  return {board, ram, start: {entry: board.ramBase + STUB_OFFSET, registers: [0, 0, 0]}};
};

/** The command line of QEMU for a loaded guest. @param folder for its memory. */
const argumentsFor = (
  {cpus, memory, isTimedByHost = cpus > 1}: QemuBoot,
  {board, ram, start}: Loaded,
  folder: string,
): readonly string[] => {
  const loader = (name: string, from: number, bytes: Uint8Array): string[] => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return ['-device', `loader,file=${path},addr=0x${(board.ramBase + from).toString(16)},force-raw=on`];
  };
  return [
    // The network card that virt has by default wants a ROM of a package that is only recommended.
    ...['-nic', 'none'],
    ...['-M', 'virt', '-cpu', 'cortex-a7', '-nographic', '-smp', `${cpus}`, '-m', `${memory / MEBIBYTE}`],
    ...(isTimedByHost ? [] : ['-icount', 'shift=0,sleep=off']),
    ...['-rtc', 'base=2015-01-01,clock=vm'],
    ...loader('low', STUB_OFFSET, ram.subarray(STUB_OFFSET, LOW_BYTES)),
    ...loader('high', memory - HIGH_BYTES, ram.subarray(memory - HIGH_BYTES)),
    ...['-device', `loader,addr=0x${start.entry.toString(16)},cpu-num=0`],
  ];
};

const withFolder = <T>(use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'qemu-boot-'));
  const remove = () => rmSync(folder, {recursive: true});
  try {
    const result = use(folder);
    if (result instanceof Promise) return result.finally(remove) as T;
    remove();
    return result;
  } catch (error) {
    remove();
    throw error;
  }
};

/** Lets `use` start QEMU by itself: program and arguments. */
export const withQemuCommand = <T>(boot: QemuBoot, use: (command: readonly string[]) => T): T =>
  withFolder((folder) => use([QEMU, ...argumentsFor(boot, loadGuest(boot), folder)]));

/** @returns what the guest printed until it powered off. */
export const bootInQemu = (boot: QemuBoot): {readonly log: string} =>
  withFolder((folder) => {
    const {stdout, stderr, status, error} = spawnSync(QEMU, argumentsFor(boot, loadGuest(boot), folder), {
      encoding: 'utf8',
      input: '',
      timeout: 120 * SECONDS,
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${QEMU}: exit code ${status}: ${stderr}`);
    return {log: stdout};
  });

/** Starts QEMU, whose three streams are `use`'s until it has done with them. @param more arguments; the folder goes when QEMU does. */
export const runQemu = <T>(
  boot: QemuBoot,
  loaded: Loaded,
  more: (folder: string) => readonly string[],
  use: (qemu: ChildProcess) => Promise<T>,
): Promise<T> =>
  withFolder(async (folder) => {
    const qemu = spawn(QEMU, [...argumentsFor(boot, loaded, folder), ...more(folder)], {stdio: 'pipe'});
    try {
      return await use(qemu);
    } finally {
      qemu.kill('SIGKILL');
    }
  });
