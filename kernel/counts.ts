import {COUNTS} from '../src/costmodel/kernel/layout';

export function add(metric: i32, amount: f64): void {
  const at = COUNTS + ((<usize>metric) << 3);
  store<f64>(at, load<f64>(at) + amount);
}
