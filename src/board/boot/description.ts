/** What a machine was booted from, for whoever keeps it or a recording of it. */
import {sha256} from '../../files/hash.ts';
import type {BootFiles} from './load.ts';

interface DescribedFile {
  /** Without its folder. */
  readonly name: string;
  /** SHA-256. */
  readonly hash: string;
}

export interface BootDescription {
  readonly image: DescribedFile;
  readonly others: readonly (DescribedFile & {readonly role: string})[];
  readonly commandLine: string;
}

export const describeBoot = ({image, initrd, tree, commandLine}: BootFiles): BootDescription => {
  const described = ({file, bytes}: BootFiles['image']): DescribedFile => ({
    name: file.slice(file.lastIndexOf('/') + 1),
    hash: sha256(bytes),
  });
  const others = Object.entries({initrd, 'device-tree': tree}).flatMap(([role, file]) =>
    file === undefined ? [] : [{role, ...described(file)}],
  );
  return {image: described(image), others, commandLine};
};
