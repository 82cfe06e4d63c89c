// JsSIP and SIP.js as they are: no rtcweb-breaker, no ha1, a password only. The configuration says breaker=auto.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let chromium;
let phone;
let second;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start({ entries: [['breaker', 'auto']] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
  second = await peers.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST }));
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
const plain = (stack) => chromium.registeredPhone({ stack, server: WSS, breaker: false, ha1: '' });

async function talk(alice) {
  await alice.call('phone');
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED');
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} with a password only calls the phone through the breaker`, async (local) => {
    const alice = await local.add(plain(stack));
    await talk(alice);
    assert.equal(await alice.receivedCodec(), 'audio/PCMU');
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`the phone calls ${stack} through the breaker`, async (local) => {
    const alice = await local.add(plain(stack));
    await phone.dial('alice');
    await alice.event('incoming');
    await alice.answer();
    await Promise.all([alice.accepted(), phone.event('CALL_ESTABLISHED')]);
    await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
    await phone.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });

  stage.test(`${stack} transfers the phone to another one and hears that it worked`, async (local) => {
    const alice = await local.add(plain(stack));
    await talk(alice);
    assert.deepEqual(await alice.do('refer', 'phone2'), { code: 200 });
    await second.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
    await alice.hangup();
    await alice.event('ended');
    await hears(second, TONE.phone);
    await second.hangup();
    await second.event('CALL_CLOSED');
  });

  stage.test(`${stack} hears that a transfer to nobody failed`, async (local) => {
    const alice = await local.add(plain(stack));
    await talk(alice);
    assert.deepEqual(await alice.do('refer', 'nobody'), { code: 404 });
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`the first of two ${stack} tabs answers, the other is told that it did`, async (local) => {
    const one = await local.add(plain(stack));
    const two = await local.add(plain(stack));
    await phone.dial('alice');
    await Promise.all([one.event('incoming'), two.event('incoming')]);
    await two.answer();
    await Promise.all([two.accepted(), phone.event('CALL_ESTABLISHED')]);
    const { why } = await one.event('failed', { failOn: ['accepted'] });
    assert.match(why ?? '(no Reason)', /SIP\s*;\s*cause=200\s*;\s*text="Call completed elsewhere"/);
    await hears(phone, TONE.alice);
    await two.hangup();
    await phone.event('CALL_CLOSED');
  });
}
