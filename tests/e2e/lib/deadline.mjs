// Waiting with a deadline: every wait of these tests names what it waits for and fails with it.

export const DEADLINE_MS = 15000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Settles as `promise` does, or rejects after `ms`.
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// For states that announce no event (a kernel table, a file that grows): asks until `check` returns
// something truthy. `check` may return a falsy value or throw; the last throw is part of the failure.
export async function eventually(what, check, ms = DEADLINE_MS) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) throw new Error(`${what}: not within ${ms} ms`, { cause: last });
    await pause(50);
  }
}

// A queue of what a peer reported. next() consumes up to and including the first event that fits; find() consumes
// nothing and sees everything, so several may wait at once for events in any order.
export class EventQueue {
  constructor(owner) {
    this.owner = owner;
    this.seen = [];
    this.cursor = 0;
    this.waiters = new Set();
  }

  push(event) {
    this.seen.push(event);
    for (const waiter of this.waiters) waiter();
    this.waiters.clear();
  }

  // Waits for an event named `name` (a string or a list) that satisfies `fits`; an event named in
  // `failOn` that comes first fails the wait at once.
  async next(name, options = {}) {
    const { event, index } = await this.wait(name, options, () => this.cursor);
    this.cursor = index + 1;
    return event;
  }

  async find(name, options = {}) { return (await this.wait(name, options, () => 0)).event; }

  async wait(name, { fits = () => true, failOn = [], ms = DEADLINE_MS }, start) {
    const names = [name].flat();
    const what = `${this.owner}: event ${names.join('|')}`;
    const end = Date.now() + ms;
    for (let index = start(); ; ++index) {
      while (index >= this.seen.length) {
        const news = new Promise((resolve) => { this.waiters.add(resolve); });
        await within(Math.max(1, end - Date.now()), what, news).catch(() => {
          throw new Error(`${what}: not within ${ms} ms; seen: ${this.summary()}`);
        });
      }
      const event = this.seen[index];
      if (names.includes(event.name) && fits(event)) return { event, index };
      if (failOn.includes(event.name)) {
        throw new Error(`${this.owner}: waited for ${names.join('|')}, got ${JSON.stringify(event)}`);
      }
    }
  }

  // Forgets what came so far, so that next() only sees what comes from here on.
  skip() { this.cursor = this.seen.length; }

  summary() {
    return this.seen.slice(-12).map((event) => JSON.stringify(event)).join(' ') || 'nothing';
  }
}
