// Thousands of SIP messages with something wrong in them, over UDP, TCP and WebSocket, some answered by a server that is
// as broken: the gateway neither crashes nor pauses, and serves others all the while (threats.md, T1 and T2).
// W2S_MUTATIONS (3000) and W2S_SEED choose another run; a release is given 100,000.
import assert from 'node:assert/strict';

import { Gateway } from './lib/gateway.mjs';
import { Mutator } from './lib/mutator.mjs';
import { GATEWAY, REGISTRAR } from './lib/network.mjs';
import { OPEN, UdpPeer, WebSocketPeer } from './lib/raw_peer.mjs';
import { OFFER } from './lib/script_client.mjs';
import { token, writeRequest, writeResponse } from './lib/sip_text.mjs';
import { Stage } from './lib/stage.mjs';
import { TORTURE_MESSAGES } from './lib/torture_messages.mjs';

const COUNT = Number(process.env.W2S_MUTATIONS ?? 3000);
const SEED = Number(process.env.W2S_SEED ?? 4475);
const BATCH = 60;
const LONGEST_PAUSE_MS = 1000;
const MESSAGES_PER_CONNECTION = 10;

const mutator = new Mutator(SEED);
let honest;

const stage = new Stage(async (peers) => {
  await peers.add(UdpPeer.open({ ...REGISTRAR, answer: brokenAnswer }));
  await peers.add(Gateway.start({ entries: [['debug-level', 'INFO']] }));
  honest = [await peers.add(UdpPeer.open()), await peers.add(WebSocketPeer.open())];
});

// Half of the answers are whole, so that calls come about whose later messages are broken.
function brokenAnswer({ method, text }) {
  const code = mutator.pick([100, 183, 200, 200, 200, 302, 401, 407, 486, 699]);
  const fields = [['Contact', `<sip:x@${REGISTRAR.host}>`], ['Content-Type', 'application/sdp'],
    ...(code === 401 || code === 407 ? [['WWW-Authenticate', 'Digest realm="e2e.test", nonce="1", qop="auth"']] : [])];
  const body = method === 'INVITE' ? OFFER.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP') : '';
  const whole = writeResponse(text, code, { fields, body });
  return mutator.random(2) ? whole : mutator.mutate(whole);
}

function* wholeMessages() {
  const contact = `<sip:x@${token()}.invalid;transport=ws;rtcweb-breaker=yes>;impi=x;ha1=${'0'.repeat(32)}`;
  const via = `SIP/2.0/UDP ${token()}.invalid;rport`;
  const sdp = { fields: [['Contact', contact], ['Content-Type', 'application/sdp']], body: OFFER };
  const own = `sip:${GATEWAY.host}:${GATEWAY.udp}`;
  for (const method of ['REGISTER', 'INVITE', 'MESSAGE', 'OPTIONS', 'REFER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'INFO',
    'UPDATE', 'PRACK', 'BYE', 'CANCEL', 'ACK', 'FOO']) {
    yield writeRequest(method, 'sip:bob@e2e.test', { via, ...(method === 'INVITE' ? sdp : { fields: [['Contact', contact]] }) });
    yield writeRequest(method, own, { via, fields: [['Route', `<sip:${token()}@${GATEWAY.host}:${GATEWAY.udp};lr>`]] });
  }
  yield writeResponse(writeRequest('INVITE', own, { via }), 200, sdp);
}

const TORTURE = TORTURE_MESSAGES.map(({ bytes }) => bytes.toString('latin1'));

// Returns the peers that sent them.
async function sendMutants(transport, count) {
  const peers = [];
  for (let i = 0; i < count; ++i) {
    const peer = peers.at(-1);
    if (!peer || peer.closed || (transport === 'tcp' && i % MESSAGES_PER_CONNECTION === 0)) {
      peers.push(await OPEN[transport]({}));
    }
    peers.at(-1).send(mutator.mutate(mutator.pick([...TORTURE, ...wholeMessages()])));
  }
  return peers;
}

stage.test(`${COUNT} broken messages (seed ${SEED}) and no pause above ${LONGEST_PAUSE_MS} ms`, async () => {
  let longest = 0;
  for (let sent = 0; sent < COUNT; sent += BATCH) {
    const peers = [];
    for (const transport of Object.keys(OPEN)) peers.push(...await sendMutants(transport, BATCH / 3));
    for (const peer of honest) {
      const ms = await peer.alive({ ms: 10 * LONGEST_PAUSE_MS });
      longest = Math.max(longest, ms);
      assert.ok(ms <= LONGEST_PAUSE_MS, `an OPTIONS took ${ms.toFixed()} ms after ${sent + BATCH} messages`);
    }
    await Promise.all(peers.map((peer) => peer.stop()));
  }
  console.log(`# longest answer: ${longest.toFixed()} ms`);
}, { timeout: 60000 + 60 * COUNT });
