// The peers of one suite: started in order, stopped in reverse order, their logs kept for a failed test.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LOGS = process.env.W2S_E2E_LOGS ?? fileURLToPath(new URL('../../../build/e2e-logs/', import.meta.url));
const suite = basename(process.argv[1] ?? 'suite', '.test.mjs');

export class Stage {
  // `open(stage)` starts the peers with stage.add().
  constructor(open) {
    this.peers = [];
    before(() => open(this), { timeout: 120000 });
    after(() => this.close(), { timeout: 120000 });
  }

  async add(starting) {
    const peer = await starting;
    this.peers.push(peer);
    return peer;
  }

  // One test. Peers that run(local) adds to `local` stop when it ends; the stage's own peers stay.
  test(name, run, { timeout = 90000 } = {}) {
    test(name, { timeout }, async () => {
      const local = { peers: [], add: this.add };
      for (const peer of this.peers) peer.events?.skip();
      const marks = this.peers.map((peer) => peer.log?.length ?? 0);
      try {
        await run(local);
      } catch (error) {
        error.message += this.story(marks) + scripts(local.peers);
        for (const peer of this.peers) await peer.reset?.();
        throw error;
      } finally {
        await stopAll(local.peers);
      }
    });
  }

  // What the gateway wrote during the failed test.
  story(marks) {
    return this.peers.map((peer, i) => (peer.descriptors
      ? `\n--- the gateway wrote\n${peer.log.slice(marks[i]).slice(-6000)}` : '')).join('');
  }

  async close() {
    const errors = await stopAll(this.peers);
    mkdirSync(LOGS, { recursive: true });
    for (const [i, peer] of this.peers.entries()) {
      if (peer.log !== undefined) {
        writeFileSync(join(LOGS, `${suite}-${i}-${peer.constructor.name.toLowerCase()}.log`), peer.log);
      }
    }
    if (errors.length) throw errors[0];
  }
}

// What SIPp saw.
const scripts = (peers) => peers.filter(({ messages }) => messages)
  .map(({ name, log }) => `\n--- ${name} wrote\n${log}`).join('');

async function stopAll(peers) {
  const errors = [];
  for (const peer of [...peers].reverse()) {
    try {
      await peer.stop();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
