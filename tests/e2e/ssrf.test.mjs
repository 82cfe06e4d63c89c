// Nobody makes the gateway send to an address that allow-destination does not admit, whatever he writes where
// (threats.md, T8): victims listen on such addresses and must hear nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { Gateway } from './lib/gateway.mjs';
import { NameServer } from './lib/name_server.mjs';
import { GATEWAY, REGISTRAR } from './lib/network.mjs';
import { OPEN, UdpPeer, Victim, WebSocketPeer, always } from './lib/raw_peer.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { header, token, writeResponse } from './lib/sip_text.mjs';
import { Stage } from './lib/stage.mjs';

const VICTIM = '127.9.9.9';
const VICTIM_NAT64 = '64:ff9b::7f09:909';
const PORT = 7777;  // beside 5060, so that a lost port shows as well
const OWN = `<sip:${GATEWAY.host}:${GATEWAY.udp};lr>`;
const FRIEND = REGISTRAR.host;  // the only admitted destination

// How the victims can be written. Odd ones (decimal, octal, hexadecimal) are names by RFC 3261 and must stay so.
const HOSTS = [VICTIM, `${VICTIM}:${PORT}`, `[::ffff:${VICTIM}]`, `[::ffff:7f09:909]:${PORT}`, `[${VICTIM_NAT64}]`,
  `[64:ff9b::${VICTIM}]:${PORT}`, `[::${VICTIM}]:${PORT}`, `0.0.0.0:${PORT}`, `[::]:${PORT}`, `127.0.0.1:${PORT}`,
  `[::1]:${PORT}`, 'victim.test', `victim.test:${PORT}`, `localhost:${PORT}`, '2131298569', '0x7f090909',
  '0177.011.011.011', '127.9.2313'];

// Where a request can name its next hop: [Request-URI, header fields] for a host.
const PLACES = {
  'the Request-URI': (host) => [`sip:x@${host}`],
  'the Request-URI with a transport': (host) => [`sip:x@${host};transport=tcp`],
  maddr: (host) => [`sip:x@${FRIEND};maddr=${host.replace(/:\d+$/, '')}`],
  Route: (host) => [`sip:x@${FRIEND}`, [['Route', `<sip:${host};lr>`]]],
  'a strict Route': (host) => [`sip:x@${FRIEND}`, [['Route', `<sip:${host}>`]]],
  'a Route behind ours': (host) => [`sip:x@${FRIEND}`, [['Route', `${OWN}, <sip:${host};lr>`]]],
  'the Request-URI behind our Route': (host) => [`sip:x@${host}`, [['Route', OWN]]],
  'a forged dialog': (host) => [`sip:x@${host}`, [['To', `<sip:x@${FRIEND}>;tag=forged`],
    ['Route', `<sip:${token()}.${token()}@${GATEWAY.host}:${GATEWAY.udp};lr>`]]],
};

// Fields that name a place but are no route: the request goes to its friend or nowhere.
const MENTIONS = (host) => [
  ['Contact', `<sip:x@${host}>`], ['Path', `<sip:${host};lr>`], ['Service-Route', `<sip:${host};lr>`],
  ['Record-Route', `<sip:${host};lr>`], ['Refer-To', `<sip:x@${host}>`], ['Alert-Info', `<http://${host}/>`]];

let friend;
let victims;
let gateway;
let ways = 0;

const stage = new Stage(async (peers) => {
  execFileSync('ip', ['addr', 'add', `${VICTIM_NAT64}/128`, 'dev', 'lo', 'nodad']);
  friend = await peers.add(UdpPeer.open({ host: FRIEND, port: REGISTRAR.port, answer: (r) => friend.script(r) }));
  friend.script = always(404);
  const ports = [5060, 5061, PORT];
  victims = [await peers.add(Victim.start(VICTIM, ports)), await peers.add(Victim.start(VICTIM_NAT64, ports)),
    await peers.add(Victim.start('127.0.0.1', ports)), await peers.add(Victim.start('::1', ports))];
  await peers.add(NameServer.start('127.0.0.53', { 'victim.test': [VICTIM], 'mixed.test': [VICTIM, FRIEND] }));
  gateway = await peers.add(Gateway.start({ entries: [['outbound-proxy'], ['allow-destination', `${FRIEND}/32`],
    ['nameserver', '127.0.0.53'],
    ...['ws', 'wss', 'udp', 'tcp'].map((t) => ['transport', `${t};${GATEWAY.host};${GATEWAY[t]}`]),
    ['transport', `udp;::1;${GATEWAY.udp}`], ['transport', `tcp;::1;${GATEWAY.tcp}`]] }));
});

