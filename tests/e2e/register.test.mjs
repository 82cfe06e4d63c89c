// REGISTER through the gateway to a registrar with digest authentication.
import assert from 'node:assert/strict';

import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { GATEWAY } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';

let registrar;
let chromium;

const stage = new Stage(async (peers) => {
  registrar = await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
});

const SERVERS = { ws: `ws://${GATEWAY.host}:${GATEWAY.ws}`, wss: `wss://${GATEWAY.host}:${GATEWAY.wss}` };

for (const stack of ['jssip', 'sipjs']) {
  for (const [scheme, server] of Object.entries(SERVERS)) {
    stage.test(`${stack} registers over ${scheme}, refreshes and unregisters`, async (local) => {
      const start = registrar.log.length;
      const alice = await local.add(chromium.phone({ stack, server }));
      const { contacts, expires } = await alice.register();
      assert.equal(contacts, 1);
      assert.ok(expires > 590 && expires <= 600, `expires=${expires}`);

      const [, contact, via] = await registrar.line(/REGISTER Contact: (\S+) Via: (.*)/, { from: start });
      assert.match(contact, /<sip:[^@]+@127\.0\.0\.1:10060/, 'the Contact names the gateway');
      assert.match(contact, /;rtcweb-breaker=yes/);
      assert.match(contact, /;ws-src-ip=127\.0\.0\.1;ws-src-port=\d+;ws-src-proto=ws/);
      assert.match(contact, /;ws-flow=[\w-]{22}/);
      assert.match(via, /SIP\/2\.0\/UDP 127\.0\.0\.1:10060/);

      // JsSIP says nothing of a refresh that went well, so the registrar is asked.
      const refresh = registrar.log.length;
      await alice.do('register');
      await registrar.line(/SAVED alice/, { from: refresh });
      await alice.do('unregister');
      await alice.event('unregistered', { failOn: ['registrationFailed'] });
      alice.registered = false;
    });
  }

  stage.test(`${stack} with a wrong password is told 401`, async (local) => {
    const alice = await local.add(chromium.phone({ stack, password: 'rabbit hole' }));
    await alice.event('connected');
    await alice.do('register');
    const { code } = await alice.event('registrationFailed', { failOn: ['registered'] });
    assert.equal(code, 401);
  });
}

stage.test('JsSIP refreshes by its own timer before the registration ends', async (local) => {
  const alice = await local.add(chromium.phone({ stack: 'jssip', expires: 10 }));
  assert.equal((await alice.register()).expires, 10);
  await registrar.line(/SAVED alice/, { from: registrar.log.length, ms: 9000 });
});

stage.test('a second tab gets a binding of its own and the first one keeps its own', async (local) => {
  const first = await local.add(chromium.registeredPhone({ stack: 'jssip' }));
  const second = await local.add(chromium.phone({ stack: 'jssip' }));
  assert.equal((await second.register()).contacts, 2);
  const sipp = await local.add(Sipp.start('message', { target: 'alice' }));
  await Promise.all([first.event('message'), second.event('message')]);
  await sipp.finished();
});

stage.test('after unregistering the registrar knows nobody to call', async (local) => {
  const alice = await local.add(chromium.registeredPhone());
  await alice.do('unregister');
  await alice.event('unregistered');
  alice.registered = false;
  const sipp = await local.add(Sipp.start('unreachable', { target: 'alice' }));
  await sipp.finished();
});
