/** Debian's kernel, if `npm run guest:linux` has made it, on a machine whose marks are seen. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {BOARDS} from '../../src/board/boards.ts';
import {createMachine} from '../../src/board/create-machine.ts';
import type {BoardObserver} from '../../src/board/observer.ts';
import type {Turns} from '../../src/board/turns.ts';
import {packagePath} from '../../src/files/paths.ts';
import type {Marker} from '../../src/trace/events.ts';

const FOLDER = packagePath('guests', 'linux');
const IMAGE = join(FOLDER, 'Image');
const INITRD = join(FOLDER, 'initramfs.cpio.gz');
export const hasKit = existsSync(IMAGE) && existsSync(INITRD);
const SLICE = 1e6;

export interface Span {
  /** Executed by all vCPUs between `begin` and `end`. */
  readonly instructions: number;
  readonly nanoseconds: number;
}

export interface KitRun {
  readonly log: string;
  readonly markers: readonly Marker[];
  readonly spans: readonly Span[];
}

/** RAM of 256 MiB. @param line of the kernel. */
export const bootKit = (
  line: string,
  cpus: number,
  send: (character: number) => void,
  {observer = {}, turns}: {readonly observer?: BoardObserver; readonly turns?: Turns} = {},
) =>
  createMachine({
    board: BOARDS.find(({id}) => id === 'virt')!,
    cpus,
    memory: 2 ** 28,
    files: {image: named(IMAGE), initrd: named(INITRD), commandLine: line},
    send,
    observer,
    turns,
  });

const named = (file: string) => ({file, bytes: readFileSync(file)});

/** @param script what /init executes; it must not hold double quotes. @param more for the kernel's command line. */
export const runScript = (script: string, cpus: number, more = ''): KitRun => {
  let log = '';
  const markers: Marker[] = [];
  const spans: Span[] = [];
  let begin: Span | undefined;
  const send = (character: number): void => {
    log += String.fromCharCode(character);
  };
  const marker = (cpu: number, name: Marker): void => {
    markers.push(name);
    const {instructions} = machine;
    const nanoseconds = machine.now(cpu);
    if (name === 'begin') begin = {instructions, nanoseconds};
    if (name === 'end')
      spans.push({instructions: instructions - begin!.instructions, nanoseconds: nanoseconds - begin!.nanoseconds});
  };
  const machine = bootKit(`cryptomgr.notests quiet ${more} run="${script}"`, cpus, send, {observer: {marker}});
  for (;;) {
    const progress = machine.advance(SLICE);
    if (progress.state === 'ended') return {log: log.replaceAll('\r', ''), markers, spans};
    if (progress.state === 'idle') {
      if (progress.until === Number.POSITIVE_INFINITY) throw new Error(`the guest hangs:\n${log}`);
      machine.skipTo(progress.until);
    }
  }
};
