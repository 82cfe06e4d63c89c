// A second browser engine: Firefox calls, is called, holds, and talks Opus with Chromium, with and without video.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { COLOUR, GATEWAY, TONE } from './lib/network.mjs';
import { sees, seesMoving } from './lib/picture.mjs';
import { SoundServer } from './lib/sound_server.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let firefox;
let chromium;
let phone;

const stage = new Stage(async (peers) => {
  const sound = await peers.add(SoundServer.start());
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  phone = await peers.add(Baresip.start({ video: true }));
  firefox = await peers.add(Browser.start({ user: 'alice', engine: 'firefox', env: sound.env }));
  chromium = await peers.add(Browser.start({ user: 'bob', camera: true }));
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} in Firefox over wss calls the phone, both hear each other, holds, resumes and sends DTMF`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(firefox.registeredPhone({ stack, server: WSS }));
    await alice.call('phone');
    await alice.accepted();
    await phone.event('CALL_ESTABLISHED');
    await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
    assert.match(await alice.receivedCodec(), /^audio\/PCM[UA]$/);
    await holdAndResume(alice, [[alice, TONE.phone], [wire, TONE.alice]]);
    for (const transport of ['rtp', 'info']) {
      await alice.do('dtmf', '5', transport);
      assert.equal((await phone.event('CALL_DTMF_START', { failOn: ['CALL_CLOSED'] })).param, '5');
      await phone.event('CALL_DTMF_END');
    }
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`the phone calls ${stack} in Firefox, both hear each other, the phone holds, resumes and hangs up`, async (local) => {
    const alice = await local.add(firefox.registeredPhone({ stack }));
    await phone.dial('alice');
    await alice.event('incoming');
    await alice.answer();
    await alice.accepted();
    await phone.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
    await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
    await holdAndResume(phone, [[alice, TONE.phone]], { told: alice });
    await phone.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });
}

for (const [caller, callee] of [['Firefox', 'Chromium'], ['Chromium', 'Firefox']]) {
  stage.test(`${caller} calls ${callee} in Opus`, async (local) => {
    const alice = await local.add(firefox.registeredPhone());
    const bob = await local.add(chromium.registeredPhone({ stack: 'sipjs' }));
    const [from, to, target] = caller === 'Firefox' ? [alice, bob, 'bob'] : [bob, alice, 'alice'];
    await from.call(target);
    await to.event('incoming');
    await to.answer();
    await Promise.all([from.accepted(), to.accepted()]);
    await Promise.all([hears(alice, TONE.bob), hears(bob, TONE.alice)]);
    for (const page of [alice, bob]) assert.equal(await page.receivedCodec(), 'audio/opus');
    await from.hangup();
    await to.event('ended');
  });
}

// Firefox's camera changes its colour all the time.
const theySee = (alice, other, colour) => Promise.all([sees(alice, colour), seesMoving(other)]);

stage.test('Firefox calls the phone with video, both see each other', async (local) => {
  const alice = await local.add(firefox.registeredPhone({ video: true }));
  await alice.call('phone');
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED');
  await theySee(alice, phone, COLOUR.phone);
  assert.equal((await alice.statistics('video')).received.codec, 'video/VP8');
  await alice.hangup();
  await phone.event('CALL_CLOSED');
});

for (const [caller, callee] of [['Firefox', 'Chromium'], ['Chromium', 'Firefox']]) {
  stage.test(`${caller} calls ${callee} with video, both see each other and get the key frames they ask for`, async (local) => {
    const alice = await local.add(firefox.registeredPhone({ video: true }));
    const bob = await local.add(chromium.registeredPhone({ stack: 'sipjs', video: true }));
    const [from, to, target] = caller === 'Firefox' ? [alice, bob, 'bob'] : [bob, alice, 'alice'];
    await from.call(target);
    await to.event('incoming');
    await to.answer();
    await Promise.all([from.accepted(), to.accepted()]);
    await Promise.all([hears(alice, TONE.bob), hears(bob, TONE.alice), theySee(alice, bob, COLOUR.bob)]);
    // Only Chromium counts the key frames that it makes.
    const { keyFramesEncoded } = (await bob.statistics('video')).sent;
    await alice.do('askForKeyFrame');
    await eventually('Chromium makes a key frame',
      async () => (await bob.statistics('video')).sent.keyFramesEncoded > keyFramesEncoded);
    const { keyFramesDecoded } = (await bob.statistics('video')).received;
    await bob.do('askForKeyFrame');
    await eventually('Firefox makes a key frame',
      async () => (await bob.statistics('video')).received.keyFramesDecoded > keyFramesDecoded);
    assert.ok((await alice.statistics('video')).sent.pliCount > 0);
    await theySee(alice, bob, COLOUR.bob);
    await from.hangup();
    await to.event('ended');
  });
}
