// A SIP phone calls a browser through the breaker.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears, hearsDigit } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let chromium;
let phone;
let gateway;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
const DTMF_5 = [770, 1336];

async function talk(alice) {
  await phone.dial('alice');
  await alice.event('incoming');
  await phone.event('CALL_RINGING', { failOn: ['CALL_CLOSED'] });
  await alice.answer();
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
}

async function bothHear(alice) {
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`the phone calls ${stack} over wss in PCMU, both hear each other, the phone hangs up`,
    async (local) => {
      const alice = await local.add(chromium.registeredPhone({ stack, server: WSS }));
      await talk(alice);
      await bothHear(alice);
      assert.match(await alice.receivedCodec(), /^audio\/PCM[UA]$/);
      await phone.hangup();
      assert.equal((await alice.event('ended')).originator, 'remote');
    });

  stage.test(`the phone calls ${stack} over ws, both hear each other, the browser hangs up`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await bothHear(alice);
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`${stack} refuses with 486 and the phone is told`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await phone.dial('alice');
    await alice.event('incoming');
    await alice.do('reject', 486);
    assert.match((await phone.event('CALL_CLOSED', { failOn: ['CALL_ESTABLISHED'] })).param, /^486/);
  });

  stage.test(`the phone gives up while ${stack} rings`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await phone.dial('alice');
    await alice.event('incoming');
    await phone.event('CALL_RINGING', { failOn: ['CALL_CLOSED'] });
    await phone.hangup();
    assert.equal((await alice.event('failed', { failOn: ['accepted'] })).originator, 'remote');
  });

  stage.test(`the phone holds and resumes a call to ${stack}`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await holdAndResume(phone, [[alice, TONE.phone], [wire, TONE.alice]], { told: alice });
    await phone.hangup();
    await alice.event('ended');
  });

  stage.test(`${stack} holds and resumes a call of the phone`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await holdAndResume(alice, [[alice, TONE.phone], [wire, TONE.alice]]);
    await phone.hangup();
    await alice.event('ended');
  });

  stage.test(`DTMF of the phone reaches ${stack}, DTMF of ${stack} reaches the phone`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await bothHear(alice);
    // A page cannot see telephone-events; Chromium plays them as the two tones that they stand for.
    const pressing = setInterval(() => phone.dtmf('5'), 600);
    await hearsDigit(alice, DTMF_5).finally(() => clearInterval(pressing));
    for (const transport of ['rtp', 'info']) {
      await alice.do('dtmf', '7', transport);
      assert.equal((await phone.event('CALL_DTMF_START', { failOn: ['CALL_CLOSED'] })).param, '7');
      await phone.event('CALL_DTMF_END');
    }
    await phone.hangup();
    await alice.event('ended');
  });
}

stage.test('a call to a browser whose tab was closed is 480 at once', async (local) => {
  const alice = await local.add(chromium.registeredPhone());
  const withTab = gateway.descriptors();
  await alice.vanish();
  await eventually('the gateway closes the socket', () => gateway.descriptors() < withTab);
  const sipp = await local.add(Sipp.start('unreachable', { target: 'alice' }));
  await sipp.finished(5000);
});
