/** What a file is that shall be booted: Linux for 32-bit Arm (its Documentation/arch/arm/booting.rst), or a bare program. */
import {InputError} from '../../files/errors.ts';
import {type Executable, parseElf} from '../../isa/linux/elf.ts';

export type Image =
  /** Decompresses itself to the start of RAM. @property size from the header: the file may have more. */
  | {readonly kind: 'zImage'; readonly data: Uint8Array}
  /** A kernel as it lies in memory; it has no header. */
  | {readonly kind: 'Image'; readonly data: Uint8Array}
  | {readonly kind: 'program'; readonly program: Executable};

const ZIMAGE_MAGIC = 0x016f_2818;
const ZIMAGE_MAGIC_AT = 0x24;
const ZIMAGE_HEADER_BYTES = 0x34;
const ENDIANNESS = 0x0403_0201;
/** Shorter than any kernel; what is shorter is cut off or something else. */
const LEAST_BYTES = 4096;
const INSTRUCTION_ALWAYS = 0xe;

interface Stranger {
  readonly what: string;
  readonly at: number;
  readonly magic: readonly number[];
  readonly remedy: string;
}

const text = (characters: string): number[] => [...Buffer.from(characters, 'latin1')];
const DECOMPRESS = 'decompress it first';

/** Files that are often taken for a kernel of 32-bit Arm, by the bytes that tell them. */
const STRANGERS: readonly Stranger[] = [
  {what: 'is a kernel for AArch64', at: 0x38, magic: text('ARM\x64'), remedy: 'pass one for 32-bit Arm (armhf)'},
  {what: 'is a kernel for x86', at: 0x202, magic: text('HdrS'), remedy: 'pass one for 32-bit Arm (armhf)'},
  {what: 'is compressed by gzip', at: 0, magic: [0x1f, 0x8b], remedy: `${DECOMPRESS} (gunzip)`},
  {what: 'is compressed by xz', at: 0, magic: [0xfd, ...text('7zXZ')], remedy: `${DECOMPRESS} (unxz)`},
  {what: 'is compressed by zstd', at: 0, magic: [0x28, 0xb5, 0x2f, 0xfd], remedy: `${DECOMPRESS} (unzstd)`},
  {what: 'is compressed by bzip2', at: 0, magic: text('BZh'), remedy: `${DECOMPRESS} (bunzip2)`},
  {what: 'is compressed by lz4', at: 0, magic: [0x02, 0x21, 0x4c, 0x18], remedy: `${DECOMPRESS} (unlz4)`},
  {
    what: "is an image of U-Boot's",
    at: 0,
    magic: [0x27, 0x05, 0x19, 0x56],
    remedy: 'cut off its header of 64 bytes (tail -c +65)',
  },
  {
    what: 'is a device tree, or a FIT image',
    at: 0,
    magic: [0xd0, 0x0d, 0xfe, 0xed],
    remedy: 'pass a kernel; a tree goes to --dtb',
  },
  {what: 'is an initramfs', at: 0, magic: text('07070'), remedy: 'pass a kernel; an initramfs goes to --initrd'},
  {what: 'is a Debian package', at: 0, magic: text('!<arch>'), remedy: 'unpack it and pass its boot/vmlinuz-…'},
  {what: 'is a script', at: 0, magic: text('#!'), remedy: 'pass a kernel'},
];

const matches = (bytes: Uint8Array, {at, magic}: Stranger): boolean =>
  magic.every((value, index) => bytes[at + index] === value);

const zImage = (file: string, bytes: Uint8Array, view: DataView): Image => {
  const start = view.getUint32(ZIMAGE_MAGIC_AT + 4, true);
  const end = view.getUint32(ZIMAGE_MAGIC_AT + 8, true);
  const size = end - start;
  if (size < ZIMAGE_HEADER_BYTES)
    throw new InputError(`the zImage is said to end at ${end}, before it starts at ${start}`, {
      file,
      place: `byte ${ZIMAGE_MAGIC_AT + 4}`,
      remedy: 'copy or build it again',
    });
  if (size > bytes.length)
    throw new InputError(`the zImage is truncated: ${bytes.length} of ${size} bytes`, {
      file,
      place: `byte ${bytes.length}`,
      remedy: 'copy it again',
    });
  if (view.getUint32(ZIMAGE_MAGIC_AT + 12, true) !== ENDIANNESS)
    throw new InputError('the zImage is not little-endian', {
      file,
      place: `byte ${ZIMAGE_MAGIC_AT + 12}`,
      remedy: 'build it without CONFIG_CPU_BIG_ENDIAN',
    });
  return {kind: 'zImage', data: bytes};
};

/** @throws InputError or ElfError naming the file, what is wrong and what to do. */
export const identifyImage = (file: string, bytes: Uint8Array): Image => {
  if (bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45)
    return {kind: 'program', program: parseElf(file, bytes)};
  const stranger = STRANGERS.find((one) => matches(bytes, one));
  if (stranger) throw new InputError(stranger.what, {file, place: `byte ${stranger.at}`, remedy: stranger.remedy});
  if (bytes.length < LEAST_BYTES)
    throw new InputError(`has ${bytes.length} bytes, too few for a kernel`, {file, remedy: 'copy it again'});
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(ZIMAGE_MAGIC_AT, true) === ZIMAGE_MAGIC) return zImage(file, bytes, view);
  if (view.getUint32(ZIMAGE_MAGIC_AT) === ZIMAGE_MAGIC)
    throw new InputError('is a big-endian zImage', {
      file,
      place: `byte ${ZIMAGE_MAGIC_AT}`,
      remedy: 'build it without CONFIG_CPU_BIG_ENDIAN',
    });
  if (view.getUint32(0, true) >>> 28 !== INSTRUCTION_ALWAYS)
    throw new InputError('does not begin with an Arm instruction', {
      file,
      place: 'byte 0',
      remedy: 'pass a zImage, or the Image that is in it',
    });
  return {kind: 'Image', data: bytes};
};
