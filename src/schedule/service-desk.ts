/** Who emulates devices for vCPUs, and has to be scheduled for that. */
import type {Dispatcher} from './dispatcher.ts';
import type {HostCpu} from './host-cpu.ts';
import type {Policy} from './policy.ts';
import type {Entity, Service} from './vcpu.ts';

export class ServiceDesk {
  readonly #cpus: readonly HostCpu[];
  readonly #dispatcher: Dispatcher;
  readonly #policy: Policy;

  constructor(cpus: readonly HostCpu[], dispatcher: Dispatcher, policy: Policy) {
    this.#cpus = cpus;
    this.#dispatcher = dispatcher;
    this.#policy = policy;
  }

  #ready(cpu: HostCpu, service: Service): void {
    service.isWaiting = false;
    service.cpu = cpu.index;
    service.since = cpu.time;
    this.#dispatcher.chargeCurrent(cpu);
    this.#policy.enqueue(service, 'woken', cpu.time);
  }

  /** The service wakes on a CPU that idles or the next one; on this one, the vCPU is about to make room for it. */
  request(cpu: HostCpu, service: Service, request: Service['requests'][number]): void {
    service.requests.push(request);
    if (!service.isWaiting) return;
    const home =
      this.#cpus.find(({current}) => current === undefined) ?? this.#cpus[(cpu.index + 1) % this.#cpus.length]!;
    if (home !== cpu) {
      home.post({time: cpu.time, kind: 'serve', who: service});
      return;
    }
    this.#ready(cpu, service);
    this.#dispatcher.transition(cpu, this.#dispatcher.byWhom('wake', false));
  }

  serve(cpu: HostCpu, service: Service): void {
    const [request] = service.requests;
    // One of a host CPU that is ahead has not been made yet.
    if (request === undefined || request.time > cpu.time) {
      this.#dispatcher.block(cpu, service);
      if (request) cpu.post({time: Math.max(request.time, cpu.time), kind: 'serve', who: service});
      return;
    }
    service.requests.shift();
    const {vcpu, reason, paths} = request;
    const cycles = this.#dispatcher.execute(cpu, reason, paths);
    cpu.account.service.add(reason, cycles);
    this.#cpus[vcpu.cpu]!.post({time: cpu.time, kind: 'wake', who: vcpu});
  }

  awake(cpu: HostCpu, service: Service): void {
    if (!service.isWaiting || service.requests.length === 0) return;
    this.#ready(cpu, service);
    if (cpu.current === undefined) {
      this.#dispatcher.transition(cpu, this.#dispatcher.byWhom('resume', false));
      this.#dispatcher.enter(cpu, this.#dispatcher.pick(cpu) as Entity);
    } else this.#dispatcher.preemptOrGoOn(cpu, service, false);
  }
}
