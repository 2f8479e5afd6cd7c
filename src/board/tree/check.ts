/** Whether a device tree of the user's fits the machine that it shall describe. */
import {InputError} from '../../files/errors.ts';
import type {Board} from '../boards.ts';
import type {DeviceTree} from './flattened.ts';
import type {Configuration} from './generate.ts';
import {cellsOf, child, stringsOf, type TreeNode} from './node.ts';

const REMEDY = 'correct the tree, or leave it out: the board has one of its own';

const isMemory = ({properties}: TreeNode): boolean => {
  const type = properties.get('device_type');
  return type !== undefined && stringsOf(type)[0] === 'memory';
};

const cellsFor = (root: TreeNode, name: string): number | undefined => {
  const value = root.properties.get(name);
  return value && cellsOf(value)?.[0];
};

/** Address and size of each range of a `reg`. */
const ranges = (
  reg: readonly number[],
  addressCells: number,
  sizeCells: number,
): readonly (readonly [number, number])[] => {
  const join = (words: readonly number[]): number => words.reduce((value, word) => value * 2 ** 32 + word, 0);
  const step = addressCells + sizeCells;
  return Array.from({length: reg.length / step}, (_, index) => {
    const range = reg.slice(index * step, (index + 1) * step);
    return [join(range.slice(0, addressCells)), join(range.slice(addressCells))];
  });
};

/** @throws InputError naming the file, the node and what is wrong. */
export const checkTree = (file: string, {root}: DeviceTree, board: Board, {cpus, memory}: Configuration): void => {
  const fail = (place: string, message: string): never => {
    throw new InputError(message, {file, place, remedy: REMEDY});
  };
  if (!root.properties.has('compatible')) fail('/', "the root has no 'compatible'");
  const addressCells = cellsFor(root, '#address-cells') ?? 2;
  const sizeCells = cellsFor(root, '#size-cells') ?? 1;
  if (![addressCells, sizeCells].every((count) => count === 1 || count === 2))
    fail('/', `addresses of ${addressCells} and sizes of ${sizeCells} cells are not modelled`);
  const memories = root.children.filter(isMemory);
  if (memories.length === 0) fail('/', 'no node is memory');
  const end = board.ramBase + memory;
  for (const {name, properties} of memories) {
    const reg = cellsOf(properties.get('reg') ?? new Uint8Array());
    if (reg === undefined || reg.length === 0 || reg.length % (addressCells + sizeCells) !== 0)
      fail(`/${name}`, "its 'reg' is not addresses and sizes");
    for (const [start, size] of ranges(reg ?? [], addressCells, sizeCells))
      if (start < board.ramBase || start + size > end)
        fail(
          `/${name}`,
          `memory from 0x${start.toString(16)} to 0x${(start + size).toString(16)} is not in the RAM of 0x${board.ramBase.toString(16)} to 0x${end.toString(16)}`,
        );
  }
  const described = child(root, 'cpus')?.children.filter(({name}) => /^cpu(@|$)/.test(name)).length ?? 0;
  if (described === 0) fail('/cpus', 'it describes no CPU');
  if (described > cpus) fail('/cpus', `it describes ${described} CPUs, and the machine has ${cpus} (--cpus)`);
};
