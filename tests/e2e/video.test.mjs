// Audio and video between browsers and phones: VP8 and H.264 relayed, key frames asked for in every way that peers know.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { Linphone, NO_CAMERA } from './lib/linphone.mjs';
import { COLOUR, REGISTRAR, SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { sees, seesNothing } from './lib/picture.mjs';
import { Stage } from './lib/stage.mjs';
import { hears, hearsNothing } from './lib/tone.mjs';
import { VideoPhone } from './lib/video_phone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let ofAlice;
let ofBob;
let phone;

const all = (...waits) => Promise.all(waits);

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  const [first, second, baresip] = await all(Browser.start({ user: 'alice', camera: true }),
    Browser.start({ user: 'bob', camera: true }), Baresip.start({ video: true }));
  ofAlice = await peers.add(first);
  ofBob = await peers.add(second);
  phone = await peers.add(baresip);
});

// sipML5 wants to know the server behind the gateway.
const outboundProxy = `udp://${REGISTRAR.host}:${REGISTRAR.port}`;
const aliceWithVideo = (local, stack, options) =>
  local.add(ofAlice.registeredPhone({ stack, video: true, outboundProxy, ...options }));
const bobWithVideo = (local, stack) => local.add(ofBob.registeredPhone({ stack, video: true }));

async function callThePhone(alice) {
  await alice.call('phone');
  await all(alice.accepted(), phone.event('CALL_ESTABLISHED'));
}

async function callBob(alice, bob) {
  await alice.call('bob');
  await bob.event('incoming');
  await bob.answer();
  await all(alice.accepted(), bob.accepted());
  await all(hears(alice, TONE.bob), hears(bob, TONE.alice), sees(alice, COLOUR.bob), sees(bob, COLOUR.alice));
}

async function bothMeet(alice, listener = phone) {
  await all(hears(alice, TONE.phone), hears(listener, TONE.alice), sees(alice, COLOUR.phone), sees(phone, COLOUR.alice));
}

async function nobodyMeets(alice, listener) {
  await all(hearsNothing(alice), hearsNothing(listener), seesNothing(alice), seesNothing(phone));
}

async function bothDecodeVp8(alice) {
  const { received, sent } = await alice.statistics('video');
  assert.deepEqual([received.codec, received.frameWidth, received.frameHeight], ['video/VP8', 320, 240]);
  assert.equal(sent.codec, 'video/VP8');
  assert.ok(received.keyFramesDecoded >= 1);
  const { codec, width, keyFrames } = await phone.video();
  assert.deepEqual([codec, width], ['VP8', 320]);
  assert.ok(keyFrames >= 1);
}

async function aliceHangsUp(alice) {
  await alice.hangup();
  await all(phone.event('CALL_CLOSED'), alice.event('ended'));
}

// What the page's encoder has done, and how often it was asked for key frames.
async function encoderOf(page) {
  const { sent } = await page.statistics('video');
  return { keyFrames: sent.keyFramesEncoded, requests: sent.pliCount + sent.firCount };
}

const oneMore = ({ keyFrames, requests }) => ({ keyFrames: keyFrames + 1, requests: requests + 1 });

const encodes = (page, wanted) => eventually(`${page.name} encodes ${JSON.stringify(wanted)}`,
  async () => isDeepStrictEqual(await encoderOf(page), wanted));

async function eachAsksTheOther(alice, bob) {
  for (const [viewer, viewed] of [[alice, bob], [bob, alice]]) {
    const before = await encoderOf(viewed);
    await viewer.do('askForKeyFrame');
    await encodes(viewed, oneMore(before));
  }
}

