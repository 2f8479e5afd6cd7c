/** Starting a program in the current task (execve(2)), scripts and dynamic linkers included. */
import {ElfError} from '../core/errors.ts';
import {SP} from '../core/operation.ts';
import {parseElf} from './elf.ts';
import {endTask, releaseMemory} from './endings.ts';
import {fail, SystemError} from './errno.ts';
import {type Directory, type Node, RegularFile} from './files/node.ts';
import {OpenFile} from './files/open-file.ts';
import {resolve} from './files/path.ts';
import {readThrough} from './files/shared-pages.ts';
import type {Kernel} from './kernel.ts';
import {buildStack, firstInstruction, loadProgram, type Profile} from './load.ts';
import {MemoryMap} from './memory-map.ts';
import {mapSignalPage} from './signal-frame.ts';
import {DEFAULT_SIGNAL_ACTION, SIG_IGN} from './signals.ts';
import {SS_DISABLE, type Task} from './task.ts';

export interface FoundProgram {
  readonly node: Node;
  /** What /proc/self/exe shows. */
  readonly place: string;
}

export interface ProgramRequest extends FoundProgram {
  /** What AT_EXECFN says. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
}

const LONGEST_SCRIPT_LINE = 256;
const MOST_SCRIPTS = 4;
const LARGEST_PROGRAM = 2 ** 30;

/** @throws SystemError ENOENT, ENOTDIR … */
export const findProgram = (task: Task, path: string, start: Directory = task.context.current): FoundProgram => {
  const {node, opened, path: place} = resolve(task.context, start, path, true);
  if (opened instanceof OpenFile) return {node: opened.node ?? fail('EACCES'), place: opened.path};
  return {node: node ?? fail('ENOENT'), place};
};

const contentOf = (node: Node): Uint8Array => {
  if (!(node instanceof RegularFile)) fail('EACCES');
  if ((node.permissions & 0o111) === 0) fail('EACCES');
  if (node.size > LARGEST_PROGRAM) fail('ENOMEM');
  node.acquire();
  try {
    return readThrough(node, 0, node.content.size);
  } finally {
    node.release();
  }
};

/** `#!interpreter [argument]`: what to run instead, and with which arguments. */
const scriptLine = (content: Uint8Array): readonly [interpreter: string, ...argument: string[]] | undefined => {
  if (content[0] !== 0x23 || content[1] !== 0x21) return undefined;
  const line = Buffer.from(content.subarray(2, LONGEST_SCRIPT_LINE)).toString('latin1').split('\n')[0]!;
  const match = /^[ \t]*([^ \t\0]+)[ \t]*([^\0]*?)[ \t]*$/.exec(line) ?? fail('ENOEXEC');
  const [, interpreter, argument] = match;
  return argument === '' ? [interpreter!] : [interpreter!, argument!];
};

interface Prepared {
  readonly request: ProgramRequest;
  readonly content: Uint8Array;
}

/** Follows `#!` lines to a program. */
const followScripts = (task: Task, request: ProgramRequest, depth = 0): Prepared => {
  const content = contentOf(request.node);
  const line = scriptLine(content);
  if (line === undefined) return {request, content};
  if (depth >= MOST_SCRIPTS) fail('ELOOP');
  const [interpreter, ...argument] = line;
  const found = needed(request.path, `its interpreter ${interpreter}`, () => findProgram(task, interpreter));
  const argv = [interpreter, ...argument, request.path, ...request.argv.slice(1)];
  return followScripts(task, {...request, ...found, path: interpreter, argv}, depth + 1);
};

/**
 * Replaces what the task runs. @returns the file that was loaded.
 * @throws ElfError when the program, or its dynamic linker, cannot be run; SystemError when a file cannot be had. The task
 * is then as it was.
 */
export const startProgram = (kernel: Kernel, task: Task, given: ProgramRequest, profile: Profile): Uint8Array => {
  const {request, content} = followScripts(task, given);
  const {path, argv, env} = request;
  const executable = parseElf(path, content);
  const interpreter = executable.interpreter === undefined ? undefined : linkerOf(task, path, executable.interpreter);
  const {memory} = kernel;
  const before = memory.space;
  const isFirst = !task.process.hasExecuted;
  const map = isFirst ? task.map : new MemoryMap(memory, memory.createSpace(), kernel.maintenance);
  memory.switchTo(map.space);
  try {
    const loaded = loadProgram(memory, map, {executable, path, interpreter});
    mapSignalPage(kernel, map);
    const {stackPointer, auxiliary} = buildStack(memory, loaded, {path, argv, env, profile}, kernel.random);
    task.process.auxiliary = auxiliary;
    memory.switchTo(before);
    replace(kernel, task, map);
    memory.switchTo(map.space);
    resetRegisters(kernel, stackPointer, firstInstruction(loaded));
  } catch (error) {
    memory.switchTo(before);
    if (!isFirst) map.release();
    throw error;
  }
  const {process} = task;
  process.hasExecuted = true;
  process.path = request.place;
  process.argv = argv;
  task.name = nameOf(given.path);
  return content;
};

/** As PR_GET_NAME shows it: the last component, 15 bytes. */
const nameOf = (path: string): string => (path.split('/').at(-1) ?? '').slice(0, 15);

const linkerOf = (task: Task, program: string, path: string) => ({
  path,
  executable: parseElf(
    path,
    needed(program, `its dynamic linker ${path}`, () => contentOf(findProgram(task, path).node)),
  ),
});

/** A program needs another file, which cannot be had. */
class MissingFile extends ElfError {
  readonly reason: SystemError;

  constructor(program: string, what: string, reason: SystemError) {
    super(
      program,
      `${what} is not to be had (${reason.message})`,
      'name the root directory of an Arm Linux with --sysroot',
    );
    this.reason = reason;
  }
}

/** @throws MissingFile instead of SystemError. */
const needed = <T>(program: string, what: string, find: () => T): T => {
  try {
    return find();
  } catch (error) {
    throw error instanceof SystemError ? new MissingFile(program, what, error) : error;
  }
};

/** The point of no return: other tasks end, handlers and alternate stack are forgotten, the old memory is given up. */
const replace = (kernel: Kernel, task: Task, map: MemoryMap): void => {
  const {process} = task;
  for (const other of [...process.tasks]) if (other !== task) endTask(kernel, other);
  if (process.hasExecuted) releaseMemory(kernel, task);
  task.map = map;
  task.alternateStack = {address: 0, size: 0, flags: SS_DISABLE};
  process.actions = process.actions.map((action) =>
    action.handler === SIG_IGN ? {...DEFAULT_SIGNAL_ACTION, handler: SIG_IGN} : DEFAULT_SIGNAL_ACTION,
  );
  if (task.files.users > 1) {
    task.files.users--;
    task.files = task.files.copy();
  }
  task.files.closeForExec();
};

const resetRegisters = (kernel: Kernel, stackPointer: number, next: number): void => {
  const {cpu} = kernel;
  cpu.r.fill(0);
  cpu.setNzcvq(0);
  cpu.greaterEqual = 0;
  cpu.vfpWords.fill(0);
  cpu.writeFpscr(0);
  cpu.threadPointer = 0;
  cpu.threadPointerWritable = 0;
  cpu.itState = 0;
  cpu.exclusiveSize = 0;
  cpu.r[SP] = stackPointer;
  cpu.next = next;
};

/** What execve(2) answers for a file that cannot be run. */
export const execError = (error: unknown): never => {
  if (error instanceof MissingFile) throw error.reason;
  if (error instanceof ElfError) throw new SystemError('ENOEXEC');
  throw error;
};
