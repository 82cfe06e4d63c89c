// After hundreds of calls the gateway is as small as before: descriptors and memory.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { aor, TONE } from './lib/network.mjs';

const CALLS = 200;
const AT_ONCE = 5;
const SLACK_KIB = 4096;
const TIMERS_MS = 36000;  // ended transactions stay for 32 s (RFC 3261 timers D, H, J; RFC 6026 L, M)

let gateway;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start({ entries: [['debug-level', 'WARN']] }));
});

async function makeCalls(count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const client = await ScriptClient.connect();
      await client.call(aor('sipp'));
      await client.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

stage.test(`${CALLS} calls leave no descriptor and no memory behind`, async (local) => {
  const sipp = await local.add(Sipp.start('answer', { calls: 2 * CALLS }));
  const idle = gateway.descriptors();
  // An equal round first: the allocator reaches the size that this many calls at once need. Then its transactions
  // have to end, which nothing outside can see, or the second round would stand on top of the first.
  await makeCalls(CALLS);
  await eventually('descriptors back after the first round', () => gateway.descriptors() === idle);
  await pause(TIMERS_MS);
  const before = gateway.residentKib();
  await makeCalls(CALLS);
  await sipp.finished();
  await eventually(`${idle} descriptors`, () => gateway.descriptors() === idle);
  await eventually(`memory within ${SLACK_KIB} KiB of ${before} KiB`,
    () => gateway.residentKib() <= before + SLACK_KIB);
}, { timeout: 300000 });

stage.test('calls with media leave no descriptor behind', async (local) => {
  const idle = gateway.descriptors();
  const phone = await local.add(Baresip.start());
  const chromium = await local.add(Browser.start({ user: 'alice' }));
  const alice = await chromium.registeredPhone();
  const registered = gateway.descriptors();
  for (let call = 0; call < 5; ++call) {
    await alice.call('phone');
    await alice.accepted();
    await hears(alice, TONE.phone);
    assert.ok(gateway.descriptors() > registered, 'a call has sockets of its own');
    await alice.hangup();
    await alice.event('ended');
    await phone.event('CALL_CLOSED');
    await eventually('the call\'s sockets are closed', () => gateway.descriptors() === registered);
  }
  await alice.stop();
  await eventually(`${idle} descriptors`, () => gateway.descriptors() === idle);
}, { timeout: 180000 });
