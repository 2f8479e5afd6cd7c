/** Accesses to devices, and the one error for those that no device models. */

export type AccessSize = 1 | 2 | 4;

export interface Access {
  readonly kind: 'read' | 'write';
  /** In the device; for an address that no device has, the physical address. */
  readonly offset: number;
  readonly size: AccessSize;
  readonly cpu: number;
  /** Of a write. */
  readonly value?: number;
}

const hexadecimal = (value: number): string => `0x${value.toString(16)}`;

const describe = ({kind, offset, size, cpu, value}: Access): string => {
  const what = value === undefined ? '' : ` of ${hexadecimal(value)}`;
  return `${kind}${what}, ${size} ${size === 1 ? 'byte' : 'bytes'} at offset ${hexadecimal(offset)}, by vCPU ${cpu}`;
};

/** The guest used a device in a way that the board does not model: the run ends, for to go on would be to guess. */
export class UnmodelledAccess extends Error {
  override readonly name = 'UnmodelledAccess';
  readonly device: string;
  readonly access: Access;

  constructor(device: string, access: Access, reason: string) {
    super(`${device}: ${describe(access)}: ${reason}`);
    this.device = device;
    this.access = access;
  }
}

/** A device as the board's bus sees it. Offsets are from the start of its window; values are unsigned. */
export interface Device {
  /** @throws UnmodelledAccess */
  read(offset: number, size: AccessSize, cpu: number): number;
  /** @throws UnmodelledAccess */
  write(offset: number, size: AccessSize, value: number, cpu: number): void;
}
