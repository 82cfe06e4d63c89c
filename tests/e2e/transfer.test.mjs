// Transfers with real peers (RFC 3515, 3891, 5589): who is connected with whom in the end is told by the tones.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { Linphone } from './lib/linphone.mjs';
import { TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let ofAlice;
let ofBob;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start({ defines: ['RELAY'] }));
  await peers.add(Gateway.start());
  ofAlice = await peers.add(Browser.start({ user: 'alice' }));
  ofBob = await peers.add(Browser.start({ user: 'bob' }));
  phone = await peers.add(Baresip.start());
});

const OTHER = { jssip: 'sipjs', sipjs: 'jssip' };

const bothHear = (one, hzOfOne, other, hzOfOther) => Promise.all([hears(one, hzOfOther), hears(other, hzOfOne)]);

async function answers(callee, caller) {
  await callee.event('incoming');
  await callee.answer();
  await Promise.all([callee.accepted(), caller?.accepted()]);
}

// `browser` asks its first peer to take its place in its second call and hears that this was done; both its calls end.
async function connectsItsPeers(browser, target) {
  const connected = browser.do('connectPeers');
  if (target) await answers(target);
  assert.deepEqual(await connected, { code: 200 });
  await browser.event('ended');
  await browser.do('leaveFirst');
  await browser.event('ended');
}

for (const stack of ['jssip', 'sipjs']) {
  const other = OTHER[stack];

  stage.test(`${stack} has a phone replace it in its call with ${other}`, async (local) => {
    const linphone = await local.add(Linphone.start());
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    await alice.call('phone2');
    await alice.accepted();
    await hears(alice, TONE.phone2);
    await alice.hold();
    await alice.call('bob');
    await answers(bob, alice);
    await connectsItsPeers(alice, bob);
    await bothHear(linphone, TONE.phone2, bob, TONE.bob);
    await bob.hangup();
    await linphone.event('ended');
  });

  stage.test(`${stack} has ${other} replace it in its call with a phone`, async (local) => {
    const linphone = await local.add(Linphone.start());
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    await alice.call('bob');
    await answers(bob, alice);
    await alice.hold();
    await alice.call('phone2');
    await alice.accepted();
    await hears(alice, TONE.phone2);
    await connectsItsPeers(alice);
    await bothHear(linphone, TONE.phone2, bob, TONE.bob);
    await bob.hangup();
    await linphone.event('ended');
  });

  stage.test(`${stack} has ${other} replace it in a call that a third browser made`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    const carol = await local.add(ofAlice.registeredPhone({ user: 'carol', stack }));
    await alice.call('bob');
    await answers(bob, alice);
    await alice.hold();
    await carol.call('alice');
    await answers(alice, carol);
    await connectsItsPeers(alice, carol);
    await bothHear(bob, TONE.bob, carol, TONE.alice);  // one browser, one microphone
    await bob.hangup();
    await carol.event('ended');
  });

  stage.test(`${stack} sends ${other} on to a phone`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    await alice.call('bob');
    await answers(bob, alice);
    assert.deepEqual(await alice.do('refer', 'phone'), { code: 200 });
    await alice.hangup();
    await alice.event('ended');
    await bothHear(bob, TONE.bob, phone, TONE.phone);
    await phone.hangup();
    await bob.event('ended');
  });

  stage.test(`a phone sends ${stack} on to ${other}`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    await phone.dial('alice');
    await answers(alice);
    await phone.event('CALL_ESTABLISHED');
    await phone.transfer('bob');
    assert.match((await alice.event('referred')).to, /sip:bob@/);
    await answers(bob);
    // SIP.js ends the subscription with its first NOTIFY: the phone hears nothing of what comes of it.
    if (stack === 'sipjs') await phone.hangup();
    else await phone.event('CALL_CLOSED', { fits: ({ param }) => /transfer/i.test(param) });
    await alice.event('ended');
    await bothHear(alice, TONE.alice, bob, TONE.bob);
    await bob.hangup();
    await alice.event('ended');
  });

  stage.test(`a phone has ${stack} replace it in its call with ${other}`, async (local) => {
    const linphone = await local.add(Linphone.start());
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other }));
    linphone.dial('alice');
    await answers(alice);
    const first = (await linphone.event('media')).call;
    linphone.hold();
    await linphone.event('paused');
    linphone.dial('bob');
    await answers(bob);
    const second = (await linphone.event('media', { fits: ({ call }) => call !== first })).call;
    linphone.connectPeers(first, second);
    assert.match((await alice.event('referred')).to, /Replaces=/);
    await answers(bob);
    await linphone.event('transferred');
    await linphone.hangup();
    await alice.event('ended');
    await bothHear(alice, TONE.alice, bob, TONE.bob);
    await alice.hangup();
    await bob.event('ended');
  });
}
