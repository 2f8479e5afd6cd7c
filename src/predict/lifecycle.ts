/**
 * What one emulated I/O access and one host interrupt go through, as steps with their cycles (the paper's Figures 5 to 10).
 * Every line is a hit, one CPU runs the guest's vCPU and the service, and nobody else is ready.
 */
import type {Prices} from '../costmodel/prices.ts';
import {type PricedStep, priceSteps} from '../costmodel/step-prices.ts';
import {InputError} from '../files/errors.ts';
import type {Build} from '../hypervisors/path-schema.ts';
import type {Executed, Exit, Transition} from '../hypervisors/schedule-schema.ts';
import type {HypervisorFile} from '../hypervisors/schema.ts';

export const LIFECYCLE_KINDS = ['io', 'interrupt'] as const;
export type LifecycleKind = (typeof LIFECYCLE_KINDS)[number];

export interface LifecycleStep extends PricedStep {
  /** From 1, through all paths. */
  readonly number: number;
  /** The exit or transition whose path it belongs to; `service` behind those that the service executes. */
  readonly event: string;
  readonly path: string;
  /** Cycles from the beginning. */
  readonly start: number;
}

export interface Lifecycle {
  readonly kind: LifecycleKind;
  readonly system: string;
  /** The build that executes it. */
  readonly build: string;
  /** Of the exit, if it is another way than the hypervisor's own. */
  readonly variant: string | null;
  /** Who emulates devices, if that is not the hypervisor. */
  readonly service: string | null;
  readonly cycles: number;
  readonly steps: readonly LifecycleStep[];
}

/** Paths of one exit or transition, in a row. */
interface Part {
  readonly event: string;
  readonly paths: readonly string[];
}

const ACCESS: Exit = 'device-read';
const INTERRUPT: Transition = 'host-interrupt';

/** @throws InputError for a hypervisor whose file does not have it. */
const transition = (h: HypervisorFile, name: Transition): Part => {
  const found = h.transitions[name];
  if (found) return {event: name, paths: found.paths};
  throw new InputError(`'${h.id}' has no transition '${name}'`, {
    remedy: 'its lifecycles need it; add it to its file',
  });
};

const served = (event: string, {service}: Executed): Part[] =>
  service ? [{event: `${event}, service`, paths: service}] : [];

/** With a service: it wakes, runs in the vCPU's place, and its reply wakes the vCPU, which runs again when the service waits. */
const accessParts = (h: HypervisorFile, executed: Executed): readonly Part[] => {
  const own = {event: ACCESS, paths: executed.paths};
  if (!executed.service) return [own];
  const handOver = [transition(h, 'wake-by-vcpu'), transition(h, 'switch-at-wait')];
  return [own, ...handOver, ...served(ACCESS, executed), ...handOver];
};

/** With a service: the vCPU is preempted by it and goes on when it waits. */
const interruptParts = (h: HypervisorFile, executed: Executed): readonly Part[] => {
  const own = {event: INTERRUPT, paths: executed.paths};
  if (!executed.service) return [own];
  return [
    own,
    transition(h, 'wake-preempting-by-vcpu'),
    ...served(INTERRUPT, executed),
    transition(h, 'switch-at-wait'),
  ];
};

const stepsOf = (parts: readonly Part[], build: Build, prices: Prices): readonly LifecycleStep[] => {
  const steps = parts.flatMap(({event, paths}) =>
    paths.flatMap((path) =>
      priceSteps(path, build.paths[path]!, build.cyclesPerInstruction.value, prices).map((step) => ({
        ...step,
        event,
        path,
      })),
    ),
  );
  let start = 0;
  return steps.map((step, index) => {
    const numbered = {number: index + 1, start, ...step};
    start += step.cycles;
    return numbered;
  });
};

/** Of the build in use. @throws InputError for a system that has no such path. */
export const lifecyclesOf = (h: HypervisorFile, prices: Prices): readonly Lifecycle[] => {
  const [access, interrupt] = [h.exits[ACCESS], h.transitions[INTERRUPT]];
  const build = h.builds[h.build];
  if (!access || !interrupt || !build) {
    const missing = access ? `transition '${INTERRUPT}'` : `exit '${ACCESS}'`;
    throw new InputError(`'${h.id}' has no ${missing}, so that there is nothing to draw`, {
      remedy: 'choose a system that traps',
    });
  }
  const lifecycle = (kind: LifecycleKind, variant: string | null, parts: readonly Part[]): Lifecycle => {
    const steps = stepsOf(parts, build, prices);
    const cycles = steps.reduce((sum, step) => sum + step.cycles, 0);
    return {kind, system: h.id, build: h.build, variant, service: h.service?.id ?? null, cycles, steps};
  };
  return [
    lifecycle('io', null, accessParts(h, access)),
    ...Object.entries(access.variants).map(([name, executed]) => lifecycle('io', name, accessParts(h, executed))),
    lifecycle('interrupt', null, interruptParts(h, interrupt)),
  ];
};
