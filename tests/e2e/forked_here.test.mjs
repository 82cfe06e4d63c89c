// A registrar that drops our Contact parameters: one INVITE for alice comes from the network, and the gateway rings
// each of her pages through the breaker.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let kamailio;
let gateway;
let chromium;
let phone;

const stage = new Stage(async (peers) => {
  kamailio = await peers.add(Kamailio.start({ defines: ['BY_AOR'] }));
  gateway = await peers.add(Gateway.start({ entries: [['breaker', 'auto']] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
const plain = (stack) => chromium.registeredPhone({ stack, server: WSS, breaker: false, ha1: '' });
const count = (text, pattern) => text.match(new RegExp(pattern, 'g'))?.length ?? 0;

// The phone calls alice, once, and both pages ring, each in a call of its own.
async function ring(pages) {
  const marks = [kamailio.log.length, gateway.log.length];
  await phone.dial('alice');
  await Promise.all(pages.map((page) => page.event('incoming')));
  assert.equal(count(kamailio.log.slice(marks[0]), 'ONE INVITE for sip:alice@'), 1);
  assert.equal(count(gateway.log.slice(marks[1]), 'call\\.start'), 2);
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`the first of two ${stack} pages answers, the other is told that it did`, async (local) => {
    const one = await local.add(plain(stack));
    const two = await local.add(plain(stack));
    await ring([one, two]);
    await two.answer();
    await Promise.all([two.accepted(), phone.event('CALL_ESTABLISHED')]);
    const { why } = await one.event('failed', { failOn: ['accepted'] });
    assert.match(why ?? '(no Reason)', /SIP\s*;\s*cause=200\s*;\s*text="Call completed elsewhere"/);
    await Promise.all([hears(two, TONE.phone), hears(phone, TONE.alice)]);
    await two.hangup();
    await phone.event('CALL_CLOSED');
  });
}

stage.test('the phone gives up and both pages stop ringing', async (local) => {
  const pages = [await local.add(plain('jssip')), await local.add(plain('sipjs'))];
  await ring(pages);
  await phone.hangup();
  await Promise.all(pages.map((page) => page.event('failed', { failOn: ['accepted'] })));
});

stage.test('one page is busy, the other answers and is hung up by the phone', async (local) => {
  const busy = await local.add(plain('jssip'));
  const free = await local.add(plain('jssip'));
  await ring([busy, free]);
  await busy.do('reject');
  await busy.event('failed');
  await free.answer();
  await Promise.all([free.accepted(), phone.event('CALL_ESTABLISHED')]);
  await Promise.all([hears(free, TONE.phone), hears(phone, TONE.alice)]);
  await phone.hangup();
  assert.equal((await free.event('ended')).originator, 'remote');
});
