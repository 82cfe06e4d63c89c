// What a registrar of today offers: GRUUs (RFC 5627), a Path through another proxy (RFC 3327), presence (RFC 3903, 3856). The
// chain is browser, gateway, edge proxy, registrar. Of outbound (RFC 5626) the gateway itself is the edge.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { EDGE, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let chromium;
let registrar;
let edge;
let phone;

const stage = new Stage(async (peers) => {
  registrar = await peers.add(Kamailio.start({ defines: ['EXTENSIONS'] }));
  edge = await peers.add(Kamailio.start({ role: 'edge' }));
  await peers.add(Gateway.start({ entries: [['outbound-proxy', `udp;${EDGE.host};${EDGE.port}`]] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

const INSTANCES = ['8f1d3c5e-9b7a-4c2d-a1e0-5d6f7a8b9c01', '8f1d3c5e-9b7a-4c2d-a1e0-5d6f7a8b9c02'];

async function registered(local, options) {
  const page = await local.add(chromium.phone(options));
  return [page, await page.register()];
}

const gruuOf = ({ bindings }, kind, instance) => {
  const contact = bindings.flatMap((value) => value.split(/,\s*(?=<)/)).find((value) => value.includes(instance)) ?? '';
  return new RegExp(`;${kind}-gruu="([^"]+)"`).exec(contact)?.[1];
};

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} gets GRUUs of the registrar, outbound of the gateway, and the Path`, async (local) => {
    const from = registrar.log.length;
    const [, answer] = await registered(local, { stack, instance: INSTANCES[0] });
    const [seen] = await registrar.line(/REGISTER Contact: .*/, { from });
    assert.ok(seen.includes(`urn:uuid:${INSTANCES[0]}`), seen);
    assert.ok(seen.includes(`Path: <sip:${EDGE.host};lr`), seen);
    assert.match(gruuOf(answer, 'pub', INSTANCES[0]) ?? '', new RegExp(`^sip:alice@.*;gr=urn:uuid:${INSTANCES[0]}$`));
    assert.match(gruuOf(answer, 'temp', INSTANCES[0]) ?? '', /^sip:.*;gr$/);
    assert.match(answer.require ?? '', /outbound/);
    assert.ok(Number(answer.flowTimer) > 0);
    assert.ok(answer.path?.includes(EDGE.host), answer.path);
  });

  for (const kind of ['pub', 'temp']) {
    stage.test(`the phone calls the ${kind} GRUU of one of two ${stack} tabs`, async (local) => {
      const [one] = await registered(local, { stack, instance: INSTANCES[0] });
      const [two, answer] = await registered(local, { stack, instance: INSTANCES[1] });
      const from = edge.log.length;
      await phone.dial(gruuOf(answer, kind, INSTANCES[1]));
      await two.event('incoming');
      await edge.line(/BY PATH INVITE sip:.*@127\.0\.0\.1:10060/, { from });
      await two.answer();
      await Promise.all([two.accepted(), phone.event('CALL_ESTABLISHED')]);
      await Promise.all([hears(two, TONE.phone), hears(phone, TONE.alice)]);
      await phone.hangup();
      assert.equal((await two.event('ended')).originator, 'remote');
      assert.ok(!one.events.seen.some(({ name }) => name === 'incoming'), 'the other tab is another instance');
    });
  }
}

const pidf = (basic) => `<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@e2e.test"><tuple id="page"><status><basic>${basic}</basic></status></tuple></presence>
`;

stage.test('SIP.js publishes its presence, another one is notified of it', async (local) => {
  const [alice] = await registered(local, { stack: 'sipjs' });
  const [bob] = await registered(local, { stack: 'sipjs', user: 'bob' });
  await bob.do('subscribe', 'alice', 'presence');
  const state = async (pattern) => bob.event('notify', { fits: ({ body }) => pattern.test(body ?? '') });
  for (const basic of ['open', 'closed', 'open']) {
    await alice.do('publish', 'presence', 'application/pidf+xml', pidf(basic));
    assert.match((await state(new RegExp(`<basic>${basic}</basic>`))).state, /^active/);
  }
  await alice.do('unpublish');
  await bob.event('notify', { fits: ({ body }) => !/<basic>open/.test(body ?? '') });
  const from = registrar.log.length;
  await bob.do('unsubscribe');
  await registrar.line(/PRESENCE SUBSCRIBE of bob expires 0/, { from });
});
