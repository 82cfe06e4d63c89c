// A browser restarts ICE, as it does when its network changes: the call goes on, and the phone hears nothing of it.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Child } from './lib/child.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let gateway;
let chromium;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

// Every INVITE on the wire; the WebSocket's frames are masked and compressed from the browser, so these are UDP's.
async function invites() {
  const tap = new Child('tcpdump', 'tcpdump', ['-i', 'lo', '-n', '-l', '-A', '-s', '0', 'udp']);
  await tap.line(/listening on/);
  tap.count = () => (tap.log.match(/INVITE sips?:\S+ SIP\/2\.0/g) ?? []).length;
  return tap;
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} restarts ICE twice in a call, both hear each other, the phone gets no re-INVITE`,
    async (local) => {
      const wire = await local.add(invites());
      const alice = await local.add(chromium.registeredPhone({ stack }));
      await alice.call('phone');
      await alice.accepted();
      await phone.event('CALL_ESTABLISHED');
      await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
      const before = wire.count();
      assert.ok(before > 0, 'the tap sees INVITEs');
      for (const round of [1, 2]) {
        const mark = gateway.log.length;
        await alice.do('restartIce');
        await gateway.child.line(/media\.ice_restarted[^]*media\.ice_pair_chosen/, { from: mark });
        assert.doesNotMatch(gateway.log.slice(mark), /media\.dtls_connected/, 'the same association');
        await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
        assert.equal(wire.count(), before, `no re-INVITE after restart ${round}`);
      }
      await alice.hangup();
      await phone.event('CALL_CLOSED');
    });
}