// Every way was answered or is past the gateway by now: OPTIONS on the same socket came after it.
async function nobodyWasHit(peer) {
  await peer.alive();
  assert.deepEqual(victims.flatMap(({ hits }) => hits), []);
}

stage.test('the friend is reached in the ways that the victims are attacked by', async (local) => {
  const peer = await local.add(WebSocketPeer.open());
  const reached = async (uri, fields) => {
    const callId = peer.request('MESSAGE', uri, { fields });
    await friend.events.next('request', { fits: (r) => r.callId === callId });
    assert.equal((await peer.final(callId)).code, 404);
  };
  for (const place of ['the Request-URI', 'Route', 'a Route behind ours', 'the Request-URI behind our Route']) {
    await reached(...PLACES[place](FRIEND));
  }
  await reached('sip:x@mixed.test');
  await nobodyWasHit(peer);
});

for (const transport of Object.keys(OPEN)) {
  for (const [place, write] of Object.entries(PLACES)) {
    stage.test(`${place} over ${transport} reaches no victim`, async (local) => {
      const peer = await local.add(OPEN[transport]({}));
      for (const method of ['MESSAGE', 'INVITE', 'REGISTER', 'BYE']) {
        const asked = HOSTS.map((host) => {
          const [uri, fields = []] = write(host);
          peer.request('ACK', uri, { fields });
          return [peer.request(method, uri, { fields }), uri];
        });
        ways += asked.length;
        for (const [callId, uri] of asked) {
          const answer = await peer.final(callId);
          if (method === 'INVITE') peer.acknowledge(answer, uri);
          assert.ok(answer.code >= 400 || uri.includes('maddr'), `${method} ${uri}: ${answer.code}`);
        }
      }
      await nobodyWasHit(peer);
    });
  }

  stage.test(`what a request over ${transport} only mentions is sent nothing`, async (local) => {
    const peer = await local.add(OPEN[transport]({}));
    for (const host of HOSTS) {
      for (const method of ['REGISTER', 'REFER', 'SUBSCRIBE', 'INVITE']) {
        const uri = `sip:x@${FRIEND}`;
        const callId = peer.request(method, uri, { fields: MENTIONS(host) });
        const answer = await peer.final(callId);
        if (method === 'INVITE') peer.acknowledge(answer, uri);
        ways += 1;
      }
    }
    await nobodyWasHit(peer);
  });
}

stage.test('answers go back to where the request came from, whatever its Via says', async (local) => {
  const peer = await local.add(UdpPeer.open());
  const { port } = peer.local;
  for (const via of [`${VICTIM}:${port}`, `${VICTIM}:${PORT};rport`, `127.0.0.7:${port};maddr=${VICTIM}`,
    `127.0.0.7:${port};received=${VICTIM}`, `127.0.0.7;received=${VICTIM};rport=${PORT}`, `victim.test:${port}`,
    `[::ffff:${VICTIM}]:${port};maddr=${VICTIM};ttl=16`]) {
    for (const uri of [`sip:${GATEWAY.host}:${GATEWAY.udp}`, 'mailto:broken@example.org']) {
      const callId = peer.request('OPTIONS', uri, { fields: [['Via', `SIP/2.0/UDP ${via};branch=z9hG4bK${token()}`]] });
      await peer.final(callId);
      ways += 1;
    }
  }
  await nobodyWasHit(peer);
});

