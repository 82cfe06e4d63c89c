// A second kind of phone: Linphone, in Opus, calls browsers and is called.
import assert from 'node:assert/strict';

import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { Linphone } from './lib/linphone.mjs';
import { GATEWAY, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let chromium;
let linphone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  linphone = await peers.add(Linphone.start({ codec: 'opus' }));
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
const bothHear = (alice) => Promise.all([hears(alice, TONE.phone2), hears(linphone, TONE.alice)]);

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} calls it, both hear each other, DTMF arrives, the browser hangs up`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack, server: WSS }));
    await alice.call('phone2');
    await alice.accepted();
    await linphone.event('media');
    await bothHear(alice);
    assert.equal(await alice.receivedCodec(), 'audio/opus');
    await alice.do('dtmf', '5');
    assert.match((await linphone.event('dtmf')).line, /tone 5/);
    await alice.hangup();
    await linphone.event('ended');
  });

  stage.test(`it calls ${stack}, both hear each other, it holds, resumes and hangs up`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    linphone.dial('alice');
    await alice.event('incoming');
    await linphone.event('ringing');
    await alice.answer();
    await Promise.all([alice.accepted(), linphone.event('media')]);
    await bothHear(alice);
    linphone.hold();
    await Promise.all([alice.event('heldByPeer'), linphone.event('paused')]);
    linphone.resume();
    await alice.event('resumedByPeer');
    await bothHear(alice);
    linphone.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });
}
