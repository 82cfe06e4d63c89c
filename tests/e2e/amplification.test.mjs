// Who writes somebody else's address on his datagrams must not make the gateway flood him: not twice as many octets
// come back as went in, and none for what is no request (threats.md, T10).
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { Gateway } from './lib/gateway.mjs';
import { GATEWAY } from './lib/network.mjs';
import { UdpPeer } from './lib/raw_peer.mjs';
import { OFFER } from './lib/script_client.mjs';
import { token, writeRequest, writeResponse } from './lib/sip_text.mjs';
import { Stage } from './lib/stage.mjs';

const OBSERVED_MS = 12000;  // timer G would have sent a refusal six times by then
const FACTOR = 2;

const stage = new Stage(async (peers) => {
  await peers.add(Gateway.start({ entries: [['transport', `udp;${GATEWAY.host};${GATEWAY.udp}`],
    ['transport', `udp;::1;${GATEWAY.udp}`], ['transport', `ws;${GATEWAY.host};${GATEWAY.ws}`]] }));
});

const OWN = `sip:${GATEWAY.host}:${GATEWAY.udp}`;

// As short as a request can be: the worst that an answer can be compared with.
const shortest = (method, uri, more = '') => ({ via }) => `${method} ${uri} SIP/2.0\r\nv:${via};` +
  `branch=z9hG4bK1\r\nf:sip:a@b;tag=1\r\nt:sip:a@b\r\ni:${token()}\r\nCSeq:1 ${method}\r\n${more}\r\n`;
const usual = (method, uri, fields = [], body = '') => ({ via }) => writeRequest(method, uri, { via, fields, body });

const REQUESTS = {
  'OPTIONS for the gateway': usual('OPTIONS', OWN),
  'OPTIONS for nobody': usual('OPTIONS', 'sip:nobody@e2e.test'),
  REGISTER: usual('REGISTER', 'sip:e2e.test', [['Contact', '<sip:a@127.0.0.7>']]),
  MESSAGE: usual('MESSAGE', 'sip:nobody@e2e.test', [['Content-Type', 'text/plain']], 'hello'),
  'INVITE with an offer': usual('INVITE', 'sip:nobody@e2e.test', [['Contact', '<sip:a@127.0.0.7>'],
    ['Content-Type', 'application/sdp']], OFFER),
  INVITE: usual('INVITE', 'sip:nobody@e2e.test', [['Contact', '<sip:a@127.0.0.7>']]),
  'INVITE for the gateway': usual('INVITE', OWN),
  'INVITE with a To tag': usual('INVITE', OWN, [['To', '<sip:nobody@e2e.test>;tag=forged']]),
  'INVITE with a Route of ours': usual('INVITE', 'sip:nobody@e2e.test',
    [['Route', `<sip:${token()}.${token()}@${GATEWAY.host}:${GATEWAY.udp};lr>`]]),
  'BYE of no dialog': usual('BYE', OWN, [['To', '<sip:nobody@e2e.test>;tag=forged']]),
  'CANCEL of nothing': usual('CANCEL', 'sip:nobody@e2e.test'),
  'an unknown method': usual('FOO', 'sip:nobody@e2e.test'),
  'Max-Forwards 0': usual('MESSAGE', 'sip:nobody@e2e.test', [['Max-Forwards', '0']]),
  'Proxy-Require of much': usual('OPTIONS', OWN, [['Proxy-Require', Array(50).fill('x').join(',')]]),
  'another scheme': usual('OPTIONS', 'tel:+123'),
  'another version': (peer) => usual('OPTIONS', OWN)(peer).replace('SIP/2.0', 'SIP/7.0'),
  'a broken header': usual('OPTIONS', OWN, [['CSeq', 'one OPTIONS']]),
  'two Content-Lengths': usual('OPTIONS', OWN, [['Content-Length', '0\r\nContent-Length: 5']]),
  'the shortest OPTIONS': shortest('OPTIONS', OWN),
  'the shortest INVITE': shortest('INVITE', 'sip:a@b'),
  'the shortest REGISTER': shortest('REGISTER', 'sip:b'),
  'the shortest broken request': shortest('OPTIONS', 'sip:b', 'l:1\r\nl:2\r\n'),
  'the shortest other scheme': shortest('OPTIONS', 'a:b'),
  'the shortest Proxy-Require': shortest('OPTIONS', 'sip:b', 'Proxy-Require:a\r\n'),
};

