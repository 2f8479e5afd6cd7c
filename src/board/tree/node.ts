/** A device tree in memory (Devicetree Specification 0.4, 2.2). */

export interface TreeNode {
  /** With its unit address: 'pl011@9000000'; of the root empty. */
  readonly name: string;
  readonly properties: ReadonlyMap<string, Uint8Array>;
  readonly children: readonly TreeNode[];
}

export type Properties = Readonly<Record<string, Uint8Array>>;

export const node = (name: string, properties: Properties, children: readonly TreeNode[] = []): TreeNode => ({
  name,
  properties: new Map(Object.entries(properties)),
  children,
});

/** Property values (2.2.4). */
export const empty = (): Uint8Array => new Uint8Array();
export const cells = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value);
  return bytes;
};
/** Addresses and sizes of two cells each. */
export const wideCells = (...values: readonly number[]): Uint8Array =>
  cells(...values.flatMap((value) => [Math.floor(value / 2 ** 32), value % 2 ** 32]));
export const strings = (...values: readonly string[]): Uint8Array =>
  Buffer.from(values.map((text) => `${text}\0`).join(''));

export const child = (parent: TreeNode, name: string): TreeNode | undefined =>
  parent.children.find((one) => one.name === name);

/** The node with these properties added or replaced. */
export const withProperties = (parent: TreeNode, properties: Properties): TreeNode => ({
  ...parent,
  properties: new Map([...parent.properties, ...Object.entries(properties)]),
});

/** The node with a child added, or in place of the one of that name. */
export const withChild = (parent: TreeNode, added: TreeNode): TreeNode => ({
  ...parent,
  children: child(parent, added.name)
    ? parent.children.map((one) => (one.name === added.name ? added : one))
    : [...parent.children, added],
});

/** Cells of a property, or undefined when its length is not a multiple of four. */
export const cellsOf = (value: Uint8Array): readonly number[] | undefined => {
  if (value.length % 4 !== 0) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({length: value.length / 4}, (_, index) => view.getUint32(4 * index));
};

export const stringsOf = (value: Uint8Array): readonly string[] =>
  Buffer.from(value).toString('latin1').replace(/\0$/, '').split('\0');
