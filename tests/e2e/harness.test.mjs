// The harness tests itself, without the gateway: the browsers talk through Kamailio's own WebSocket, the
// phones through Kamailio. When this fails, a failure of the other suites says nothing about the gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { REGISTRAR, SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears, share, sineWav } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';
import { muLawSample, muLawTone } from './lib/g711.mjs';

let alice;
let bob;
let phone;
const direct = { server: `ws://${REGISTRAR.host}:${REGISTRAR.ws}`, breaker: false, ha1: '' };

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  const [ofAlice, ofBob, baresip] = await Promise.all([
    Browser.start({ user: 'alice' }), Browser.start({ user: 'bob' }), Baresip.start()]);
  await peers.add(ofAlice);
  await peers.add(ofBob);
  phone = await peers.add(baresip);
  alice = await ofAlice.phone({ stack: 'jssip', ...direct });
  bob = await ofBob.phone({ stack: 'sipjs', ...direct });
  await Promise.all([alice.register(), bob.register()]);
});

test('a tone is told from its neighbours, also after G.711', () => {
  const wav = sineWav(440, { rate: 8000, seconds: 1 });
  const samples = Float32Array.from({ length: 8000 }, (_, i) => wav.readInt16LE(44 + 2 * i) / 32768);
  assert.ok(share({ rate: 8000, samples }, 440) > 0.99);
  assert.ok(share({ rate: 8000, samples }, 620) < 0.01);
  const coded = Float32Array.from(muLawTone(1000, { seconds: 1 }), (byte) => muLawSample(byte) / 32768);
  assert.ok(share({ rate: 8000, samples: coded }, 1000) > 0.95);
});

stage.test('JsSIP calls SIP.js, both hear the other\'s tone, hold and resume', async () => {
  await alice.call('bob');
  await bob.event('incoming');
  await bob.answer();
  await Promise.all([alice.accepted(), bob.accepted()]);
  await Promise.all([hears(alice, TONE.bob), hears(bob, TONE.alice)]);
  assert.equal(await alice.receivedCodec(), 'audio/opus');
  for (const [holder, held] of [[alice, bob], [bob, alice]]) {
    await holdAndResume(holder, [[alice, TONE.bob], [bob, TONE.alice]], { told: held });
  }
  await bob.hangup();
  await alice.event('ended');
});

stage.test('baresip calls baresip and both hear the other\'s tone, held and resumed', async (local) => {
  const other = await local.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST }));
  const wire = await local.add(WireTap.start('phone2'));
  await phone.dial('phone2');
  await phone.event('CALL_ESTABLISHED');
  await Promise.all([hears(phone, TONE.phone2), hears(other, TONE.phone), hears(wire, TONE.phone)]);
  await phone.dtmf('5');
  assert.equal((await other.event('CALL_DTMF_START')).param, '5');
  await holdAndResume(phone, [[wire, TONE.phone]]);
  await other.hangup();
  await phone.event('CALL_CLOSED');
});

stage.test('baresip hears the early media of SIPp', async (local) => {
  const sipp = await local.add(Sipp.start('early_media'));
  phone.events.skip();
  await phone.dial('sipp');
  await phone.event('CALL_PROGRESS');
  await hears(phone, TONE.sipp);
  await phone.event('CALL_ESTABLISHED');
  await phone.hangup();
  await sipp.finished();
});