const HELLOS = new URL('../data/dtls/', import.meta.url);
const stun = (type) => Buffer.concat([Buffer.from([type >> 8, type & 255, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
const JUNK = {
  'random octets': () => randomBytes(1200),
  'one octet': () => Buffer.from([0]),
  'nothing': () => Buffer.alloc(0),
  'blanks': () => Buffer.from(' '.repeat(500)),
  'text': () => Buffer.from('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n'),
  'a STUN request': () => stun(0x0001),
  'a STUN error': () => stun(0x0111),
  'a STUN indication': () => stun(0x0011),
  'a TURN allocation': () => stun(0x0003),
  'an RTP packet': () => Buffer.concat([Buffer.from([0x80, 0]), randomBytes(170)]),
  'an RTCP packet': () => Buffer.concat([Buffer.from([0x80, 200, 0, 6]), randomBytes(24)]),
  ...Object.fromEntries(readdirSync(HELLOS).map((file) => [`DTLS, ${file}`, () => readFileSync(new URL(file, HELLOS))])),
};
const SIP_JUNK = {
  'a stray 200': ({ via }) => writeResponse(writeRequest('INVITE', OWN, { via }), 200),
  'a stray 401': ({ via }) => writeResponse(writeRequest('REGISTER', OWN, { via }), 401),
  'a broken response': ({ via }) => writeResponse(writeRequest('INVITE', OWN, { via }), 9999),
  'an ACK': usual('ACK', OWN),
  'a broken ACK': usual('ACK', OWN, [['CSeq', 'one ACK']]),
  'a request without a way back': () => 'OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n',
  'the beginning of a request': () => 'INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP',
};

async function observe(local, kinds, host) {
  const observed = [];
  for (const [what, write] of Object.entries(kinds)) {
    const peer = await local.add(UdpPeer.open({ host }));
    peer.send(write(peer));
    observed.push({ what, peer });
  }
  return observed;
}

stage.test(`a request draws at most ${FACTOR} times its octets in ${OBSERVED_MS / 1000} s, anything else none`, async (local) => {
  const requests = [...await observe(local, REQUESTS, '127.0.0.7'), ...await observe(local, REQUESTS, '::1')];
  const junk = await observe(local, { ...JUNK, ...SIP_JUNK }, '127.0.0.7');
  await pause(OBSERVED_MS);  // for what must not come
  const table = requests.map(({ what, peer }) => ({ what, family: peer.local.family, sent: peer.sent,
    received: peer.received.bytes, packets: peer.received.packets, factor: peer.received.bytes / peer.sent }));
  if (process.env.W2S_DEBUG_LEVEL) console.table(table);
  for (const { peer } of requests) {
    for (const { text } of peer.events.seen) assert.doesNotMatch(text, /^(Server|User-Agent):.*\d/im, 'a version is told');
  }
  for (const { what, packets, factor } of table) {
    assert.equal(packets, 1, `${what}: ${packets} answers`);
    assert.ok(factor <= FACTOR, `${what}: factor ${factor.toFixed(2)}`);
  }
  for (const { what, peer } of junk) assert.equal(peer.received.packets, 0, `${what} is answered`);
});

stage.test('the browsers\' media port says nothing to a stranger', async () => {
  const socket = createSocket('udp4');
  let answers = 0;
  socket.on('message', () => { answers += 1; });
  for (const write of Object.values(JUNK)) socket.send(write(), GATEWAY.media, GATEWAY.host);
  // A check with a username of somebody else's and an integrity that cannot be right.
  const username = Buffer.from('gateway0:stranger');
  const attributes = Buffer.concat([Buffer.from([0, 6, 0, username.length]), username,
    Buffer.alloc((4 - (username.length % 4)) % 4), Buffer.from([0, 8, 0, 20]), randomBytes(20)]);
  const check = stun(0x0001);
  check.writeUInt16BE(attributes.length, 2);
  socket.send(Buffer.concat([check, attributes]), GATEWAY.media, GATEWAY.host);
  await pause(1000);  // nothing announces that nothing comes
  socket.close();
  assert.equal(answers, 0);
});
