/**
 * Instructions that QEMU executes of a guest until it powers off: what its record of a run (`rr=record`) counts, in which a
 * block that is left early counts as far as it came. Time in idle is not in it.
 */
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {loadGuest, type QemuBoot, runQemu} from './qemu-boot.ts';

interface Message {
  readonly event?: string;
  readonly return?: {readonly icount?: number};
}

export const instructionsInQemu = (boot: QemuBoot): Promise<number> => {
  // Its monitor takes the place of the guest's console; QEMU stays for a question when the guest has gone.
  const more = (folder: string) => [
    ...['-serial', 'null', '-qmp', 'stdio', '-no-shutdown'],
    ...['-icount', `shift=0,sleep=off,rr=record,rrfile=${join(folder, 'record')}`],
  ];
  return runQemu(boot, loadGuest(boot), more, async ({stdin, stdout}) => {
    const ask = (execute: string) => stdin!.write(`${JSON.stringify({execute})}\n`);
    ask('qmp_capabilities');
    for await (const line of createInterface({input: stdout!})) {
      const message = JSON.parse(line) as Message;
      if (message.event === 'SHUTDOWN') ask('query-replay');
      if (message.return?.icount !== undefined) return message.return.icount;
    }
    throw new Error('QEMU ended without a count');
  });
};
