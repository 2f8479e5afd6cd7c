/** What becomes of a lock under two schedulers as a timeline: a lane for each vCPU, and one for each that takes a host CPU from them. */
import type {LockSchedule} from '../predict/lock-scenarios.ts';
import {LOCK_FIGURES, LOCK_WAITS, lockKind, OTHER_GUEST} from './catalogue.ts';
import {formatNumber} from './format.ts';
import type {Timeline} from './timeline-figure.ts';

type Named = Pick<LockSchedule, 'scenario' | 'variant' | 'system'>;

/** 'figure-12-xvisor-native'. */
export const lockId = ({scenario, variant, system}: Named): string =>
  `figure-${LOCK_FIGURES[scenario].figure}-${system}-${variant}`;

/** 'Figure 12: vCPU stacking under xvisor, WFE native'. */
export const lockTitle = ({scenario, variant, system}: Named): string => {
  const {figure, name} = LOCK_FIGURES[scenario];
  return `Figure ${figure}: ${name} under ${system}, ${LOCK_WAITS[variant]}`;
};

export const lockTimeline = (schedule: LockSchedule): Timeline => {
  const {cyclesPerHandOver, handOvers, recording, window} = schedule;
  const vcpus = Array.from({length: window.vcpus}, (_, vcpu) => `vCPU ${vcpu}`);
  const ofVcpus = window.intervals.map(({vcpu, role, state, from, to}) => {
    const {name, colour} = lockKind(role, state);
    return {lane: vcpus[vcpu]!, kind: name, colour, start: from, end: to, label: name};
  });
  const ofOthers = window.others.map(({who, from, to}) => {
    const {name, colour} = OTHER_GUEST;
    return {lane: who, kind: name, colour, start: from, end: to, label: name};
  });
  const all = [...ofVcpus, ...ofOthers];
  return {
    id: lockId(schedule),
    title: lockTitle(schedule),
    subtitle: `${formatNumber(cyclesPerHandOver)} cycles a hand-over, the mean of ${handOvers}; ${window.handOvers.length - 1} of them, recording ${recording}`,
    unit: 'cycles',
    lanes: [...vcpus, ...new Set(window.others.map(({who}) => who))],
    kinds: [...new Map(all.map(({kind, colour}) => [kind, colour]))].map(([name, colour]) => ({name, colour})),
    bars: all.map(({lane, kind, start, end, label}) => ({lane, kind, start, end, label})),
    marks: [],
    isListed: false,
  };
};
