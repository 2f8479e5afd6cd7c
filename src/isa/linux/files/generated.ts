/** Directories and files whose content is made when somebody looks. */
import {fail} from '../errno.ts';
import {Directory, type Node, RegularFile, type Volume} from './node.ts';

/** A directory whose entries are made when somebody looks, as those of /proc. */
export class SyntheticDirectory extends Directory {
  readonly #find: (name: string) => Node | undefined;
  readonly #list: () => readonly string[];

  constructor(volume: Volume, list: () => readonly string[], find: (name: string) => Node | undefined) {
    super(volume, 0o555);
    this.#list = list;
    this.#find = find;
  }

  override lookup(name: string): Node | undefined {
    const node = this.#find(name);
    if (node instanceof Directory) {
      node.parent = this;
      node.name = name;
    }
    return node;
  }

  override names(): string[] {
    return [...this.#list()];
  }

  override checkWritable(): void {
    fail('EROFS');
  }
}

/** A file whose content is made when it is opened. */
export class GeneratedFile extends RegularFile {
  readonly #generate: () => string | Uint8Array;

  constructor(volume: Volume, generate: () => string | Uint8Array, permissions = 0o444) {
    super(volume, permissions, {
      size: 0,
      read: () => new Uint8Array(0),
      write: () => fail('EACCES'),
      resize: () => {},
    });
    this.#generate = generate;
  }

  override acquire(): void {
    const made = this.#generate();
    const bytes = typeof made === 'string' ? new TextEncoder().encode(made) : made;
    this.content = {
      size: bytes.length,
      read: (position, length) => bytes.subarray(position, position + length),
      write: () => {},
      resize: () => {},
    };
  }

  /** Files of /proc say 0. */
  override get size(): number {
    return 0;
  }
}
