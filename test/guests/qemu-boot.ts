/** The same kernel, tree and addresses in QEMU's virt, an instruction a nanosecond. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {BOARDS} from '../../src/board/boards.ts';
import {load} from '../../src/board/boot/load.ts';
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
}

/** @returns what the guest printed until it powered off. */
export const bootInQemu = ({cpus, memory, image, initrd, commandLine}: QemuBoot): {readonly log: string} => {
  const board = BOARDS.find(({id}) => id === 'virt')!;
  const ram = new Uint8Array(memory);
  const file = (name: string) => ({file: name, bytes: readFileSync(name)});
  const files = {image: file(image), initrd: file(initrd), commandLine};
  const {entry, registers} = load(board, files, {cpus, memory}, ram);
  const start = [...registers, entry].flatMap((value, register) => loadConstant(register, value));
  ram.set(bytesOf([...start, assemble('BX', {Rm: registers.length})]), STUB_OFFSET);
  const folder = mkdtempSync(join(tmpdir(), 'qemu-boot-'));
  try {
    const loader = (name: string, from: number, bytes: Uint8Array): string[] => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return ['-device', `loader,file=${path},addr=0x${(board.ramBase + from).toString(16)},force-raw=on`];
    };
    const {stdout, error} = spawnSync(
      QEMU,
      [
        ...['-M', 'virt', '-cpu', 'cortex-a7', '-nographic', '-smp', `${cpus}`, '-m', `${memory / MEBIBYTE}`],
        ...['-icount', 'shift=0', '-rtc', 'base=2015-01-01,clock=vm'],
        ...loader('low', STUB_OFFSET, ram.subarray(STUB_OFFSET, LOW_BYTES)),
        ...loader('high', memory - HIGH_BYTES, ram.subarray(memory - HIGH_BYTES)),
        ...['-device', `loader,addr=0x${(board.ramBase + STUB_OFFSET).toString(16)},cpu-num=0`],
      ],
      {encoding: 'utf8', input: '', timeout: 120 * SECONDS},
    );
    if (error !== undefined) throw error;
    return {log: stdout};
  } finally {
    rmSync(folder, {recursive: true});
  }
};
