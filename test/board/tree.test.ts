/** Device trees: the format both ways, with hostile bytes, and beside dtc and QEMU. */
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {BOARDS} from '../../src/board/boards.ts';
import {checkTree} from '../../src/board/tree/check.ts';
import {type DeviceTree, readTree, writeTree} from '../../src/board/tree/flattened.ts';
import {boardTree, withBootChoice} from '../../src/board/tree/generate.ts';
import {
  cells,
  cellsOf,
  child,
  node,
  strings,
  stringsOf,
  type TreeNode,
  wideCells,
  withChild,
  withProperties,
} from '../../src/board/tree/node.ts';
import {InputError} from '../../src/files/errors.ts';

const VIRT = BOARDS.find(({id}) => id === 'virt')!;
const CONFIGURATION = {cpus: 2, memory: 2 ** 28};
const hasTool = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;

const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,12}$/);
const nodeOf = (depth: number): fc.Arbitrary<TreeNode> =>
  fc.record({
    name: fc.tuple(name, fc.nat(0xffff)).map(([text, at]) => `${text}@${at.toString(16)}`),
    properties: fc
      .uniqueArray(fc.tuple(name, fc.uint8Array({maxLength: 9})), {selector: ([key]) => key, maxLength: 4})
      .map((entries) => new Map(entries)),
    children: depth === 0 ? fc.constant([]) : fc.array(nodeOf(depth - 1), {maxLength: 3}),
  });
const tree: fc.Arbitrary<DeviceTree> = fc.record({
  root: nodeOf(3).map((root) => ({...root, name: ''})),
  reservations: fc.array(fc.record({address: fc.nat(2 ** 30), size: fc.integer({min: 1, max: 2 ** 30})}), {
    maxLength: 3,
  }),
  bootCpu: fc.nat(3),
});

/** Equal values, whatever arrays hold their bytes. */
const plain = ({name: called, properties, children}: TreeNode): unknown => ({
  called,
  properties: [...properties].map(([key, value]) => [key, [...value]]),
  children: children.map(plain),
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(tree, (written) => {
      const read = readTree('a.dtb', writeTree(written));
      expect(plain(read.root)).toEqual(plain(written.root));
      expect([read.reservations, read.bootCpu]).toEqual([written.reservations, written.bootCpu]);
    }),
    {seed: 1},
  );
});

describe('hostile bytes', () => {
  const good = writeTree({root: boardTree(VIRT, CONFIGURATION), reservations: [], bootCpu: 0});
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = Uint8Array.from(good);
    new DataView(bytes.buffer).setUint32(at, value);
    return bytes;
  };

  test.each([
    ['nothing', new Uint8Array(), 'the header of 40 bytes is not complete'],
    ['another format', changed(0, 0x7f454c46), 'is no flattened device tree'],
    ['a part', good.subarray(0, 1000), `is truncated: 1000 of ${good.length} bytes`],
    ['an old version', changed(20, 3), 'is of version 3, not 17'],
    ['strings outside', changed(12, 0x7fff_ffff), 'its strings lie outside of the file'],
    ['a structure outside', changed(8, 0x7fff_ffff), 'its structure lie outside of the file'],
    ['reservations outside', changed(16, 0x7fff_ffff), 'the memory reservations have no end'],
    ['a structure without a node', changed(56, 4), 'the structure does not begin with a node'],
  ])('%s is an error with its place', (_, bytes, message) => {
    expect(() => readTree('a.dtb', bytes)).toThrow(InputError);
    expect(() => readTree('a.dtb', bytes)).toThrow(/^a\.dtb:byte \d+: /);
    expect(() => readTree('a.dtb', bytes)).toThrow(message);
  });

  test('any change gives a tree or an InputError, nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), {minLength: 1, maxLength: 4}), (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          checkTree('a.dtb', readTree('a.dtb', bytes), VIRT, CONFIGURATION);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      {seed: 1, numRuns: 2000},
    );
  });
});

