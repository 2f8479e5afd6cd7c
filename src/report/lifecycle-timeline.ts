/** A lifecycle as a timeline: a lane for each context that it meets, the guest's above them. */
import type {Context} from '../hypervisors/path-schema.ts';
import type {Lifecycle} from '../predict/lifecycle.ts';
import {contextLane, LIFECYCLES, lifecycleFigure} from './catalogue.ts';
import {formatNumber} from './format.ts';
import type {Timeline} from './timeline-figure.ts';

const GUEST = 'guest';

/** 'figure-5', 'figure-6-in-kernel', 'io-kvm-hugetlb'. */
export const lifecycleId = ({kind, system, variant}: Lifecycle): string => {
  const figure = lifecycleFigure(kind, system);
  const stem = figure === undefined ? `${kind}-${system}` : `figure-${figure}`;
  return variant === null ? stem : `${stem}-${variant}`;
};

/** 'Figure 5: emulated I/O access under xen'. */
export const lifecycleTitle = ({kind, system, variant}: Lifecycle): string => {
  const figure = lifecycleFigure(kind, system);
  const what = `${LIFECYCLES[kind].name} under ${system}${variant === null ? '' : `, ${variant}`}`;
  return figure === undefined ? `${what[0]!.toUpperCase()}${what.slice(1)}` : `Figure ${figure}: ${what}`;
};

export const lifecycleTimeline = (lifecycle: Lifecycle): Timeline => {
  const {kind, build, cycles, service, steps} = lifecycle;
  const contexts: readonly Context[] = [...new Set(steps.map((step) => step.in))];
  const kinds = contexts.map((context) => contextLane(context, service));
  return {
    id: lifecycleId(lifecycle),
    title: lifecycleTitle(lifecycle),
    subtitle: `${formatNumber(cycles)} cycles, build ${build}; every line a hit, one CPU, nobody else ready`,
    unit: 'cycles',
    lanes: [GUEST, ...kinds.map(({name}) => name)],
    kinds,
    bars: steps.map((step) => {
      const {name} = contextLane(step.in, service);
      return {lane: name, kind: name, start: step.start, end: step.start + step.cycles, label: step.do};
    }),
    marks: [
      {lane: GUEST, at: 0, label: LIFECYCLES[kind].begins},
      {lane: GUEST, at: cycles, label: 'goes on'},
    ],
    isListed: true,
  };
};
