/** The interrupt controller through its registers, and against a model that looks at every interrupt every time. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {Gic} from '../../src/board/devices/gic.ts';
import {gicCpuInterface} from '../../src/board/devices/gic-cpu-interface.ts';
import {gicDistributor} from '../../src/board/devices/gic-distributor.ts';

const D = {
  CTLR: 0x000,
  TYPER: 0x004,
  IGROUPR: 0x080,
  ISENABLER: 0x100,
  ICENABLER: 0x180,
  ISPENDR: 0x200,
  ICPENDR: 0x280,
  ISACTIVER: 0x300,
  ICACTIVER: 0x380,
  IPRIORITYR: 0x400,
  ITARGETSR: 0x800,
  ICFGR: 0xc00,
  SGIR: 0xf00,
  CPENDSGIR: 0xf10,
  SPENDSGIR: 0xf20,
} as const;
const C = {
  CTLR: 0x00,
  PMR: 0x04,
  BPR: 0x08,
  IAR: 0x0c,
  EOIR: 0x10,
  RPR: 0x14,
  HPPIR: 0x18,
  AIAR: 0x20,
  DIR: 0x1000,
} as const;
const SPURIOUS = 1023;

/** A controller that forwards everything to CPUs that take everything. */
const controller = (cpus: number, interrupts = 96) => {
  const gic = new Gic(cpus, interrupts);
  const distributor = gicDistributor('gicd', gic);
  const cpuInterface = gicCpuInterface('gicc', gic);
  const set = (name: keyof typeof D, value: number, cpu = 0, at = 0) =>
    distributor.write(D[name] + 4 * at, 4, value >>> 0, cpu);
  const get = (name: keyof typeof D, cpu = 0, at = 0) => distributor.read(D[name] + 4 * at, 4, cpu);
  const setByte = (
    name: 'IPRIORITYR' | 'ITARGETSR' | 'SPENDSGIR' | 'CPENDSGIR',
    index: number,
    value: number,
    cpu = 0,
  ) => distributor.write(D[name] + index, 1, value, cpu);
  const put = (name: keyof typeof C, value: number, cpu = 0) => cpuInterface.write(C[name], 4, value, cpu);
  const take = (name: keyof typeof C, cpu = 0) => cpuInterface.read(C[name], 4, cpu);
  set('CTLR', 1);
  for (let cpu = 0; cpu < cpus; cpu++) {
    put('PMR', 0xff, cpu);
    put('CTLR', 1, cpu);
  }
  return {gic, distributor, set, get, setByte, put, take};
};

describe('what a driver finds', () => {
  test('the type tells interrupts and CPUs', () => {
    // ITLinesNumber = 288 / 32 − 1 = 8; CPUNumber = 2 − 1 in bits 7–5.
    expect(controller(2, 288).get('TYPER')).toBe(8 + (1 << 5));
  });

  test('SGIs are enabled and edges, whatever is written', () => {
    const {set, get} = controller(1);
    set('ICENABLER', 0xffff_ffff);
    set('ICFGR', 0);
    expect([get('ISENABLER'), get('ICFGR'), get('ICFGR', 0, 1)]).toEqual([0xffff, 0xaaaa_aaaa, 0]);
  });

  test('the targets of private interrupts are their own CPU; one CPU has none to choose', () => {
    const two = controller(2);
    expect([two.get('ITARGETSR', 0), two.get('ITARGETSR', 1)]).toEqual([0x0101_0101, 0x0202_0202]);
    const one = controller(1);
    one.set('ITARGETSR', 0x0101_0101, 0, 8);
    expect([one.get('ITARGETSR'), one.get('ITARGETSR', 0, 8)]).toEqual([0, 0]);
  });

  test('registers beyond the last interrupt read as zero', () => {
    const {set, get} = controller(1, 96);
    set('ISENABLER', 0xffff_ffff, 0, 3);
    set('IPRIORITYR', 0xffff_ffff, 0, 24);
    expect([get('ISENABLER', 0, 3), get('IPRIORITYR', 0, 24)]).toEqual([0, 0]);
  });

  test('five bits of a priority are there', () => {
    const {setByte, get} = controller(1);
    setByte('IPRIORITYR', 33, 0xff);
    expect(get('IPRIORITYR', 0, 8)).toBe(0xf800);
  });
});

