/** mmap and its relatives. */
import {PAGE} from '../../memory/layout.ts';
import {call} from '../call.ts';
import {ERRNO, fail} from '../errno.ts';
import {GeneratedFile} from '../files/generated.ts';
import {RegularFile, Special} from '../files/node.ts';
import {O_ACCMODE, O_RDWR} from '../files/open-file.ts';
import type {Kernel} from '../kernel.ts';
import {pageUp, STACK_TOP} from '../layout.ts';
import {type MappingRequest, permissionsOf} from '../memory-map.ts';
import {fileOf} from './common.ts';

const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_TYPE = 15;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_FIXED_NOREPLACE = 0x10_0000;
const OFFSET_UNIT = 4096;

const placeOf = (flags: number): MappingRequest['place'] => {
  if ((flags & MAP_FIXED_NOREPLACE) !== 0) return 'free';
  return (flags & MAP_FIXED) === 0 ? 'anywhere' : 'fixed';
};

/** The file that a mapping shows; undefined for memory of its own. */
const mappedFile = (kernel: Kernel, fd: number, prot: number, flags: number) => {
  if ((flags & MAP_ANONYMOUS) !== 0) return undefined;
  const file = fileOf(kernel, fd);
  if (!file.isReadable) fail('EACCES');
  const {node} = file;
  // /dev/zero: each mapping is memory of its own.
  if (node instanceof Special) return undefined;
  if (!(node instanceof RegularFile) || node instanceof GeneratedFile) fail('ENODEV');
  const isWritten = (flags & MAP_TYPE) !== MAP_PRIVATE && (prot & PROT_WRITE) !== 0;
  if (isWritten && (file.flags & O_ACCMODE) !== O_RDWR) fail('EACCES');
  return {node, path: file.path};
};

const map = (
  kernel: Kernel,
  address: number,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  pages: number,
): number => {
  const type = flags & MAP_TYPE;
  if (type !== MAP_PRIVATE && type !== MAP_SHARED && type !== 3) fail('EINVAL');
  const file = mappedFile(kernel, fd, prot, flags);
  return kernel.current.map.map({
    address,
    length,
    permissions: permissionsOf(prot),
    place: placeOf(flags),
    shared: type !== MAP_PRIVATE,
    file: file?.node,
    name: file?.path ?? '',
    offset: pages * OFFSET_UNIT,
  });
};

/** @throws SystemError EINVAL */
const range = (address: number, length: number): readonly [start: number, end: number] => {
  const end = address + pageUp(length);
  return address % PAGE === 0 && end <= STACK_TOP ? [address, end] : fail('EINVAL');
};

const unmap = (kernel: Kernel, address: number, length: number): number => {
  if (length === 0) fail('EINVAL');
  kernel.current.map.unmap(...range(address, length));
  return 0;
};

const protect = (kernel: Kernel, address: number, length: number, prot: number): number => {
  if (address % PAGE !== 0) fail('EINVAL');
  const end = address + pageUp(length);
  if (end > STACK_TOP) fail('ENOMEM');
  kernel.current.map.protect(address, end, permissionsOf(prot));
  return 0;
};

const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;
const remap = (kernel: Kernel, address: number, old: number, length: number, flags: number, target: number): number => {
  const isFixed = (flags & MREMAP_FIXED) !== 0;
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) !== 0 || (isFixed && (flags & MREMAP_MAYMOVE) === 0)) fail('EINVAL');
  if (length === 0) fail('EINVAL');
  const [start, end] = range(address, old);
  if (pageUp(length) > STACK_TOP) fail('ENOMEM');
  return kernel.current.map.remap(
    start,
    end - start,
    pageUp(length),
    (flags & MREMAP_MAYMOVE) !== 0,
    isFixed ? target : undefined,
  );
};

const MADV_DONTNEED = 4;
const MADV_FREE = 8;
const MADV_REMOVE = 9;
/** What is not needed reads as zero, or as its file has it, afterwards. */
const advise = (kernel: Kernel, address: number, length: number, advice: number): number => {
  const [start, end] = range(address, length);
  const {map: own} = kernel.current;
  if (!kernel.memory.isMapped(start, end)) fail('ENOMEM');
  if (advice === MADV_REMOVE) fail('EINVAL');
  if (advice !== MADV_DONTNEED && advice !== MADV_FREE) return 0;
  own.discard(start, end);
  return 0;
};

const synchronize = (kernel: Kernel, address: number, length: number): number => {
  const [start, end] = range(address, length);
  if (!kernel.memory.isMapped(start, end)) fail('ENOMEM');
  kernel.current.map.synchronize(start, end);
  return 0;
};

const resident = (kernel: Kernel, address: number, length: number, at: number): number => {
  const [start, end] = range(address, length);
  if (!kernel.memory.isMapped(start, end)) fail('ENOMEM');
  kernel.user.write(at, new Uint8Array((end - start) / PAGE).fill(1));
  return 0;
};

const nothing = (): number => 0;

export const MEMORY_CALLS = [
  call(45, 'brk', ['pointer'], (kernel, wanted) => kernel.current.map.setBreak(wanted)),
  call(91, 'munmap', ['pointer', 'unsigned'], unmap),
  call(125, 'mprotect', ['pointer', 'unsigned', 'bits'], protect),
  call(144, 'msync', ['pointer', 'unsigned', 'bits'], synchronize),
  call(150, 'mlock', [], nothing),
  call(151, 'munlock', [], nothing),
  call(152, 'mlockall', [], nothing),
  call(153, 'munlockall', [], nothing),
  call(390, 'mlock2', [], nothing),
  call(163, 'mremap', ['pointer', 'unsigned', 'unsigned', 'bits', 'pointer'], remap),
  call(192, 'mmap2', ['pointer', 'unsigned', 'bits', 'bits', 'fd', 'unsigned'], map),
  call(219, 'mincore', ['pointer', 'unsigned', 'pointer'], resident),
  call(220, 'madvise', ['pointer', 'unsigned', 'int'], advise),
  call(320, 'get_mempolicy', [], () => -ERRNO.ENOSYS),
  call(389, 'membarrier', ['int'], (_kernel, command) => (command === 0 ? 0x1f : 0)),
];
