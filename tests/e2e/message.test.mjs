// MESSAGE through the proxy, both ways.
import assert from 'node:assert/strict';

import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { aor } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';

let ofAlice;
let ofBob;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  ofAlice = await peers.add(Browser.start({ user: 'alice' }));
  ofBob = await peers.add(Browser.start({ user: 'bob' }));
});

// Not ASCII, and longer than one would type: it has to arrive byte for byte.
const LONG = `Grüße, ${'a line of text; '.repeat(40)}ende ✓`;

for (const [stackOfAlice, stackOfBob] of [['jssip', 'sipjs'], ['sipjs', 'jssip']]) {
  stage.test(`${stackOfAlice} and ${stackOfBob} write to each other`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack: stackOfAlice }));
    const bob = await local.add(ofBob.registeredPhone({ stack: stackOfBob }));
    for (const [from, to, name, text] of [[alice, bob, 'bob', LONG], [bob, alice, 'alice', 'Hello Alice']]) {
      await from.do('message', name, text);
      const { body, from: author } = await to.event('message');
      assert.equal(body, text);
      assert.equal(author, aor(name === 'bob' ? 'alice' : 'bob'));
      assert.equal((await from.event('messageSent', { failOn: ['messageFailed'] })).code, 200);
    }
  });
}

stage.test('a MESSAGE of the SIP network reaches the browser', async (local) => {
  const alice = await local.add(ofAlice.registeredPhone());
  const sipp = await local.add(Sipp.start('message', { target: 'alice' }));
  assert.equal((await alice.event('message')).body, 'greetings from SIPp');
  await sipp.finished();
});

stage.test('a MESSAGE to nobody is told 404', async (local) => {
  const alice = await local.add(ofAlice.registeredPhone());
  await alice.do('message', 'nobody', 'Hello?');
  assert.equal((await alice.event('messageFailed', { failOn: ['messageSent'] })).code, 404);
});
