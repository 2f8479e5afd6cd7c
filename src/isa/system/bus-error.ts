/** A board's answer to an access that no device serves: a synchronous external abort in the guest. */
export class BusError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BusError';
  }
}
