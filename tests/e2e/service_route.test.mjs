// A registrar that names by Service-Route (RFC 3608) the servers that a browser's requests pass: an edge proxy that no
// REGISTER went through, then itself under a name of its own. No stack makes a Route of it, so the gateway does.
import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Dnsmasq } from './lib/dnsmasq.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { DOMAIN, NAMESERVER, REGISTRAR, TONE } from './lib/network.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let registrar;
let edge;
let ofAlice;
let ofBob;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Dnsmasq.start([`host-record=${DOMAIN},${REGISTRAR.host}`]));
  registrar = await peers.add(Kamailio.start({ defines: ['SERVICE_ROUTE'] }));
  edge = await peers.add(Kamailio.start({ role: 'edge' }));
  await peers.add(Gateway.start({ entries: [['outbound-proxy'], ['nameserver', NAMESERVER]] }));
  ofAlice = await peers.add(Browser.start({ user: 'alice' }));
  ofBob = await peers.add(Browser.start({ user: 'bob' }));
  phone = await peers.add(Baresip.start());
});

// What `send` makes the browser send for `user` comes by the edge proxy, and from there by the second route.
async function takesTheRoute(method, user, send) {
  const marks = [edge.log.length, registrar.log.length];
  await send();
  const request = `${method} sip:${user}@${DOMAIN.replace('.', '\\.')}`;
  await edge.line(new RegExp(`BY ROUTE ${request}`), { from: marks[0] });
  await registrar.line(new RegExp(`ORIGINATING ${request}`), { from: marks[1] });
}

for (const stack of ['jssip', 'sipjs', 'sipml5']) {
  stage.test(`${stack} calls the phone by its registrar's Service-Route`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack }));
    await takesTheRoute('INVITE', 'phone', () => alice.call('phone'));
    await alice.accepted();
    await phone.event('CALL_ESTABLISHED');
    await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });
}

for (const [one, other] of [['jssip', 'sipjs'], ['sipjs', 'jssip']]) {
  stage.test(`without the breaker ${one} calls ${other} and writes by it`, async (local) => {
    const alice = await local.add(ofAlice.registeredPhone({ stack: one, breaker: false, ha1: '' }));
    const bob = await local.add(ofBob.registeredPhone({ stack: other, breaker: false, ha1: '' }));
    await takesTheRoute('INVITE', 'bob', () => alice.call('bob'));
    await bob.event('incoming');
    await bob.answer();
    await Promise.all([alice.accepted(), bob.accepted()]);
    await alice.hangup();
    await bob.event('ended');
    await takesTheRoute('MESSAGE', 'bob', () => alice.do('message', 'bob', 'by the same way'));
    await bob.event('message');
  });
}