for (const stack of ['jssip', 'sipjs', 'sipml5']) {
  stage.test(`${stack} calls the phone with video, both see and hear each other, the browser hangs up`, async (local) => {
    const alice = await aliceWithVideo(local, stack);
    await callThePhone(alice);
    await bothMeet(alice);
    await bothDecodeVp8(alice);
    await aliceHangsUp(alice);
  });

  stage.test(`the phone calls ${stack} with video, both see and hear each other, the phone hangs up`, async (local) => {
    const alice = await aliceWithVideo(local, stack);
    await phone.dial('alice');
    await alice.event('incoming');
    await alice.answer();
    await all(alice.accepted(), phone.event('CALL_ESTABLISHED'));
    await bothMeet(alice);
    await bothDecodeVp8(alice);
    await phone.hangup();
    await alice.event('ended');
  });
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} offers video to a phone that has none, is told, and they talk`, async (local) => {
    const plain = await local.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST }));
    const alice = await aliceWithVideo(local, stack);
    await alice.call('phone2');
    await all(alice.accepted(), plain.event('CALL_ESTABLISHED'));
    assert.match(await alice.remoteDescription(), /^m=video 0 /m);
    await all(hears(alice, TONE.phone2), hears(plain, TONE.alice));
    await alice.hangup();
    await plain.event('CALL_CLOSED');
  });

  stage.test(`${stack} holds a video call and resumes it, and so does the phone`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await aliceWithVideo(local, stack);
    await callThePhone(alice);
    await bothMeet(alice, wire);
    await alice.do('hold');
    await nobodyMeets(alice, wire);
    await alice.do('unhold');
    await bothMeet(alice, wire);
    await phone.hold();
    await alice.event('heldByPeer');
    await nobodyMeets(alice, wire);
    await phone.resume();
    await alice.event('resumedByPeer');
    await bothMeet(alice, wire);
    await aliceHangsUp(alice);
  });

  stage.test(`${stack} adds video to a call of sound, takes it away and adds it again`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    await callThePhone(alice);
    await all(hears(alice, TONE.phone), hears(wire, TONE.alice));
    await alice.do('addVideo');
    await bothMeet(alice, wire);
    await alice.do('removeVideo');
    await all(hears(alice, TONE.phone), hears(wire, TONE.alice), seesNothing(phone));
    await alice.do('addVideo');
    await bothMeet(alice, wire);
    await aliceHangsUp(alice);
  });
}

// The ways in which a phone asks for key frames and wants to be asked.
const WAYS = [
  { way: 'PLI', feedback: ['nack pli'], event: 'pli', ask: (other) => other.sendPli() },
  { way: 'FIR', feedback: ['ccm fir'], event: 'fir', ask: (other) => other.sendFir() },
  { way: 'INFO', feedback: [], event: 'info', ask: (other) => other.sendInfo() },
];

for (const { way, feedback, event, ask } of WAYS) {
  stage.test(`a browser that gets no key frame has the phone asked by ${way}, and then sees pictures`, async (local) => {
    const other = await local.add(VideoPhone.start({ feedback, withholding: true }));
    const alice = await aliceWithVideo(local);
    await alice.call('sipp');
    await alice.accepted();
    // The first may be the gateway's own, because it dropped packets until the browser could take them.
    for (let count = 0; count < 2; ++count) {
      const request = await other.event(event);
      if (way === 'INFO') assert.match(request.text, /<picture_fast_update\s*\/?>/);
      else assert.equal(request.media, other.ssrc);
    }
    const { received } = await alice.statistics('video');
    assert.ok(received.pliCount + received.firCount > 0);
    assert.equal(received.framesDecoded, 0);
    other.sendKeyFrames();
    ask(other);
    await sees(alice, COLOUR.alice);
    await alice.hangup();
    await other.event('ended');
  });

  stage.test(`a phone that asks by ${way} gets a new key frame of the browser`, async (local) => {
    const other = await local.add(VideoPhone.start({ feedback }));
    const alice = await aliceWithVideo(local);
    await alice.call('sipp');
    await alice.accepted();
    await sees(alice, COLOUR.alice);
    const before = await encoderOf(alice);
    other.events.skip();
    ask(other);
    await other.event('keyFrame');
    await encodes(alice, oneMore(before));
    if (way === 'INFO') assert.equal((await other.answered('INFO')).code, 200);
    await alice.hangup();
    await other.event('ended');
  });
}

// What it sends may be differences to pictures that it did not send.
stage.test('a phone that ends its hold is asked for a key frame', async (local) => {
  const other = await local.add(VideoPhone.start({ feedback: ['nack pli'] }));
  const alice = await aliceWithVideo(local);
  await alice.call('sipp');
  await alice.accepted();
  await sees(alice, COLOUR.alice);
  await other.hold();
  await alice.event('heldByPeer');
  await seesNothing(alice);
  other.events.skip();
  await other.resume();
  await alice.event('resumedByPeer');
  assert.equal((await other.event('pli')).media, other.ssrc);
  await sees(alice, COLOUR.alice);
  await alice.hangup();
  await other.event('ended');
});

for (const [caller, callee] of [['jssip', 'sipjs'], ['sipjs', 'jssip']]) {
  stage.test(`${caller} calls ${callee} with video, both see each other and get the key frames they ask for`, async (local) => {
    const alice = await aliceWithVideo(local, caller);
    const bob = await bobWithVideo(local, callee);
    await callBob(alice, bob);
    assert.equal((await alice.statistics('video')).received.codec, 'video/VP8');
    await eachAsksTheOther(alice, bob);
    await bob.hangup();
    await alice.event('ended');
  });
}

stage.test('two browsers see each other in H.264 and get the key frames they ask for', async (local) => {
  const alice = await aliceWithVideo(local, 'jssip', { videoCodec: 'video/H264' });
  const bob = await bobWithVideo(local, 'sipjs');
  await callBob(alice, bob);
  for (const page of [alice, bob]) assert.equal((await page.statistics('video')).received.codec, 'video/H264');
  await eachAsksTheOther(alice, bob);
  await bob.hangup();
  await alice.event('ended');
});

stage.test('a browser and Linphone call each other with video, see and hear each other', async (local) => {
  const linphone = await local.add(Linphone.start({ video: true }));
  const alice = await aliceWithVideo(local);
  const display = { name: linphone.name, look: () => linphone.look(alice) };
  const theyMeet = () => all(hears(alice, TONE.phone2), hears(linphone, TONE.alice),
    sees(alice, NO_CAMERA), sees(display, COLOUR.alice));
  await alice.call('phone2');
  await all(alice.accepted(), linphone.event('media'));
  await theyMeet();
  await alice.hangup();
  await all(linphone.event('ended'), alice.event('ended'));
  linphone.dial('alice');
  await alice.event('incoming');
  await alice.answer();
  await all(alice.accepted(), linphone.event('media'));
  await theyMeet();
  linphone.hangup();
  await alice.event('ended');
});