describe("a tree of the user's", () => {
  const own = boardTree(VIRT, CONFIGURATION);
  const check = (root: TreeNode, configuration = CONFIGURATION) =>
    checkTree('a.dtb', {root, reservations: [], bootCpu: 0}, VIRT, configuration);
  const memory = (...reg: number[]) =>
    node('memory@40000000', {device_type: strings('memory'), reg: wideCells(...reg)});

  test('that fits is taken', () => {
    expect(() => check(own)).not.toThrow();
    expect(() => check(withChild(own, memory(0x4000_0000, 2 ** 27, 0x4800_0000, 2 ** 27)))).not.toThrow();
  });

  test.each([
    ['no compatible', {...own, properties: new Map()}, "a.dtb:/: the root has no 'compatible'"],
    ['three cells', withProperties(own, {'#address-cells': cells(3)}), 'addresses of 3 and sizes of 2 cells'],
    [
      'no memory',
      {...own, children: own.children.filter(({name: called}) => !called.startsWith('memory'))},
      'no node is memory',
    ],
    [
      'memory below RAM',
      withChild(own, memory(0x3000_0000, 2 ** 28)),
      'a.dtb:/memory@40000000: memory from 0x30000000 to 0x40000000 is not',
    ],
    [
      'more memory than there is',
      withChild(own, memory(0x4000_0000, 2 ** 28 + 1)),
      'memory from 0x40000000 to 0x50000001',
    ],
    [
      'half an entry',
      withChild(own, node('memory@40000000', {device_type: strings('memory'), reg: cells(0, 1)})),
      "its 'reg' is not addresses and sizes",
    ],
    ['no CPU', withChild(own, node('cpus', {})), 'a.dtb:/cpus: it describes no CPU'],
  ])('with %s is refused', (_, root, message) => {
    expect(() => check(root)).toThrow(message);
  });

  test('with more CPUs than the machine has is refused', () => {
    expect(() => check(own, {...CONFIGURATION, cpus: 1})).toThrow('it describes 2 CPUs, and the machine has 1');
  });
});

test('the command line and initramfs go to /chosen, and the rest stays', () => {
  const own = boardTree(VIRT, CONFIGURATION);
  const told = withBootChoice(own, {commandLine: 'quiet', initrd: {start: 0x4900_0000, end: 0x4900_0010}});
  const chosen = child(told, 'chosen')!.properties;
  expect(stringsOf(chosen.get('bootargs')!)).toEqual(['quiet']);
  expect(stringsOf(chosen.get('stdout-path')!)).toEqual(['/pl011@9000000']);
  expect(cellsOf(chosen.get('linux,initrd-end')!)).toEqual([0, 0x4900_0010]);
  expect(told.children.length).toBe(own.children.length);
});

test.skipIf(!hasTool('dtc')).each(BOARDS)('dtc decompiles the tree of $id without a complaint', (board) => {
  const written = writeTree({root: boardTree(board, CONFIGURATION), reservations: [], bootCpu: 0});
  const {stdout, stderr, status} = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-W', 'no-interrupt_provider', '-'], {
    input: written,
    encoding: 'utf8',
  });
  expect({stderr, status}).toEqual({stderr: '', status: 0});
  expect(stdout).toMatch(/pl011@9000000 \{\s*compatible = "arm,pl011/);
});

/** Properties whose values name other nodes by numbers that each writer chooses. */
const PHANDLES = new Set(['phandle', 'interrupt-parent', 'clocks']);
/** The GIC of QEMU's has a message-signalled part below it. */
const ONLY_QEMU = new Set(['ranges', '#address-cells', '#size-cells']);

test.skipIf(!hasTool('qemu-system-arm'))("every node of the board virt is one of QEMU's", () => {
  const folder = mkdtempSync(join(tmpdir(), 'tree-'));
  try {
    const file = join(folder, 'virt.dtb');
    execFileSync(
      'qemu-system-arm',
      ['-M', `virt,dumpdtb=${file}`, '-cpu', 'cortex-a7', '-smp', '2', '-m', '256', '-nographic', '-nic', 'none'],
      {stdio: 'ignore'},
    );
    const theirs = readTree(file, readFileSync(file)).root;
    const compare = (ours: TreeNode, other: TreeNode | undefined, path: string): void => {
      expect(other, path).toBeDefined();
      for (const [key, value] of ours.properties)
        if (!PHANDLES.has(key))
          expect([path, key, [...value]]).toEqual([path, key, [...(other!.properties.get(key) ?? [])]]);
      for (const key of other!.properties.keys())
        if (!PHANDLES.has(key) && !ONLY_QEMU.has(key))
          expect([path, [...ours.properties.keys()]]).toEqual([path, expect.arrayContaining([key])]);
      for (const one of ours.children) compare(one, child(other!, one.name), `${path}/${one.name}`);
    };
    const modelled = boardTree(VIRT, CONFIGURATION);
    // What goes to /chosen is the boot loader's.
    compare({...modelled, children: modelled.children.filter(({name: called}) => called !== 'chosen')}, theirs, '');
  } finally {
    rmSync(folder, {recursive: true});
  }
});
