// The SIP edge: subscriptions, several accounts on one WebSocket, both address families, pings from the network.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

import { Browser } from './lib/browser.mjs';
import { within } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { DOMAIN, GATEWAY } from './lib/network.mjs';
import { TcpPeer, UdpPeer } from './lib/raw_peer.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { header, token, writeResponse } from './lib/sip_text.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';

const run = promisify(execFile);
const IPV6 = '::1';
const uriIn = (value) => /<([^>]+)>/.exec(value)[1];

let alice;
let gateway;
let kamailio;

const stage = new Stage(async (peers) => {
  kamailio = await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start({ entries: [
    ...[GATEWAY.host, IPV6].flatMap((host) => [['transport', `ws;${host};${GATEWAY.ws}`], ['transport', `udp;${host};${GATEWAY.udp}`]]),
    ['transport', `wss;${GATEWAY.host};${GATEWAY.wss}`],
    ['transport', `tcp;${GATEWAY.host};${GATEWAY.tcp}`],
    ['transport', `udp;${GATEWAY.host};5060`],  // sipsak cuts a port of five digits short
    ['allow-destination', `127.0.0.0/8;${IPV6}`],
  ] }));
  alice = await peers.add(Browser.start({ user: 'alice' }));
});

stage.test('sipsak gets a 200 to its OPTIONS', async () => {
  const { stdout } = await run('sipsak', ['-vv', '-s', `sip:${GATEWAY.host}:5060`]);
  assert.match(stdout, /SIP\/2\.0 200 OK/);
});

stage.test('SIP.js subscribes, is notified, refreshes and unsubscribes over Kamailio', async (local) => {
  const notifier = await local.add(Sipp.start('subscription'));
  const phone = await local.add(alice.registeredPhone({ stack: 'sipjs', breaker: false }));
  await phone.do('subscribe', 'sipp', 'dialog');
  assert.equal((await phone.event('notify')).body, 'first');
  await phone.do('resubscribe');
  assert.equal((await phone.event('notify')).body, 'second');
  await phone.do('unsubscribe');
  await notifier.finished();
});

stage.test('several accounts on one WebSocket are called each by its own name', async (local) => {
  const client = await local.add(ScriptClient.connect());
  const contact = (user) => client.contact.replace('alice', user);
  for (const user of ['alice', 'bob']) {
    const ok = await client.register(user, contact(user));
    assert.match(ok, /^SIP\/2\.0 200 /);
    assert.ok(header(ok, 'Contact').some((value) => uriIn(value) === contact(user)));
  }
  for (const user of ['bob', 'alice']) {
    const sipp = await local.add(Sipp.start('message', { target: user }));
    const message = await client.events.next('request');
    assert.equal(message.uri, contact(user));
    client.send(writeResponse(message.text, 200));
    await sipp.finished();
  }
});

stage.test('a browser on IPv6 is reached from an IPv4 network', async (local) => {
  const client = await local.add(ScriptClient.connect('alice', { address: IPV6 }));
  assert.match(await client.register(), /^SIP\/2\.0 200 /);
  const sipp = await local.add(Sipp.start('message', { target: 'alice' }));
  const message = await client.requested('MESSAGE');
  assert.equal(message.uri, client.contact);
  client.send(writeResponse(message.text, 200));
  await sipp.finished();
});

stage.test('a browser on IPv4 and a phone on IPv6 are told addresses that they reach', async (local) => {
  const client = await local.add(ScriptClient.connect());
  const phone = await local.add(UdpPeer.open({ host: IPV6, port: 5070 }));
  const dialog = { callId: token(), from: `<sip:alice@${DOMAIN}>;tag=${token()}`, to: '<sip:phone@[::1]:5070>',
    uri: 'sip:phone@[::1]:5070', routes: ['<sip:[::1]:5070;lr>'] };
  client.inDialog('INVITE', 1, dialog, [['Contact', `<${client.contact}>`]]);
  const invite = (await phone.requested('INVITE')).text;
  const own = `[${IPV6}]:${GATEWAY.udp}`;
  assert.ok(header(invite, 'Via')[0].startsWith(`SIP/2.0/UDP ${own};`));
  assert.match(header(invite, 'Via')[1], /^SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;.*ws-hacked=WS/);
  assert.match(header(invite, 'Contact')[0], /^<sip:alice@\[::1\]:10060;.*ws-src-ip=127\.0\.0\.1;/);
  const [towardsPhone, towardsBrowser] = header(invite, 'Record-Route');
  assert.ok(towardsPhone.includes(`@${own};lr`));
  assert.ok(towardsBrowser.includes(`@${GATEWAY.host}:${GATEWAY.ws};transport=ws;lr`));
  phone.send(writeResponse(invite, 200, { fields: [['Contact', '<sip:phone@[::1]:5070>']] }));
  const ok = (await client.final(dialog.callId)).text;
  ScriptClient.confirm(dialog, ok);
  client.inDialog('ACK', 1, dialog);
  await phone.requested('ACK');

  phone.request('BYE', uriIn(header(invite, 'Contact')[0]), { fields: [
    ...header(invite, 'Record-Route').map((route) => ['Route', route]),
    ['From', dialog.to], ['To', dialog.from], ['Call-ID', dialog.callId], ['CSeq', '1 BYE']] });
  const bye = await client.requested('BYE');
  assert.equal(bye.uri, client.contact);
  client.send(writeResponse(bye.text, 200));
  assert.equal((await phone.final(dialog.callId, { method: 'BYE' })).code, 200);
});

stage.test('an IPv6 listener answers a ping whose Via asks for rport', async (local) => {
  const peer = await local.add(UdpPeer.open({ host: IPV6 }));
  const callId = peer.request('OPTIONS', `sip:[::1]:${GATEWAY.udp}`,
    { fields: [['Via', `SIP/2.0/UDP [2001:db8::9]:9;branch=z9hG4bK${token()};rport`]] });
  const pong = await peer.final(callId);
  assert.equal(pong.code, 200);
  const via = header(pong.text, 'Via')[0];
  assert.ok(via.includes(`rport=${peer.local.port}`) && via.includes('received=::1'), via);
});

stage.test('an answer whose TCP connection is gone comes over another one, to the port of sent-by', async (local) => {
  const client = await local.add(ScriptClient.connect());
  const registered = kamailio.log.length;
  assert.match(await client.register(), /^SIP\/2\.0 200 /);
  const [, flow] = /ws-flow=([\w-]+)/.exec(kamailio.log.slice(registered));

  const [host, port] = ['127.0.0.9', 5099];
  const listener = createServer();
  const answered = new Promise((resolve) => listener.on('connection', (socket) => {
    socket.on('error', () => {}).once('data', (bytes) => resolve(bytes.toString()));
  }));
  await new Promise((resolve) => listener.listen(port, host, resolve));
  await local.add({ stop: () => listener.close() });

  const caller = await TcpPeer.open({ localAddress: host });
  caller.request('MESSAGE', `sip:alice@${GATEWAY.host};ws-flow=${flow}`,
    { fields: [['Via', `SIP/2.0/TCP ${host}:${port};branch=z9hG4bK${token()}`]] });
  const message = await client.requested('MESSAGE');
  const hungUp = gateway.log.length;
  await caller.stop();
  await gateway.line(/flow closed.*transport=tcp/, { from: hungUp });
  client.send(writeResponse(message.text, 200));
  assert.match(await within(10000, 'the answer comes', answered), /^SIP\/2\.0 200 /);
});
