/**
 * What QEMU's plugin execlog logs: `cpu, 0xaddress, 0xopcode, "disassembly"` an instruction, then `, load|store, 0xaddress`
 * for each of its accesses, and with `reg=` also `, name -> 0xvalue`. A system emulation logs physical addresses and a
 * device behind each; those are refused, because a trace holds virtual ones. No sizes; the opcode's length is not told.
 */
import {READ, WRITE} from '../records.ts';
import {type DataKind, Malformed, parseHex, type Sink} from './format.ts';

const LINE = /^(\d{1,5}), 0x([0-9a-f]{1,16}), 0x[0-9a-f]{1,16}, "[^"]*"(?:, (.*))?$/;
const KINDS: Readonly<Record<string, DataKind>> = {load: READ, store: WRITE};

const readTail = (sink: Sink, tail: string): void => {
  const fields = tail.split(', ');
  for (let at = 0; at < fields.length; ) {
    const field = fields[at]!;
    if (field.includes(' -> 0x')) {
      sink.note('registers');
      at++;
      continue;
    }
    const kind = Object.hasOwn(KINDS, field) ? KINDS[field] : undefined;
    const address = fields[at + 1];
    if (kind === undefined && at > 0) {
      throw new Malformed(
        `'${field.slice(0, 20)}' behind an address: a system emulation logs physical addresses`,
        'log a program under qemu-arm (user mode)',
      );
    }
    if (kind === undefined || !address?.startsWith('0x')) {
      throw new Malformed(`'${field.slice(0, 20)}' is neither load nor store with an address`);
    }
    sink.access(kind, parseHex(address, 'address'), undefined);
    at += 2;
  }
};

export const readExeclog = (sink: Sink) => {
  let first: string | undefined;
  return (line: string) => {
    // The last line of a processor that executed nothing.
    if (line === '') return;
    const match = LINE.exec(line);
    if (match === null) throw new Malformed(`'${line.slice(0, 60)}' is no line of execlog's`);
    const [, processor, digits, tail] = match as unknown as [string, string, string, string | undefined];
    first ??= processor;
    if (processor !== first) {
      throw new Malformed(
        `processor ${processor} where the trace began with ${first}`,
        `import one at a time: grep '^${first},'`,
      );
    }
    sink.instruction(parseHex(digits, 'address'), undefined, 'unknown');
    if (tail !== undefined) readTail(sink, tail);
  };
};
