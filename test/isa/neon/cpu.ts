/** A core on bare memory, for one instruction at a time. */
import {Cpu} from '../../../src/isa/core/cpu.ts';
import {Memory} from '../../../src/isa/memory/memory.ts';
import {TraceBuffer} from '../../../src/trace/buffer.ts';
import {bytes, MEBIBYTE} from '../../../src/units.ts';
import {decodeWord} from '../assemble.ts';

export const createCpu = (): Cpu<Memory> => new Cpu(new Memory(bytes(MEBIBYTE)), new TraceBuffer());

export const execute = (cpu: Cpu, word: number): void => {
  const operation = decodeWord(word);
  operation.execute(cpu, operation);
};