describe('a level-sensitive interrupt', () => {
  test('stays pending while its input is high, also while it is active', () => {
    const {gic, set, get, take, put} = controller(1);
    set('ISENABLER', 1 << 1, 0, 1);
    gic.setLevel(33, true);
    expect([gic.irq[0], take('IAR'), gic.irq[0]]).toEqual([true, 33, false]);
    expect([get('ISPENDR', 0, 1), get('ISACTIVER', 0, 1)]).toEqual([2, 2]);
    put('EOIR', 33);
    expect([gic.irq[0], get('ISACTIVER', 0, 1)]).toEqual([true, 0]);
    gic.setLevel(33, false);
    expect([gic.irq[0], take('IAR')]).toEqual([false, SPURIOUS]);
  });

  test('that software made pending is so until it is acknowledged', () => {
    const {gic, set, take, put} = controller(1);
    set('ISENABLER', 2, 0, 1);
    set('ISPENDR', 2, 0, 1);
    expect(take('IAR')).toBe(33);
    put('EOIR', 33);
    expect(gic.irq[0]).toBe(false);
  });

  test('cannot be cleared while its input is high', () => {
    const {gic, set, get} = controller(1);
    gic.setLevel(33, true);
    set('ICPENDR', 2, 0, 1);
    expect(get('ISPENDR', 0, 1)).toBe(2);
  });
});

test('an edge is remembered until it is acknowledged, and another one while it is active too', () => {
  const {gic, set, get, take, put} = controller(1);
  set('ICFGR', 1 << 3, 0, 2);
  set('ISENABLER', 2, 0, 1);
  gic.setLevel(33, true);
  gic.setLevel(33, false);
  expect([take('IAR'), get('ISPENDR', 0, 1)]).toEqual([33, 0]);
  gic.setLevel(33, true);
  expect([get('ISPENDR', 0, 1), gic.irq[0]]).toEqual([2, false]);
  put('EOIR', 33);
  expect([take('IAR'), get('ISPENDR', 0, 1)]).toEqual([33, 0]);
});

describe('software-generated interrupts', () => {
  test.each([
    ['the list', 0x0005_0003, [true, false, true]],
    ['all others', 0x0100_0003, [false, true, true]],
    ['oneself', 0x0200_0003, [true, false, false]],
    ['nobody', 0x0300_0003, [false, false, false]],
  ] as const)('go to %s', (_, value, expected) => {
    const {gic, set} = controller(3);
    set('SGIR', value, 0);
    expect(gic.irq).toEqual(expected);
  });

  test('of two senders are two, and the acknowledgement names the sender', () => {
    const {set, take, put} = controller(3);
    set('SGIR', 0x0001_0007, 2);
    set('SGIR', 0x0001_0007, 1);
    const first = take('IAR');
    put('EOIR', first);
    const second = take('IAR');
    put('EOIR', second);
    expect([first, second, take('IAR')]).toEqual([7 + (1 << 10), 7 + (2 << 10), SPURIOUS]);
  });

  test('can be set and cleared for each sender', () => {
    const {gic, setByte, get} = controller(2);
    setByte('SPENDSGIR', 4, 3);
    setByte('CPENDSGIR', 4, 1);
    expect([get('SPENDSGIR', 0, 1), get('ISPENDR'), gic.irq[1]]).toEqual([2, 1 << 4, false]);
  });
});

