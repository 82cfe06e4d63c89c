// Every message of RFC 4475 and RFC 5118, octet for octet, over UDP, TCP and WebSocket: the outcome is one that its RFC
// admits, and the gateway answers as before afterwards.
import assert from 'node:assert/strict';

import { Gateway } from './lib/gateway.mjs';
import { REGISTRAR } from './lib/network.mjs';
import { always, OPEN, UdpPeer } from './lib/raw_peer.mjs';
import { header } from './lib/sip_text.mjs';
import { Stage } from './lib/stage.mjs';
import { TORTURE_MESSAGES } from './lib/torture_messages.mjs';

let server;

const stage = new Stage(async (peers) => {
  // Browsers' requests leave through it, so what the gateway takes as well-formed has somewhere to go.
  server = await peers.add(UdpPeer.open({ ...REGISTRAR, answer: always(404) }));
  await peers.add(Gateway.start({ entries: [['allow-destination', `${REGISTRAR.host}/32`]] }));
});

// RFC 3261 18.2.2: without `rport` the answer goes to the port of the top Via, so the sender has to live there.
function portOfTopVia(text) {
  const via = /^(?:via|v)\s*:\s*(.*)$/im.exec(text.replace(/\r\n[ \t]+/g, ' '))?.[1] ?? '';
  return Number(/^\S+\s*\/\s*[\d.]+\s*\/\s*\S+\s+(?:\[[^\]]*\]|[^\s:;,]+)\s*:\s*(\d+)/.exec(via)?.[1] ?? 5060);
}

// The outcomes that `transport` may have for `message`; a WebSocket message counts as a datagram, where closing is
// allowed for a broken one.
function admitted(message, transport) {
  if (transport === 'tcp') return message.stream;
  const broken = !message.udp.includes('accept');
  return transport === 'ws' && broken ? [...message.udp, 'close'] : message.udp;
}

function fits(outcome, code, allowed) {
  if (allowed.includes('!2xx') && code >= 200 && code < 300) return false;
  const wellFormed = code !== undefined && code !== 400 && code !== 505;
  return allowed.some((a) => a === 'any' || a === outcome || a === String(code) || (a === 'accept' && wellFormed));
}

async function check(local, message, transport, index) {
  const open = () => local.add(OPEN[transport](transport === 'udp'
    ? { host: `127.0.3.${index + 1}`, port: portOfTopVia(message.bytes.toString('latin1')) } : {}));
  const allowed = admitted(message, transport);
  const peer = await open();
  const isAnswer = ({ name, code, callId, text }) => name === 'closed' || (name === 'response' && code >= 200 &&
    (callId === undefined || message.bytes.includes(callId, 0, 'latin1')) && !header(text, 'From')[0]?.includes('stranger'));
  const silenceWillDo = allowed.includes('silent') || allowed.includes('any');
  peer.send(message.bytes);
  if (!silenceWillDo) await peer.events.next(['response', 'closed'], { fits: isAnswer });

  // What is answered at all is answered before the OPTIONS behind it. A connection that may be closed or still waits for
  // octets is no place to ask.
  const mayBeLost = transport !== 'udp' && ['close', 'any', '400', '505'].some((outcome) => allowed.includes(outcome));
  await (mayBeLost ? await open() : peer).alive();
  const answer = peer.events.seen.find(isAnswer);
  if (answer?.method === 'INVITE' && !peer.closed) peer.acknowledge(answer, 'sip:whom.it.concerns');
  const outcome = answer?.name === 'closed' ? 'close' : String(answer?.code ?? 'silent');
  assert.ok(fits(outcome, answer?.code, allowed), `${outcome} is not among ${allowed}: ${answer?.text ?? ''}`);
  if (outcome === '420') assert.equal(header(answer.text, 'Unsupported').length, 1, 'the 420 names what it cannot do');
}

for (const transport of Object.keys(OPEN)) {
  for (const [index, message] of TORTURE_MESSAGES.entries()) {
    stage.test(`${transport}: ${message.id} (${message.rfc} ${message.section}): ${message.title}`, async (local) => {
      await check(local, message, transport, index);
    });
  }
}

stage.test('what is well-formed left for the network, what is broken did not', async () => {
  const callIdOf = ({ bytes }) => header(bytes.toString('latin1'), 'Call-ID')[0];
  const isForwarded = (id) => server.events.seen.some((request) => request.callId === id);
  for (const name of ['esc01', 'escnull', 'lwsdisp', 'invut']) {
    assert.ok(isForwarded(callIdOf(TORTURE_MESSAGES.find(({ id }) => id === name))), `${name} is not forwarded`);
  }
  const wellFormed = TORTURE_MESSAGES.filter(({ udp }) => udp.includes('accept'));
  const broken = TORTURE_MESSAGES.filter(({ udp }) => udp.every((outcome) => /^\d+$/.test(outcome)))
    .filter((message) => callIdOf(message) && !wellFormed.some((other) => callIdOf(other) === callIdOf(message)));
  assert.ok(broken.length >= 10);
  for (const message of broken) assert.ok(!isForwarded(callIdOf(message)), `${message.id} is forwarded`);
});
