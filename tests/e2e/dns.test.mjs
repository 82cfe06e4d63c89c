// Finding the registrar by a real nameserver (RFC 3263): NAPTR, SRV, addresses, a server that is dead, a nameserver
// that dies.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { Dnsmasq } from './lib/dnsmasq.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { NAMESERVER, REGISTRAR } from './lib/network.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { Stage } from './lib/stage.mjs';

const DEAD = '127.0.0.9';  // nobody listens there
const NOT_ALLOWED = '10.9.9.9';

let nameserver;
let registrar;
let gateway;
let client;

const stage = new Stage(async (peers) => {
  nameserver = await peers.add(Dnsmasq.start([
    `host-record=registrar.test,${REGISTRAR.host}`,
    `host-record=dead.test,${DEAD}`,
    `host-record=plain.test,${REGISTRAR.host}`,
    `host-record=forbidden.test,${NOT_ALLOWED}`,
    'naptr-record=naptr.test,10,10,S,SIP+D2T,,_sip._tcp.naptr.test',
    'naptr-record=naptr.test,20,10,S,SIP+D2U,,_sip._udp.naptr.test',
    `srv-host=_sip._tcp.naptr.test,registrar.test,${REGISTRAR.port},10,0`,
    `srv-host=_sip._udp.naptr.test,dead.test,${REGISTRAR.port},10,0`,
    `srv-host=_sip._udp.pool.test,dead.test,${REGISTRAR.port},10,0`,
    `srv-host=_sip._udp.pool.test,registrar.test,${REGISTRAR.port},20,0`,
    `srv-host=_sip._udp.mixed.test,forbidden.test,${REGISTRAR.port},10,0`,
    `srv-host=_sip._udp.mixed.test,registrar.test,${REGISTRAR.port},20,0`,
  ]));
  registrar = await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start({ entries: [['outbound-proxy'], ['nameserver', NAMESERVER]] }));
  client = await ScriptClient.connect();
  peers.peers.push({ stop: () => client.close() });
});

// One REGISTER without credentials at `domain`, and what comes back.
function ask(domain, fields = []) {
  const callId = randomUUID();
  const identity = `<sip:alice@${domain}>`;
  client.request('REGISTER', `sip:${domain}`, { fields: [['From', `${identity};tag=1`], ['To', identity], ['Call-ID', callId],
    ['Contact', `<${client.contact}>`], ...fields] });
  return client.final(callId, { ms: 30000 });
}

// The registrar challenges everybody, which is answer enough; the top Via that it saw.
async function register(domain, fields) {
  const from = registrar.log.length;
  const { code } = await ask(domain, fields);
  assert.equal(code, 401);
  const [, via] = await registrar.line(/REGISTER Contact: .* Via: (\S+)/, { from });
  return via;
}

stage.test('NAPTR chooses the transport, SRV the server', async () => {
  assert.equal(await register('naptr.test'), 'SIP/2.0/TCP');
  await nameserver.line(/query\[NAPTR\] naptr\.test/);
});

stage.test('a server that keeps silent is left for the next one, and avoided afterwards', async () => {
  const start = Date.now();
  assert.equal(await register('pool.test'), 'SIP/2.0/UDP');
  const first = Date.now() - start;
  assert.ok(first >= 7000 && first < 16000, `${first} ms with a dead server first`);
  await register('pool.test');
  assert.ok(Date.now() - start - first < 3000, 'the dead server is not asked first again');
  await gateway.line(/request\.next_place why=silence/);
});

stage.test('an address that may not be used is passed over; alone it is a 403', async () => {
  await register('mixed.test');
  const { code, text } = await ask('forbidden.test');
  assert.equal(code, 403);
  assert.match(text, /Warning: 399 .*10\.9\.9\.9 is not allowed; add it to allow-destination/);
});

stage.test('what is too large for a datagram goes by TCP', async () => {
  assert.equal(await register('plain.test'), 'SIP/2.0/UDP');
  assert.equal(await register('plain.test', [['X-Padding', 'x'.repeat(1300)]]), 'SIP/2.0/TCP');
});

stage.test('a name is asked once while its answer holds', async () => {
  await register('naptr.test');
  const asked = nameserver.log.length;
  await register('naptr.test');
  assert.doesNotMatch(nameserver.log.slice(asked), /query\[(SRV|A)\] \S*(naptr|registrar)\.test/);
});

stage.test('a name that does not exist is a 503 that says so', async () => {
  const { code, text } = await ask('missing.test');
  assert.equal(code, 503);
  assert.match(text, /Warning: 399 .*no address for missing\.test: the host name has no address/);
  await gateway.line(/dns\.failed host=missing\.test/);
});

stage.test('a nameserver that died is a 503 in time, and what is known still works', async () => {
  await register('pool.test');
  await nameserver.stop();
  await register('pool.test');
  const start = Date.now();
  const { code, text } = await ask('unknown.test');
  assert.equal(code, 503);
  assert.ok(Date.now() - start < 10000, 'within the limit of a look-up');
  assert.match(text, /Warning: 399 .*no address for unknown\.test/);
});