describe('priorities', () => {
  const three = () => {
    const all = controller(1);
    all.set('ISENABLER', 0b111, 0, 1);
    all.setByte('IPRIORITYR', 32, 0xa0);
    all.setByte('IPRIORITYR', 33, 0x40);
    all.setByte('IPRIORITYR', 34, 0x40);
    all.set('ISPENDR', 0b111, 0, 1);
    return all;
  };

  test('the lowest value is first, and of equals the lowest number', () => {
    const {take, put} = three();
    const order = [0, 1, 2, 3].map(() => {
      const id = take('IAR');
      put('EOIR', id);
      return id;
    });
    expect(order).toEqual([33, 34, 32, SPURIOUS]);
  });

  test('the mask holds back what is not below it', () => {
    const {gic, put, take} = three();
    put('PMR', 0x40);
    expect([gic.irq[0], take('IAR'), take('HPPIR')]).toEqual([false, SPURIOUS, SPURIOUS]);
    put('PMR', 0x48);
    expect([gic.irq[0], take('HPPIR')]).toEqual([true, 33]);
  });

  test('only a higher group priority preempts, and the running priority returns', () => {
    const {gic, take, put, setByte, set} = controller(1);
    set('ISENABLER', 0b11, 0, 1);
    setByte('IPRIORITYR', 32, 0x50);
    setByte('IPRIORITYR', 33, 0x40);
    set('ISPENDR', 1, 0, 1);
    expect([take('IAR'), take('RPR')]).toEqual([32, 0x50]);
    set('ISPENDR', 2, 0, 1);
    expect([gic.irq[0], take('IAR'), take('RPR')]).toEqual([true, 33, 0x40]);
    put('EOIR', 33);
    expect(take('RPR')).toBe(0x50);
    put('EOIR', 32);
    expect(take('RPR')).toBe(0xff);
  });

  test('bits below the binary point do not count for preemption', () => {
    const {gic, take, put, setByte, set} = controller(1);
    // Bits 7–6 are the group, in which 0x50 and 0x40 are the same.
    put('BPR', 5);
    set('ISENABLER', 0b11, 0, 1);
    setByte('IPRIORITYR', 32, 0x50);
    setByte('IPRIORITYR', 33, 0x40);
    set('ISPENDR', 1, 0, 1);
    expect([take('IAR'), take('RPR')]).toEqual([32, 0x40]);
    set('ISPENDR', 2, 0, 1);
    expect([gic.irq[0], take('HPPIR')]).toEqual([false, 33]);
  });
});

test('with the split end, the interrupt stays active until it is deactivated', () => {
  const {gic, set, get, take, put} = controller(1);
  set('ISENABLER', 2, 0, 1);
  put('CTLR', 1 | (1 << 9));
  gic.setLevel(33, true);
  put('EOIR', take('IAR'));
  expect([take('RPR'), get('ISACTIVER', 0, 1), gic.irq[0]]).toEqual([0xff, 2, false]);
  put('DIR', 33);
  expect([get('ISACTIVER', 0, 1), gic.irq[0]]).toEqual([0, true]);
});

test('group 0 goes to FIQ when asked, group 1 is read by its own register', () => {
  const {gic, set, take, put} = controller(1);
  set('CTLR', 3);
  put('CTLR', 0b1011);
  set('ISENABLER', 0b11, 0, 1);
  set('IGROUPR', 0b10, 0, 1);
  set('ISPENDR', 0b10, 0, 1);
  expect([gic.irq[0], gic.fiq[0], take('IAR'), take('AIAR')]).toEqual([true, false, 1022, 33]);
  put('EOIR', 33);
  set('ISPENDR', 0b01, 0, 1);
  expect([gic.irq[0], gic.fiq[0], take('AIAR'), take('IAR')]).toEqual([false, true, SPURIOUS, 32]);
});

test('a shared interrupt goes to its targets, and one of them takes it', () => {
  const {gic, set, setByte, take} = controller(3);
  set('ISENABLER', 1, 0, 1);
  setByte('ITARGETSR', 32, 0b110);
  gic.setLevel(32, true);
  expect(gic.irq).toEqual([false, true, true]);
  expect([take('IAR', 2), gic.irq, take('IAR', 1)]).toEqual([32, [false, false, false], SPURIOUS]);
});

