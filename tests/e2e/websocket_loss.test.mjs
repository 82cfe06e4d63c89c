// The WebSocket dies in mid-call: the media flows on, and once the browser has registered again either
// side can end the call.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { Tunnel } from './lib/tunnel.mjs';

// Longer than both stacks take to reconnect and register again.
const GRACE = 40;  // seconds

let chromium;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start({ entries: [['websocket-grace', `${GRACE}`]] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

async function bothHear(alice) {
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
}

async function talkThrough(local, stack, caller) {
  const tunnel = await local.add(Tunnel.start(GATEWAY.host, GATEWAY.ws));
  const alice = await local.add(
    chromium.registeredPhone({ stack, server: `ws://127.0.0.1:${tunnel.port}` }));
  if (caller === 'browser') {
    await alice.call('phone');
  } else {
    await phone.dial('alice');
    await alice.event('incoming');
    await alice.answer();
  }
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
  await bothHear(alice);
  return { alice, tunnel };
}

async function loseAndRecover({ alice, tunnel }) {
  tunnel.cut();
  await alice.event('disconnected');
  await bothHear(alice);
  tunnel.mend();
  await alice.event('registered', { failOn: ['registrationFailed', 'ended'], ms: 20000 });
  await bothHear(alice);
}

for (const stack of ['jssip', 'sipjs']) {
  for (const caller of ['browser', 'phone']) {
    stage.test(`${stack} loses its socket in a call of the ${caller}, talks on and hangs up`, async (local) => {
      const call = await talkThrough(local, stack, caller);
      await loseAndRecover(call);
      await call.alice.hangup();
      await phone.event('CALL_CLOSED');
    });

    stage.test(`${stack} loses its socket in a call of the ${caller}, then the phone hangs up`,
      async (local) => {
        const call = await talkThrough(local, stack, caller);
        await loseAndRecover(call);
        await phone.hangup();
        assert.equal((await call.alice.event('ended')).originator, 'remote');
      });
  }
}

stage.test('a browser that does not come back within websocket-grace is hung up', async (local) => {
  const { alice, tunnel } = await talkThrough(local, 'jssip', 'browser');
  tunnel.cut();
  await alice.event('disconnected');
  await bothHear(alice);
  await phone.event('CALL_CLOSED', { ms: 1000 * GRACE + 10000 });
});

stage.test('the phone hangs up while the browser has no socket', async (local) => {
  const { alice, tunnel } = await talkThrough(local, 'jssip', 'browser');
  tunnel.cut();
  await alice.event('disconnected');
  await phone.hangup();
  await phone.event('CALL_CLOSED');
  // The next call of the same phone shows that nothing of the dead one is in the way.
  tunnel.mend();
  await alice.event('registered', { ms: 20000 });
  await phone.dial('alice');
  await alice.event('incoming');
});
