/** A machine with everything in it, ready to run. */
import type {EngineName} from '../isa/engine/engine.ts';
import {createCores} from '../isa/system/create-machine.ts';
import {createRam} from '../isa/system/physical-memory.ts';
import type {Board} from './boards.ts';
import {type BootFiles, checkConfiguration, load, type Start} from './boot/load.ts';
import {Machine} from './machine.ts';
import type {BoardObserver} from './observer.ts';
import type {Configuration} from './tree/generate.ts';
import type {Turns} from './turns.ts';

/** The first second of 2015, when no guest of ours was older than its clock. */
const EPOCH = Date.UTC(2015, 0, 1) / 1000;

export interface MachineOptions extends Configuration {
  readonly board: Board;
  readonly files: BootFiles;
  readonly send: (character: number) => void;
  /** Sees what a hypervisor below the guest would. */
  readonly observer?: BoardObserver;
  /** Which executes changes nothing but the speed; `translate` by default. */
  readonly engine?: EngineName;
  readonly turns?: Turns | undefined;
}

type Assembly = Pick<MachineOptions, 'board' | 'cpus' | 'send' | 'observer' | 'engine' | 'turns'>;

/** @param start left out for a machine that is then restored. */
export const assemble = (
  {board, cpus, send, observer, engine, turns}: Assembly,
  ram: Uint8Array,
  start?: Start,
): Machine =>
  new Machine({
    board,
    cpus,
    ram,
    ...(start && {start}),
    createCpus: (bus, surroundings) =>
      createCores({...{bus, surroundings, cores: cpus}, ...(observer && {observer}), ...(engine && {engine})}),
    send,
    ...(observer && {observer}),
    epoch: EPOCH,
    turns,
  });

/** @throws InputError or ElfError naming the file or flag, what is wrong and what to do. */
export const createMachine = (options: MachineOptions): Machine => {
  const {board, files, cpus, memory} = options;
  checkConfiguration(board, {cpus, memory});
  const ram = createRam(memory);
  return assemble(options, ram, load(board, files, {cpus, memory}, ram));
};
