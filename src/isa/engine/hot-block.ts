/**
 * Straight-line code for hot blocks: a generated function that calls each instruction's execute in turn, with the
 * operations as constants. It states no semantics. V8 inlines the calls and folds the members of the constant
 * operations into them, so the decode tables' one definition of an instruction becomes machine code
 * (measured about four times the loop's speed).
 */
import {conditionPassed} from '../core/condition.ts';
import type {Cpu} from '../core/cpu.ts';
import {ALWAYS, type Operation} from '../core/operation.ts';

/** Executions after which a block is worth a function: compiling costs some 50 µs, a run of the loop about 0.1. */
export const HOT = 500;

const statement = ({condition}: Operation, index: number): string => {
  const call = `execute${index}(cpu, operation${index});`;
  return condition === ALWAYS ? call : `if (conditionPassed(cpu, ${condition})) ${call}`;
};

/** The source holds indices and condition numbers only: nothing of the guest is interpreted as text. */
export const compileBlock = (cpu: Cpu, operations: readonly Operation[]): (() => void) => {
  const constants = operations.map(
    (_, index) => `const operation${index} = operations[${index}], execute${index} = operation${index}.execute;`,
  );
  const body = operations.map(statement).join('\n');
  const source = `${constants.join('\n')}\nreturn () => {\n${body}\n};`;
  return new Function('cpu', 'operations', 'conditionPassed', source)(cpu, operations, conditionPassed);
};

/** The same, one operation after another, for blocks that are not hot. */
export const interpretBlock = (cpu: Cpu, operations: readonly Operation[]): void => {
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index]!;
    if (operation.condition === ALWAYS || conditionPassed(cpu, operation.condition)) operation.execute(cpu, operation);
  }
};
