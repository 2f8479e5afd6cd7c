/** Executes of system mode: decoded operations whose core is one with all its modes. */
import {UndefinedInstruction} from '../../core/errors.ts';
import type {Execute, Operation} from '../../core/operation.ts';
import type {SystemCpu} from '../system-cpu.ts';

export type SystemExecute = (cpu: SystemCpu, operation: Operation) => void;

/** The tables of system mode are decoded for such cores only. */
export const system = (execute: SystemExecute): Execute => execute as Execute;

export const undefinedHere = ({address, word}: Operation): never => {
  throw new UndefinedInstruction(address, word);
};

/** UNDEFINED at PL0. */
export const privileged = (execute: SystemExecute): Execute =>
  system((cpu, op) => {
    if (!cpu.isPrivileged) undefinedHere(op);
    execute(cpu, op);
  });
