// sipML5, the client of webrtc2sip 2.x, as its release is: its own URIs, Route, rtcweb-breaker, impi and ha1.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, REGISTRAR, SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let chromium;
let registrar;
let phone;

const stage = new Stage(async (peers) => {
  registrar = await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

const SERVERS = { ws: `ws://${GATEWAY.host}:${GATEWAY.ws}`, wss: `wss://${GATEWAY.host}:${GATEWAY.wss}` };
const outboundProxy = `udp://${REGISTRAR.host}:${REGISTRAR.port}`;
const registered = (local, transport = 'wss', options = {}) =>
  local.add(chromium.registeredPhone({ stack: 'sipml5', server: SERVERS[transport], outboundProxy, ...options }));

const bothHear = (alice) => Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);

async function talk(alice) {
  await alice.call('phone');
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED');
}

async function answer(alice) {
  await phone.dial('alice');
  await alice.event('incoming');
  await phone.event('CALL_RINGING', { failOn: ['CALL_CLOSED'] });
  await alice.answer();
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
}

for (const transport of ['ws', 'wss']) {
  stage.test(`it registers over ${transport}, calls the phone, both hear each other, it hangs up`, async (local) => {
    const from = registrar.log.length;
    const alice = await registered(local, transport);
    const [contact] = await registrar.line(/REGISTER Contact: .*/, { from });
    assert.match(contact, /<sip:alice@127\.0\.0\.1:10060;.*rtcweb-breaker=yes.*>/);
    assert.ok(contact.includes(`ws-src-proto=${transport}`), contact);
    await talk(alice);
    await bothHear(alice);
    assert.equal(await alice.receivedCodec(), 'audio/PCMU');
    await alice.hangup();
    await phone.event('CALL_CLOSED');
    await alice.event('ended');
  });

  stage.test(`the phone calls it over ${transport}, both hear each other, the phone hangs up`, async (local) => {
    const alice = await registered(local, transport);
    await answer(alice);
    await bothHear(alice);
    await phone.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });
}

stage.test('without an outbound proxy of its own it uses the gateway\'s', async (local) => {
  const alice = await registered(local, 'ws', { outboundProxy: undefined });
  await talk(alice);
  await bothHear(alice);
  await phone.hangup();
  await alice.event('ended');
});

stage.test('it holds, resumes and sends DTMF', async (local) => {
  const wire = await local.add(WireTap.start('phone'));
  const alice = await registered(local);
  await talk(alice);
  await holdAndResume(alice, [[alice, TONE.phone], [wire, TONE.alice]]);
  await alice.do('dtmf', '5');
  assert.equal((await phone.event('CALL_DTMF_START', { failOn: ['CALL_CLOSED'] })).param, '5');
  await alice.hangup();
  await phone.event('CALL_CLOSED');
});

stage.test('the phone holds and resumes it', async (local) => {
  const wire = await local.add(WireTap.start('phone'));
  const alice = await registered(local);
  await answer(alice);
  await holdAndResume(phone, [[alice, TONE.phone], [wire, TONE.alice]], { told: alice });
  await alice.hangup();
  await phone.event('CALL_CLOSED');
});

stage.test('it plays the early media of a 183 and goes on after the 200', async (local) => {
  const sipp = await local.add(Sipp.start('early_media'));
  const alice = await registered(local);
  await alice.call('sipp');
  await alice.event('progress', { fits: ({ sdp }) => sdp, failOn: ['failed', 'accepted'] });
  await hears(alice, TONE.sipp);
  assert.ok(!alice.events.seen.some(({ name }) => name === 'accepted'), 'heard before the answer');
  await alice.accepted();
  await hears(alice, TONE.sipp);
  await alice.hangup();
  await sipp.finished();
});

stage.test('it cancels, is told 486 and 404, refuses, and hears that the phone gave up', async (local) => {
  const manual = await local.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST, answer: 'manual' }));
  const busy = await local.add(Sipp.start('status', { words: { status: '486 Busy Here' } }));
  const alice = await registered(local);
  await alice.call('phone2');
  assert.equal((await alice.event('progress', { failOn: ['failed', 'accepted'] })).code, 180);
  await manual.event('CALL_INCOMING');
  await alice.hangup();
  await alice.event('failed', { failOn: ['accepted'] });
  await manual.event('CALL_CLOSED', { failOn: ['CALL_ESTABLISHED'] });
  for (const [target, code] of [['sipp', 486], ['nobody', 404]]) {
    await alice.call(target);
    assert.equal((await alice.event('failed', { failOn: ['accepted'] })).code, code);
  }
  await busy.finished();
  await phone.dial('alice');
  await alice.event('incoming');
  await alice.do('reject');
  await phone.event('CALL_CLOSED', { failOn: ['CALL_ESTABLISHED'] });
  await alice.event('failed');
  await phone.dial('alice');
  await alice.event('incoming');
  await phone.event('CALL_RINGING', { failOn: ['CALL_CLOSED'] });
  await phone.hangup();
  await alice.event('failed', { failOn: ['accepted'] });
});

stage.test('it sends the phone on to another one and hears that this worked', async (local) => {
  const second = await local.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST }));
  const alice = await registered(local);
  await talk(alice);
  await hears(alice, TONE.phone);
  assert.deepEqual(await alice.do('refer', 'phone2'), { code: 200 });
  await second.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
  await alice.hangup();
  await alice.event('ended');
  await hears(second, TONE.phone);
  await second.hangup();
  await second.event('CALL_CLOSED');
});

stage.test('it writes and is written to', async (local) => {
  const alice = await registered(local);
  const bob = await local.add(chromium.registeredPhone({ user: 'bob' }));
  await alice.do('message', 'bob', 'Grüße ✓');
  assert.equal((await bob.event('message')).body, 'Grüße ✓');
  await alice.event('messageSent', { failOn: ['messageFailed'] });
  await bob.do('message', 'alice', 'Hello Alice');
  assert.equal((await alice.event('message')).body, 'Hello Alice');
  assert.equal((await bob.event('messageSent', { failOn: ['messageFailed'] })).code, 200);
});

stage.test('a wrong password is told', async (local) => {
  const alice = await local.add(chromium.phone({ stack: 'sipml5', server: SERVERS.wss, outboundProxy, password: 'wrong' }));
  await alice.event('connected');
  await alice.do('register');
  await alice.event('registrationFailed', { failOn: ['registered'] });
});