// ---- against a model ----

const CPUS = 2;
const INTERRUPTS = 64;

interface ModelInterrupt {
  readonly id: number;
  enabled: boolean;
  latched: boolean;
  level: boolean;
  active: boolean;
  edge: boolean;
  priority: number;
  targets: number;
  senders: number;
}

class Model {
  readonly banks: ModelInterrupt[][];
  readonly running: number[][] = Array.from({length: CPUS}, () => []);
  readonly masks = Array.from({length: CPUS}, () => 0xf8);

  constructor() {
    const shared = Array.from({length: INTERRUPTS - 32}, (_, index) => this.#interrupt(32 + index));
    this.banks = Array.from({length: CPUS}, () => [
      ...Array.from({length: 32}, (_, id) => this.#interrupt(id)),
      ...shared,
    ]);
  }

  #interrupt(id: number): ModelInterrupt {
    const isSgi = id < 16;
    return {
      id,
      enabled: isSgi,
      latched: false,
      level: false,
      active: false,
      edge: isSgi,
      priority: 0,
      targets: 0,
      senders: 0,
    };
  }

  isPending({id, latched, level, edge, senders}: ModelInterrupt): boolean {
    return id < 16 ? senders !== 0 : latched || (level && !edge);
  }

  runningPriority(cpu: number): number {
    return Math.min(0xff, ...this.running[cpu]!);
  }

  best(cpu: number): ModelInterrupt | undefined {
    return this.banks[cpu]!.filter(
      (one) => this.isPending(one) && one.enabled && !one.active && (one.id < 32 || (one.targets & (1 << cpu)) !== 0),
    ).toSorted((a, b) => a.priority - b.priority || a.id - b.id)[0];
  }

  signalled(cpu: number): ModelInterrupt | undefined {
    const best = this.best(cpu);
    return best && best.priority < this.masks[cpu]! && best.priority < this.runningPriority(cpu) ? best : undefined;
  }

  acknowledge(cpu: number): number {
    const taken = this.signalled(cpu);
    if (taken === undefined) return SPURIOUS;
    const sender = taken.id < 16 ? [0, 1].find((one) => (taken.senders & (1 << one)) !== 0)! : 0;
    taken.senders &= ~(1 << sender);
    taken.latched = false;
    taken.active = true;
    this.running[cpu]!.push(taken.priority);
    return taken.id + (sender << 10);
  }

  end(cpu: number, id: number): void {
    const running = this.running[cpu]!;
    if (running.length > 0) running.splice(running.indexOf(Math.min(...running)), 1);
    this.banks[cpu]![id]!.active = false;
  }
}

type Step = (model: Model, board: ReturnType<typeof controller>, open: number[][]) => void;

const cpuArbitrary = fc.nat(CPUS - 1);
const anyId = fc.nat(INTERRUPTS - 1);
const peripheral = fc.integer({min: 16, max: INTERRUPTS - 1});
const shared = fc.integer({min: 32, max: INTERRUPTS - 1});
const bit = (id: number): number => (1 << (id & 31)) >>> 0;

const bitStep = (
  name: 'ISENABLER' | 'ICENABLER' | 'ISPENDR' | 'ICPENDR',
  change: (one: ModelInterrupt) => void,
): fc.Arbitrary<Step> =>
  fc.tuple(peripheral, cpuArbitrary).map(([id, cpu]) => (model, {set}) => {
    set(name, bit(id), cpu, id >>> 5);
    change(model.banks[cpu]![id]!);
  });

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  bitStep('ISENABLER', (one) => {
    one.enabled = true;
  }),
  bitStep('ICENABLER', (one) => {
    one.enabled = false;
  }),
  bitStep('ISPENDR', (one) => {
    one.latched = true;
  }),
  bitStep('ICPENDR', (one) => {
    one.latched = false;
  }),
  fc.tuple(peripheral, cpuArbitrary, fc.boolean()).map(
    ([id, cpu, isHigh]): Step =>
      (model, {gic}) => {
        gic.setLevel(id, isHigh, cpu);
        const one = model.banks[cpu]![id]!;
        if (isHigh && !one.level && one.edge) one.latched = true;
        one.level = isHigh;
      },
  ),
  fc.tuple(shared, fc.boolean()).map(
    ([id, edge]): Step =>
      (model, {get, set}) => {
        const shift = 2 * (id % 16) + 1;
        const before = get('ICFGR', 0, id >>> 4);
        set('ICFGR', (before & ~(1 << shift)) | (Number(edge) << shift), 0, id >>> 4);
        model.banks[0]![id]!.edge = edge;
      },
  ),
  fc.tuple(anyId, cpuArbitrary, fc.nat(31)).map(
    ([id, cpu, level]): Step =>
      (model, {setByte}) => {
        // Linux, and the model, change no priority of an interrupt that is active.
        if (model.banks.some((bank) => bank[id]!.active)) return;
        setByte('IPRIORITYR', id, 8 * level, cpu);
        model.banks[cpu]![id]!.priority = 8 * level;
      },
  ),
  fc.tuple(shared, fc.nat(3)).map(
    ([id, targets]): Step =>
      (model, {setByte}) => {
        setByte('ITARGETSR', id, targets);
        model.banks[0]![id]!.targets = targets;
      },
  ),
  fc.tuple(fc.nat(15), cpuArbitrary, fc.nat(3)).map(
    ([sgi, sender, list]): Step =>
      (model, {set}) => {
        set('SGIR', sgi | (list << 16), sender);
        for (let cpu = 0; cpu < CPUS; cpu++)
          if ((list & (1 << cpu)) !== 0) model.banks[cpu]![sgi]!.senders |= 1 << sender;
      },
  ),
  fc.tuple(cpuArbitrary, fc.nat(31)).map(
    ([cpu, level]): Step =>
      (model, {put}) => {
        put('PMR', 8 * level, cpu);
        model.masks[cpu] = 8 * level;
      },
  ),
  cpuArbitrary.map(
    (cpu): Step =>
      (model, {take}, open) => {
        const answer = take('IAR', cpu);
        expect(answer).toBe(model.acknowledge(cpu));
        if (answer !== SPURIOUS) open[cpu]!.push(answer);
      },
  ),
  cpuArbitrary.map(
    (cpu): Step =>
      (model, {put}, open) => {
        const answer = open[cpu]!.pop();
        if (answer === undefined) return;
        put('EOIR', answer, cpu);
        model.end(cpu, answer & 0x3ff);
      },
  ),
);

