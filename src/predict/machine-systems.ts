/** Systems that replay a machine's trace: what can be asked of them, which is less than of a program's. */
import {isDeepStrictEqual} from 'node:util';
import {InputError} from '../files/errors.ts';
import type {MachineHeader} from '../trace/source.ts';
import type {Calibration} from './calibration.ts';
import type {System} from './measure.ts';

const REMEDY = 'leave it out, or record the guest with another kernel';

const check = (c: Calibration, {sut, policy}: System): void => {
  const own = c.hypervisors[sut];
  if (own === undefined) return;
  if (policy !== undefined && !isDeepStrictEqual(policy.stage1, own.stage1))
    throw new InputError(
      "stage 1 of a machine's trace is what its kernel mapped, with the ASIDs and tables that go with it",
      {
        remedy: REMEDY,
      },
    );
  if (own.stage1.taskSwitch === 'flush')
    throw new InputError(
      `'${sut}' makes the guest flush its TLB at task switches, and a machine's trace says what its kernel flushes`,
      {
        remedy: 'choose another system',
      },
    );
  if (policy !== undefined && !policy.stage2 && !isDeepStrictEqual(policy.placement, own.placement))
    throw new InputError(
      `'${sut}' has no stage 2, and where frames lie is what the kernel of the machine's trace decided`,
      {
        remedy: REMEDY,
      },
    );
};

/**
 * The systems, for the trace of `machine`.
 * @throws InputError for a system that changes what the trace says.
 */
export const machineSystems = (c: Calibration, systems: readonly System[], machine: MachineHeader): System[] => {
  for (const system of systems) check(c, system);
  return systems.map((system) => ({...system, machine}));
};
