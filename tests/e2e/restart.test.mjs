// Killed under load, the gateway listens again at once: no port, file or process of the dead one is in the way.
import assert from 'node:assert/strict';

import { Gateway } from './lib/gateway.mjs';
import { REGISTRAR } from './lib/network.mjs';
import { always, openMany, TcpPeer, UdpPeer, WebSocketPeer } from './lib/raw_peer.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { Stage } from './lib/stage.mjs';

const LISTENING_AGAIN_MS = 2000;
const SDP = `v=0\r\no=- 1 1 IN IP4 ${REGISTRAR.host}\r\ns=-\r\nc=IN IP4 ${REGISTRAR.host}\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n`;

const stage = new Stage(async (peers) => {
  await peers.add(UdpPeer.open({ ...REGISTRAR, answer: (request) => always(200, {
    fields: [['Contact', `<sip:x@${REGISTRAR.host}>`], ['Content-Type', 'application/sdp']],
    body: request.method === 'INVITE' ? SDP : '' })(request) }));
});

stage.test('after kill -9 with connections and calls it listens again within two seconds', async (local) => {
  const killed = await local.add(Gateway.start());
  const callers = await openMany(20, () => ScriptClient.connect());
  const answers = await Promise.all(callers.map((caller) => caller.final(caller.invite('sip:x@e2e.test').callId)));
  assert.ok(answers.every(({ code }) => code === 200));
  const others = [...await openMany(100, () => WebSocketPeer.open()), ...await openMany(50, () => TcpPeer.open())];
  const flooding = setInterval(() => others.forEach((peer) => peer.request('OPTIONS', 'sip:nobody@e2e.test')), 50);
  await others[0].alive();
  await killed.kill();
  clearInterval(flooding);

  const restarted = await local.add(Gateway.start());
  assert.ok(restarted.startedInMs < LISTENING_AGAIN_MS, `listening after ${restarted.startedInMs.toFixed()} ms`);
  for (const open of [() => UdpPeer.open(), () => TcpPeer.open(), () => WebSocketPeer.open(),
    () => WebSocketPeer.open({ secure: true })]) {
    const peer = await local.add(open());
    await peer.alive();
  }
  const caller = await local.add(ScriptClient.connect());
  await caller.call('sip:x@e2e.test');
});
