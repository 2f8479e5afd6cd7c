/** What the schema of exits, transitions and delivery cannot say: that each has its paths, and that none is missing. */
import {InputError} from '../files/errors.ts';
import type {Delivery, Executed, Exit, Scheduler, Transition} from './schedule-schema.ts';
import type {HypervisorFile} from './schema.ts';

const ALWAYS = ['timer-into-running', 'wake', 'sleep', 'resume', 'switch-at-wait', 'switch-at-slice'] as const;

/** What every vCPU meets under a policy. */
const NEEDED_BY_POLICY: Readonly<Record<Scheduler['policy'], readonly Transition[]>> = {
  none: [],
  'round-robin': [...ALWAYS, 'slice-same'],
  fair: [...ALWAYS, 'wake-preempting', 'tick'],
  credit: [...ALWAYS, 'wake-preempting', 'slice-same', 'tick', 'accounting'],
};

const NEEDED_BY_DELIVERY: Readonly<
  Record<
    Exclude<keyof Delivery, 'source'>,
    {readonly exits: readonly Exit[]; readonly transitions: readonly Transition[]}
  >
> = {
  kicksRunning: {exits: [], transitions: ['sgi-into-running']},
  yieldsAtWfe: {exits: [], transitions: ['yield-same', 'yield-switching']},
  maintenance: {exits: ['end-of-interrupt'], transitions: []},
};

interface Place {
  readonly place: string;
  readonly executed: Executed;
}

const placesOf = (h: HypervisorFile): Place[] => [
  ...Object.entries(h.exits).flatMap(([exit, executed]) => [
    {place: `exits.${exit}`, executed},
    ...Object.entries(executed.variants).map(([variant, other]) => ({
      place: `exits.${exit}.variants.${variant}`,
      executed: other,
    })),
  ]),
  ...Object.entries(h.transitions).map(([transition, executed]) => ({place: `transitions.${transition}`, executed})),
];

const checkPaths = (h: HypervisorFile, {place, executed}: Place, file: string): void => {
  for (const name of [...executed.paths, ...(executed.service ?? [])]) {
    for (const [id, {paths}] of Object.entries(h.builds)) {
      if (paths[name]) continue;
      throw new InputError(`uses path '${name}', which build '${id}' lacks`, {file, place});
    }
  }
  if (executed.service && h.service === null)
    throw new InputError('names paths of a service, but there is none', {
      file,
      place,
      remedy: "say who executes them under 'service'",
    });
};

const checkNone = (h: HypervisorFile, places: readonly Place[], file: string): void => {
  const [first] = places;
  const place = h.delivery ? 'delivery' : h.service ? 'service' : first?.place;
  if (place === undefined) return;
  throw new InputError("without a hypervisor (scheduler.policy 'none') nothing exits, is scheduled or delivered", {
    file,
    place,
    remedy: 'leave it out, or null, or choose another policy',
  });
};

/** @throws InputError naming what is missing, or has no path, or has one that a build lacks. */
export const checkSchedule = (h: HypervisorFile, file: string): void => {
  const places = placesOf(h);
  const {policy} = h.scheduler;
  if (policy === 'none') {
    checkNone(h, places, file);
    return;
  }
  const {delivery} = h;
  if (delivery === null)
    throw new InputError(`policy '${policy}' schedules vCPUs, so it must be said how interrupts reach them`, {
      file,
      place: 'delivery',
    });
  const need = (place: 'exits' | 'transitions', key: Exit | Transition, why: string): void => {
    if (!(key in h[place])) throw new InputError(`'${key}' is missing: ${why}`, {file, place});
  };
  for (const key of NEEDED_BY_POLICY[policy]) need('transitions', key, `policy '${policy}' needs it`);
  for (const [choice, needed] of Object.entries(NEEDED_BY_DELIVERY)) {
    if (!delivery[choice as keyof typeof NEEDED_BY_DELIVERY]) continue;
    for (const key of needed.exits) need('exits', key, `delivery.${choice} needs it`);
    for (const key of needed.transitions) need('transitions', key, `delivery.${choice} needs it`);
  }
  for (const place of places) checkPaths(h, place, file);
};
