/** The device tree of a board: what `src/board` models and nothing else, in the words of Linux' bindings. */
import {type Board, type BoardDevice, type Interrupt, TIMER_INTERRUPTS} from '../boards.ts';
import {cells, child, empty, node, strings, type TreeNode, wideCells, withChild, withProperties} from './node.ts';

const GIC = 1;
const CLOCK = 2;

/** First cell of an interrupt, and its flags (bindings/interrupt-controller/arm,gic). */
const SHARED = 0;
const PRIVATE = 1;
const FLAGS = {edge: 1, level: 4} as const;
const FIRST_PRIVATE = 16;

const at = (name: string, address: number): string => `${name}@${address.toString(16)}`;

const interruptOf = ({spi, trigger}: Interrupt): Uint8Array => cells(SHARED, spi, FLAGS[trigger]);

const primecell = (
  name: string,
  clocks: readonly string[],
  {window, interrupt}: Extract<BoardDevice, {window: unknown}>,
): TreeNode =>
  node(at(name, window.base), {
    compatible: strings(`arm,${name}`, 'arm,primecell'),
    reg: wideCells(window.base, window.size),
    interrupts: interruptOf(interrupt),
    clocks: cells(...clocks.map(() => CLOCK)),
    'clock-names': strings(...clocks),
  });

const virtioSlots = (device: Extract<BoardDevice, {kind: 'virtio-slots'}>): TreeNode[] =>
  Array.from({length: device.count}, (_, slot) => {
    const base = device.base + slot * device.stride;
    return node(at('virtio_mmio', base), {
      compatible: strings('virtio,mmio'),
      reg: wideCells(base, device.stride),
      interrupts: interruptOf({...device.interrupt, spi: device.interrupt.spi + slot}),
      'dma-coherent': empty(),
    });
  });

const nodesOf = (device: BoardDevice): TreeNode[] => {
  switch (device.kind) {
    case 'pl011':
      return [primecell('pl011', ['uartclk', 'apb_pclk'], device)];
    case 'pl031':
      return [primecell('pl031', ['apb_pclk'], device)];
    case 'virtio-slots':
      return virtioSlots(device);
  }
};

const timer = (cpus: number): TreeNode => {
  const {securePhysical, physical, virtual, hypervisor} = TIMER_INTERRUPTS;
  const flags = FLAGS.level | ((2 ** cpus - 1) << 8);
  return node('timer', {
    compatible: strings('arm,armv7-timer'),
    'always-on': empty(),
    interrupts: cells(
      ...[securePhysical, physical, virtual, hypervisor].flatMap((id) => [PRIVATE, id - FIRST_PRIVATE, flags]),
    ),
  });
};

const psci = node('psci', {
  compatible: strings('arm,psci-1.0', 'arm,psci-0.2', 'arm,psci'),
  method: strings('hvc'),
  cpu_suspend: cells(0x8400_0001),
  cpu_off: cells(0x8400_0002),
  cpu_on: cells(0x8400_0003),
  migrate: cells(0x8400_0005),
});

const cpusNode = (cpus: number): TreeNode =>
  node(
    'cpus',
    {'#address-cells': cells(1), '#size-cells': cells(0)},
    Array.from({length: cpus}, (_, cpu) =>
      node(at('cpu', cpu), {
        device_type: strings('cpu'),
        compatible: strings('arm,cortex-a7'),
        reg: cells(cpu),
        'enable-method': strings('psci'),
      }),
    ),
  );

const interruptController = ({distributor, cpuInterface}: Board['gic']): TreeNode =>
  node(at('intc', distributor.base), {
    compatible: strings('arm,cortex-a15-gic'),
    'interrupt-controller': empty(),
    '#interrupt-cells': cells(3),
    reg: wideCells(distributor.base, distributor.size, cpuInterface.base, cpuInterface.size),
    phandle: cells(GIC),
  });

const clock = (frequency: number): TreeNode =>
  node('apb-pclk', {
    compatible: strings('fixed-clock'),
    '#clock-cells': cells(0),
    'clock-frequency': cells(frequency),
    'clock-output-names': strings('clk24mhz'),
    phandle: cells(CLOCK),
  });

export interface Configuration {
  readonly cpus: number;
  /** Bytes of RAM. */
  readonly memory: number;
}

export const boardTree = (board: Board, {cpus, memory}: Configuration): TreeNode => {
  const devices = board.devices.flatMap(nodesOf);
  const uart = devices.find(({name}) => name.startsWith('pl011@'));
  return node(
    '',
    {
      '#address-cells': cells(2),
      '#size-cells': cells(2),
      compatible: strings('linux,dummy-virt'),
      model: strings(board.model),
      'interrupt-parent': cells(GIC),
    },
    [
      psci,
      node(at('memory', board.ramBase), {device_type: strings('memory'), reg: wideCells(board.ramBase, memory)}),
      ...devices,
      interruptController(board.gic),
      cpusNode(cpus),
      timer(cpus),
      clock(board.peripheralClock),
      node('chosen', uart === undefined ? {} : {'stdout-path': strings(`/${uart.name}`)}),
    ],
  );
};

export interface BootChoice {
  readonly commandLine: string;
  readonly initrd: {readonly start: number; readonly end: number} | undefined;
}

/** The tree with what a boot loader tells the kernel in /chosen; an own command line of the tree holds if none is given. */
export const withBootChoice = (root: TreeNode, {commandLine, initrd}: BootChoice): TreeNode =>
  withChild(
    root,
    withProperties(child(root, 'chosen') ?? node('chosen', {}), {
      ...(commandLine === '' ? {} : {bootargs: strings(commandLine)}),
      ...(initrd && {
        'linux,initrd-start': wideCells(initrd.start),
        'linux,initrd-end': wideCells(initrd.end),
      }),
    }),
  );
