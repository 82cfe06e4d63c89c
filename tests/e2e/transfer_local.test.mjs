// Transfers that the gateway carries out itself (`refer` is `local`), between phones that know nothing of Replaces and pages
// that know nothing of REFER: who was transferred sees no REFER, and keeps its call.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { Linphone } from './lib/linphone.mjs';
import { SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let ofAlice;
let ofBob;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start({ defines: ['RELAY'] }));
  await peers.add(Gateway.start({ entries: [['refer', 'local']] }));
  ofAlice = await peers.add(Browser.start({ user: 'alice' }));
  ofBob = await peers.add(Browser.start({ user: 'bob' }));
  phone = await peers.add(Baresip.start());
});

async function talk(alice) {
  await alice.call('phone');
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED');
  await hears(alice, TONE.phone);
}

for (const stack of ['jssip', 'sipjs', 'sipml5']) {
  stage.test(`${stack} sends the phone on to another one, which the gateway calls`, async (local) => {
    const second = await local.add(Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST }));
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    await talk(alice);
    assert.deepEqual(await alice.do('refer', 'phone2'), { code: 200 });
    await second.event('CALL_ESTABLISHED', { failOn: ['CALL_CLOSED'] });
    await alice.hangup();
    await alice.event('ended');
    await Promise.all([hears(second, TONE.phone), hears(wire, TONE.phone2)]);
    await second.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`the phone sends ${stack} on to another browser, which the gateway calls`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    const bob = await local.add(ofBob.registeredPhone());
    await talk(alice);
    await phone.transfer('bob');
    await bob.event('incoming');
    await bob.answer();
    await bob.accepted();
    await phone.event('CALL_CLOSED', { fits: ({ param }) => /transfer/i.test(param) });
    await Promise.all([hears(alice, TONE.bob), hears(bob, TONE.alice)]);
    assert.ok(!alice.events.seen.some(({ name }) => ['referred', 'ended'].includes(name)), 'it keeps its call');
    await alice.hangup();
    await bob.event('ended');
  });
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} hears that a transfer to nobody failed, and talks on`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    await talk(alice);
    assert.deepEqual(await alice.do('refer', 'nobody'), { code: 404 });
    await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`${stack} has a phone without Replaces take its place in its call with Linphone`, async (local) => {
    const linphone = await local.add(Linphone.start());
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    await talk(alice);
    await alice.hold();
    await alice.call('phone2');
    await alice.accepted();
    await hears(alice, TONE.phone2);
    assert.deepEqual(await alice.do('connectPeers'), { code: 200 });
    await alice.event('ended');
    await alice.do('leaveFirst');
    await alice.event('ended');
    await Promise.all([hears(wire, TONE.phone2), hears(linphone, TONE.phone)]);
    await phone.hangup();
    await linphone.event('ended');
  });
}
