/**
 * What `valgrind --tool=lackey --trace-mem=yes` prints: `I  address,size` for an instruction, then ` L`, ` S` or ` M`
 * (load, store, both) for each of its accesses; addresses hexadecimal, sizes decimal. Lines of Valgrind's own begin with the
 * process between signs (`==1234==`), those of `--trace-superblocks` with SB.
 */
import {READ, WRITE} from '../records.ts';
import {Malformed, parseHex, type Sink, type Writer} from './format.ts';

const LINE = /^(I | L| S| M) ([0-9a-fA-F]{1,16}),(\d{1,6})$/;
const MESSAGE = /^(?:(==|--|\*\*)\d+\1|SB [0-9a-fA-F]+$)/;

export const readLackey = (sink: Sink) => (line: string) => {
  const match = LINE.exec(line);
  if (match === null) {
    if (!MESSAGE.test(line)) throw new Malformed(`'${line.slice(0, 40)}' is no line of lackey's`);
    sink.note('messages');
    return;
  }
  const [, kind, digits, decimal] = match as unknown as [string, string, string, string];
  const address = parseHex(digits, 'address');
  const size = Number(decimal);
  if (kind === 'I ') sink.instruction(address, size, 'unknown');
  if (kind === ' M') sink.note('modifies');
  if (kind === ' L' || kind === ' M') sink.access(READ, address, size);
  if (kind === ' S' || kind === ' M') sink.access(WRITE, address, size);
};

const digits = (address: number): string => address.toString(16).padStart(8, '0');

export const writeLackey: Writer = ({address, length, accesses}) => {
  let text = address === undefined ? '' : `I  ${digits(address)},${length}\n`;
  for (const {kind, address: at, size} of accesses) text += ` ${kind === WRITE ? 'S' : 'L'} ${digits(at)},${size}\n`;
  return text;
};
