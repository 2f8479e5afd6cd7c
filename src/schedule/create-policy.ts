/** The scheduler that a hypervisor's file describes. */
import type {Scheduler} from '../hypervisors/schedule-schema.ts';
import {Credit} from './policies/credit.ts';
import {Fair} from './policies/fair.ts';
import {NoScheduler} from './policies/none.ts';
import {RoundRobin} from './policies/round-robin.ts';
import type {Policy, Schedulable} from './policy.ts';

interface Host {
  readonly cpus: number;
  readonly clockHz: number;
  /** Whether it serves the guest's vCPUs. */
  readonly isService: (who: Schedulable) => boolean;
}

type Makers = {
  readonly [P in Scheduler['policy']]: (scheduler: Extract<Scheduler, {policy: P}>, host: Host) => Policy;
};

const cyclesOf = ({clockHz}: Host, {value}: {readonly value: number}): number => (value / 1000) * clockHz;

const MAKERS: Makers = {
  none: (_, {cpus}) => new NoScheduler(cpus),
  'round-robin': ({slice}, host) => new RoundRobin(host.cpus, cyclesOf(host, slice), host.isService),
  fair: ({latency, minimumGranularity, wakeupGranularity, tick}, host) => {
    // get_update_sysctl_factor(): SCHED_TUNABLESCALING_LOG.
    const factor = 1 + Math.floor(Math.log2(host.cpus));
    return new Fair(host.cpus, {
      latency: factor * cyclesOf(host, latency),
      minimumGranularity: factor * cyclesOf(host, minimumGranularity),
      wakeupGranularity: factor * cyclesOf(host, wakeupGranularity),
      tick: cyclesOf(host, tick),
    });
  },
  credit: ({slice, tick, accounting, rateLimit, boosts}, host) =>
    new Credit(host.cpus, {
      slice: cyclesOf(host, slice),
      tick: cyclesOf(host, tick),
      accounting: cyclesOf(host, accounting),
      rateLimit: cyclesOf(host, rateLimit),
      boosts,
    }),
};

export const createPolicy = (scheduler: Scheduler, host: Host): Policy => {
  const make = MAKERS[scheduler.policy] as (scheduler: Scheduler, host: Host) => Policy;
  return make(scheduler, host);
};
