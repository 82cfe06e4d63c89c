// Many at once: floods of requests, idle WebSockets by the thousand, handshakes that never end. Others are served all the
// while, and memory stays flat (threats.md, T3, T7, T11). The figures are those of the release; a build with sanitizers is
// slower and larger.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { GATEWAY, REGISTRAR } from './lib/network.mjs';
import { always, openMany, TcpPeer, UdpPeer, WebSocketPeer } from './lib/raw_peer.mjs';
import { Stage } from './lib/stage.mjs';

const FLOOD_MS = 3000;
const TIMER_K_MS = 6000;  // forwarded requests are remembered for 5 s (RFC 3261 17.1.2.2)
const TICK_MS = 10;

let gateway;
let limits;

const stage = new Stage(async (peers) => {
  await peers.add(UdpPeer.open({ ...REGISTRAR, answer: always(404) }));
  gateway = await peers.add(Gateway.start({ entries: [['debug-level', 'WARN'], ['max-fds', '16384']] }));
  limits = gateway.sanitized
    ? { perSecond: 300, answerMs: 2000, sockets: 2000, kibPerSocket: 48, handshakeMs: 1000 }
    : { perSecond: 2000, answerMs: 100, sockets: 5000, kibPerSocket: 16, handshakeMs: 100 };
});

// Sends `perSecond` of each of `kinds` ([method, uri]) for FLOOD_MS.
async function flood(peer, kinds, perSecond) {
  const start = performance.now();
  for (let sent = 0; performance.now() - start < FLOOD_MS;) {
    const due = Math.floor((performance.now() - start) * perSecond / 1000);
    for (; sent < due; ++sent) {
      for (const [method, uri] of kinds) peer.request(method, uri);
    }
    await pause(TICK_MS);
  }
}

// The slowest answer to an honest peer while `work` goes on.
async function slowestAnswer(peers, work) {
  let slowest = 0;
  let busy = true;
  const watch = async (peer) => {
    while (busy) {
      slowest = Math.max(slowest, await peer.alive());
      await pause(5 * TICK_MS);
    }
  };
  const watching = peers.map(watch);
  await work;
  busy = false;
  await Promise.all(watching);
  return slowest;
}

stage.test('a flood of requests delays nobody, and the third is no larger in memory than the second', async (local) => {
  const honest = [await local.add(UdpPeer.open()), await local.add(TcpPeer.open()), await local.add(WebSocketPeer.open())];
  const sizes = [];
  for (let round = 0; round < 3; ++round) {
    const [stranger, browser] = [await UdpPeer.open({ host: '127.0.0.8' }), await WebSocketPeer.open()];
    try {
      const slowest = await slowestAnswer(honest, Promise.all([
        flood(stranger, [['OPTIONS', `sip:${GATEWAY.host}:${GATEWAY.udp}`], ['REGISTER', 'sip:e2e.test'],
          ['INVITE', 'sip:nobody@e2e.test']], limits.perSecond),
        flood(browser, [['MESSAGE', 'sip:nobody@e2e.test']], limits.perSecond / 4)]));
      console.log(`# round ${round}: slowest answer ${slowest.toFixed()} ms, ${stranger.received.packets} refusals`);
      assert.ok(slowest <= limits.answerMs, `an OPTIONS took ${slowest.toFixed()} ms`);
    } finally {
      await Promise.all([stranger.stop(), browser.stop()]);
    }
    await pause(TIMER_K_MS);
    sizes.push(gateway.residentKib());
  }
  console.log(`# resident: ${sizes.join(', ')} KiB`);
  assert.ok(sizes[2] - sizes[1] < Math.max(1024, 0.03 * sizes[1]), `resident after each round: ${sizes} KiB`);
}, { timeout: 120000 });

stage.test('idle WebSockets are small, and others are served beside them', async (local) => {
  const honest = await local.add(UdpPeer.open());
  const [descriptors, size] = [gateway.descriptors(), gateway.residentKib()];
  const idle = await openMany(limits.sockets, async () => {
    const peer = await WebSocketPeer.open();
    await peer.alive();
    return peer;
  });
  const kib = (gateway.residentKib() - size) / limits.sockets;
  const slowest = await slowestAnswer([honest, await local.add(WebSocketPeer.open())], pause(1000));
  console.log(`# ${limits.sockets} idle WebSockets: ${kib.toFixed(1)} KiB each, slowest answer ${slowest.toFixed()} ms`);
  assert.ok(idle.every(({ closed }) => !closed));
  assert.ok(kib <= limits.kibPerSocket, `${kib.toFixed(1)} KiB for each`);
  assert.ok(slowest <= limits.answerMs, `an OPTIONS took ${slowest.toFixed()} ms`);
  await Promise.all(idle.map((peer) => peer.stop()));
  await eventually('all descriptors are back', () => gateway.descriptors() <= descriptors + 1);
}, { timeout: 120000 });

stage.test('handshakes that never end keep nobody out and are ended', async () => {
  const start = performance.now();
  const silent = await openMany(100, () => TcpPeer.open({ port: GATEWAY.wss }));
  const half = await openMany(100, () => TcpPeer.open({ port: GATEWAY.wss }));
  // A ClientHello of which only the beginning comes.
  for (const peer of half) peer.send(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
  const before = performance.now();
  const browser = await WebSocketPeer.open({ secure: true });
  await browser.alive();
  const took = performance.now() - before;
  console.log(`# a new client was served in ${took.toFixed()} ms`);
  assert.ok(took <= limits.handshakeMs, `a new client was served in ${took.toFixed()} ms`);
  await Promise.all([...silent, ...half].map((peer) => peer.events.find('closed', { ms: 20000 })));
  assert.ok(performance.now() - start <= 20000);
  await browser.stop();
});