stage.test('a response that answers nothing goes nowhere', async (local) => {
  for (const transport of Object.keys(OPEN)) {
    const peer = await local.add(OPEN[transport]({}));
    for (const branch of ['z9hG4bKguess', `z9hG4bK${token()}`]) {
      for (const top of [`SIP/2.0/UDP ${GATEWAY.host}:${GATEWAY.udp}`, `SIP/2.0/TCP ${GATEWAY.host}:${GATEWAY.tcp}`]) {
        for (const code of [100, 200, 302, 401]) {
          peer.send(`SIP/2.0 ${code} Forged\r\nVia: ${top};branch=${branch}\r\nVia: SIP/2.0/UDP ${VICTIM}:${PORT};branch=x\r\n` +
            `From: <sip:a@example.org>;tag=a\r\nTo: <sip:b@example.org>;tag=b\r\nCall-ID: ${token()}\r\nCSeq: 1 INVITE\r\n` +
            `Contact: <sip:x@${VICTIM}:${PORT}>\r\nContent-Length: 0\r\n\r\n`);
          ways += 1;
        }
      }
    }
    await nobodyWasHit(peer);
  }
});

const ANSWER = (address) => `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\n` +
  `m=audio ${PORT} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n`;

stage.test('a server that answers a call may send its requests and media nowhere else', async (local) => {
  for (const [contact, routes, address] of [[`${VICTIM}:${PORT}`, [], FRIEND], [FRIEND, [`${VICTIM}:${PORT};lr`], FRIEND],
    [FRIEND, [`${FRIEND};lr`, `[::ffff:${VICTIM}]:${PORT};lr`], FRIEND], [`${VICTIM};transport=tcp`, [], FRIEND],
    [FRIEND, [], VICTIM]]) {
    friend.script = (request) => {
      if (request.method !== 'INVITE') return writeResponse(request.text, 200);
      const fields = [...routes.map((route) => ['Record-Route', `<sip:${route}>`]), ['Contact', `<sip:x@${contact}>`],
        ['Content-Type', 'application/sdp']];
      return writeResponse(request.text, 200, { fields, body: ANSWER(address) });
    };
    const client = await local.add(ScriptClient.connect());
    await client.call(`sip:x@${FRIEND}`);
    ways += 1;
    await nobodyWasHit(client);
  }
});

stage.test('a redirection is not followed to a victim', async (local) => {
  friend.script = always(302, { fields: [['Contact', `<sip:x@${VICTIM}:${PORT}>`]] });
  const client = await local.add(ScriptClient.connect());
  const { callId, uri } = client.invite(`sip:x@${FRIEND}`);
  const answer = await client.final(callId);
  assert.equal(answer.code, 302);
  client.acknowledge(answer, uri);
  ways += 1;
  await nobodyWasHit(client);
});

stage.test('a registered Contact that names a victim is only ever the browser', async (local) => {
  friend.script = (request) => writeResponse(request.text, 200, {
    fields: header(request.text, 'Contact').map((contact) => ['Contact', `${contact};expires=60`]) });
  const browser = await local.add(WebSocketPeer.open());
  const callId = browser.request('REGISTER', `sip:${FRIEND}`, { fields: [['From', `<sip:x@${FRIEND}>;tag=1`],
    ['To', `<sip:x@${FRIEND}>`], ['Contact', `<sip:x@${VICTIM}:${PORT}>`]] });
  assert.equal((await browser.final(callId)).code, 200);
  const registered = friend.events.seen.filter(({ method }) => method === 'REGISTER').at(-1);
  const stored = /<([^>]+)>/.exec(header(registered.text, 'Contact')[0])[1];
  friend.request('MESSAGE', stored);
  await browser.events.next('request', { fits: ({ uri }) => uri === `sip:x@${VICTIM}:${PORT}` });
  ways += 1;
  await nobodyWasHit(browser);
});

stage.test('that was every way', async () => {
  console.log(`# ${ways} ways`);
  assert.ok(ways >= 52);
  assert.deepEqual(victims.flatMap(({ hits }) => hits), []);
});
