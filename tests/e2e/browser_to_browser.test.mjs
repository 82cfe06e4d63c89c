// Two browsers behind the same gateway: two breaker calls through the registrar, Opus all the way.
import assert from 'node:assert/strict';

import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let ofAlice;
let ofBob;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  const [first, second] = await Promise.all([
    Browser.start({ user: 'alice' }), Browser.start({ user: 'bob' })]);
  ofAlice = await peers.add(first);
  ofBob = await peers.add(second);
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;

async function talk(local, stackOfAlice, stackOfBob) {
  const alice = await local.add(ofAlice.registeredPhone({ stack: stackOfAlice, server: WSS }));
  const bob = await local.add(ofBob.registeredPhone({ stack: stackOfBob }));
  await alice.call('bob');
  await bob.event('incoming', { failOn: ['pageError'] });
  await bob.answer();
  await Promise.all([alice.accepted(), bob.accepted()]);
  await Promise.all([hears(alice, TONE.bob), hears(bob, TONE.alice)]);
  return [alice, bob];
}

for (const [caller, callee] of [['jssip', 'sipjs'], ['sipjs', 'jssip']]) {
  stage.test(`${caller} calls ${callee} in Opus and both hear the other's tone`, async (local) => {
    const [alice, bob] = await talk(local, caller, callee);
    assert.equal(await alice.receivedCodec(), 'audio/opus');
    assert.equal(await bob.receivedCodec(), 'audio/opus');
    await bob.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });

  stage.test(`${caller} holds ${callee}, resumes and hangs up`, async (local) => {
    const [alice, bob] = await talk(local, caller, callee);
    await holdAndResume(alice, [[alice, TONE.bob], [bob, TONE.alice]], { told: bob });
    await alice.hangup();
    assert.equal((await bob.event('ended')).originator, 'remote');
  });
}
