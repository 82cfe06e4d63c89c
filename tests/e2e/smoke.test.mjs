// One call over wss from a browser to a phone: the quick proof that a build works.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let chromium;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

stage.test('JsSIP over wss calls the phone and both hear each other', async (local) => {
  const server = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
  const alice = await local.add(chromium.registeredPhone({ stack: 'jssip', server }));
  await alice.call('phone');
  await alice.accepted();
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
  assert.equal(await alice.receivedCodec(), 'audio/PCMU');
  await alice.hangup();
  await phone.event('CALL_CLOSED');
});