test('whatever is done to it, it is in the state of a model that looks at every interrupt', () => {
  fc.assert(
    fc.property(fc.array(STEPS, {maxLength: 60}), (steps) => {
      const model = new Model();
      const board = controller(CPUS, INTERRUPTS);
      const open: number[][] = Array.from({length: CPUS}, () => []);
      for (const step of steps) {
        step(model, board, open);
        for (let cpu = 0; cpu < CPUS; cpu++) {
          expect(board.gic.irq[cpu]).toBe(model.signalled(cpu) !== undefined);
          expect(board.take('RPR', cpu)).toBe(model.runningPriority(cpu));
          for (const word of [0, 1]) {
            const bits = (of: (one: ModelInterrupt) => boolean) =>
              model.banks[cpu]!.slice(32 * word, 32 * word + 32).reduce(
                (sum, one, at) => sum + (of(one) ? 2 ** at : 0),
                0,
              );
            expect(board.get('ISPENDR', cpu, word)).toBe(bits((one) => model.isPending(one)));
            expect(board.get('ISACTIVER', cpu, word)).toBe(bits(({active}) => active));
            expect(board.get('ISENABLER', cpu, word)).toBe(bits(({enabled}) => enabled));
          }
        }
      }
    }),
    {seed: 1, numRuns: 300},
  );
});
