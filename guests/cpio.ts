/** Archives in the format newc of cpio, which Linux takes for an initramfs (its Documentation/driver-api/early-userspace/buffer-format). */

const TYPE = {directory: 0o040000, file: 0o100000, link: 0o120000, characterDevice: 0o020000} as const;

export interface Entry {
  /** Without a leading slash; parents come first. */
  readonly path: string;
  readonly type: keyof typeof TYPE;
  /** Permission bits. */
  readonly mode: number;
  /** Of a file; of a link, where it points to. */
  readonly data?: Uint8Array;
  /** Of a device: major and minor number. */
  readonly device?: readonly [number, number];
}

const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';
const pad = (length: number): number => (4 - (length % 4)) % 4;
const hexadecimal = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** Header, name and data of one entry, each padded to words; owner root, time 0, so that the same entries give the same bytes. */
const pack = (
  inode: number,
  mode: number,
  path: string,
  data: Uint8Array,
  device: readonly [number, number],
): Buffer => {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, name.length, 0];
  const header = `070701${fields.map(hexadecimal).join('')}`;
  return Buffer.concat([
    Buffer.from(header),
    name,
    Buffer.alloc(pad(HEADER_BYTES + name.length)),
    data,
    Buffer.alloc(pad(data.length)),
  ]);
};

export const cpio = (entries: readonly Entry[]): Uint8Array => {
  const none = new Uint8Array();
  const packed = entries.map(({path, type, mode, data = none, device = [0, 0]}, index) =>
    pack(index + 1, TYPE[type] | mode, path, data, device),
  );
  return Buffer.concat([...packed, pack(0, 0, TRAILER, none, [0, 0])]);
};
