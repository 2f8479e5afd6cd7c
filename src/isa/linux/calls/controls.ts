/** prctl(2), which also carries the markers of a trace. */
import {MARKERS} from '../../../trace/events.ts';
import {call} from '../call.ts';
import {fail} from '../errno.ts';
import type {Kernel} from '../kernel.ts';

const PR = {
  setDeathSignal: 1,
  getDeathSignal: 2,
  getDumpable: 3,
  setDumpable: 4,
  getKeepCaps: 7,
  setName: 15,
  getName: 16,
  capBoundingRead: 23,
  getSecureBits: 27,
  setTimerSlack: 29,
  getTimerSlack: 30,
  setChildSubreaper: 36,
  setNoNewPrivileges: 38,
  getNoNewPrivileges: 39,
  getSpeculation: 52,
} as const;
/** A thread name is cut after 15 characters. */
const NAME_BYTES = 16;
const MARKER_PREFIX = 'trapwalk:';
const TIMER_SLACK = 50_000;

const setName = (kernel: Kernel, at: number): number => {
  const bytes = nameBytes(kernel, at);
  const name = Buffer.from(bytes).toString('latin1');
  const marker = MARKERS.find((candidate) => name === `${MARKER_PREFIX}${candidate}`);
  if (marker) kernel.port.marker(marker);
  else if (name.startsWith(MARKER_PREFIX)) kernel.port.warn(`unknown marker '${name}': expected ${MARKERS.join(', ')}`);
  else kernel.current.name = name.slice(0, NAME_BYTES - 1);
  return 0;
};

/** Bytes up to a zero, at most {@link NAME_BYTES}. */
const nameBytes = (kernel: Kernel, at: number): Uint8Array => {
  const bytes: number[] = [];
  while (bytes.length < NAME_BYTES) {
    const [byte] = kernel.user.read(at + bytes.length, 1);
    if (byte === 0) break;
    bytes.push(byte!);
  }
  return Uint8Array.from(bytes);
};

const CONTROLS: Readonly<Record<number, (kernel: Kernel, argument: number) => number>> = {
  [PR.setDeathSignal]: () => 0,
  [PR.getDeathSignal]: (kernel, at) => {
    kernel.user.putWords(at, 0);
    return 0;
  },
  [PR.getDumpable]: () => 1,
  [PR.setDumpable]: () => 0,
  [PR.getKeepCaps]: () => 0,
  [PR.setName]: setName,
  [PR.getName]: (kernel, at) => {
    const name = Buffer.alloc(NAME_BYTES);
    name.write(kernel.current.name, 'latin1');
    kernel.user.write(at, name);
    return 0;
  },
  [PR.capBoundingRead]: () => 1,
  [PR.getSecureBits]: () => 0,
  [PR.setTimerSlack]: () => 0,
  [PR.getTimerSlack]: () => TIMER_SLACK,
  [PR.setChildSubreaper]: () => 0,
  [PR.setNoNewPrivileges]: () => 0,
  [PR.getNoNewPrivileges]: () => 0,
};

export const CONTROL_CALLS = [
  call(172, 'prctl', ['int', 'pointer'], (kernel, option, argument) =>
    (CONTROLS[option] ?? (() => fail('EINVAL')))(kernel, argument),
  ),
];
