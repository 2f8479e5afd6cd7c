/** SVC, HVC, SMC, BKPT, and the hints that wait or wake: DDI 0406C A8.8, B9.3. */
import {MARKERS} from '../../../trace/events.ts';
import type {Fields} from '../../core/bits.ts';
import type {Execute, Operands} from '../../core/operation.ts';
import {CONTROL, TTBCR} from '../control.ts';
import {debugStatus} from '../walk/syndrome.ts';
import {privileged, system} from './execute.ts';

/** The saved state is the one behind the call: in an IT block the next instruction's. */
const supervisorCall = system((cpu, {address, thumb, itStateAfter}) =>
  cpu.takeException('supervisor-call', {address, thumb, itState: itStateAfter}),
);
const breakpoint = system((cpu, op) => {
  cpu.control[CONTROL.ifsr] = debugStatus((cpu.control[CONTROL.ttbcr]! & TTBCR.extended) !== 0);
  cpu.control[CONTROL.ifar] = 0;
  cpu.takeException('prefetch-abort', op);
});
const callTo = (kind: 'hvc' | 'smc'): Execute => privileged((cpu, op) => cpu.callOut(kind, op.immediate));

/** DBG #1: software of any privilege may execute it, and everywhere else it does nothing. */
const FIRST_MARKER = 0xf1;

const HINTS: Readonly<Record<number, Execute>> = {
  2: system((cpu) => {
    cpu.machine.observer.wait?.(cpu.index, 'wfe');
    cpu.waiting = 'wfe';
    cpu.attention = true;
  }),
  3: system((cpu) => {
    cpu.machine.observer.wait?.(cpu.index, 'wfi');
    cpu.waiting = 'wfi';
    cpu.attention = true;
  }),
  4: system((cpu) => {
    cpu.machine.observer.sendEvent?.(cpu.index);
    cpu.machine.surroundings.sendEvent(cpu.index);
  }),
  ...Object.fromEntries(
    MARKERS.map((marker, number) => [
      FIRST_MARKER + number,
      system((cpu) => {
        cpu.machine.observer.marker?.(cpu.index, marker);
        cpu.machine.surroundings.marker?.(cpu.index, marker);
        cpu.endTurn();
      }),
    ]),
  ),
};

export const SUPERVISOR_CALL = {execute: supervisorCall};
export const BREAKPOINT = {execute: breakpoint};
/** YIELD and what is not allocated do nothing. */
export const HINT = {
  operands: (fields: Fields): Operands => {
    const execute = HINTS[fields('hint')];
    return execute === undefined ? {class: 'system'} : {class: 'system', end: 'fall-through', execute};
  },
};
export const HYPERVISOR_CALL = {
  operands: (fields: Fields): Operands => ({
    class: 'system',
    immediate: (fields('imm12') << 4) | fields('imm4'),
    end: 'system',
  }),
  execute: callTo('hvc'),
};
export const SECURE_MONITOR_CALL = {
  operands: (fields: Fields): Operands => ({class: 'system', immediate: fields('imm4'), end: 'system'}),
  execute: callTo('smc'),
};
