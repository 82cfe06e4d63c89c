// Peers that send exactly the octets they are given and report what comes back: the hostile ones of these tests, and
// the honest one beside them that must not notice.
import { createSocket } from 'node:dgram';
import { connect as connectTcp, createServer } from 'node:net';

import WebSocket from 'ws';

import { EventQueue, within } from './deadline.mjs';
import { GATEWAY } from './network.mjs';
import { header, readMessage, token, writeRequest, writeResponse } from './sip_text.mjs';

const inUri = (address) => (address.includes(':') ? `[${address}]` : address);

class RawPeer {
  constructor(transport, via) {
    this.transport = transport;
    this.via = via;
    this.events = new EventQueue(`${transport} peer`);
    this.received = { bytes: 0, packets: 0 };
    this.sent = 0;
    this.closed = false;
  }

  send(message) {
    const bytes = Buffer.from(message);
    this.sent += bytes.length;
    this.write(bytes);
  }

  request(method, uri, options = {}) {
    const text = writeRequest(method, uri, { via: this.via, ...options });
    this.send(text);
    return readMessage(Buffer.from(text)).callId;
  }

  // The final response to the request of that Call-ID.
  final(callId, { method, ms = 10000 } = {}) {
    return this.events.find('response', { ms, failOn: ['closed'],
      fits: (r) => r.callId === callId && r.code >= 200 && (!method || r.method === method) });
  }

  // The first request of that method, or of that call only.
  requested(method, callId) {
    return this.events.find('request', { fits: (r) => r.method === method && (!callId || r.callId === callId) });
  }

  // RFC 3261 17.1.1.3: the ACK of a refusal repeats the INVITE's Via and has the To of the response.
  acknowledge({ text }, uri) {
    this.request('ACK', uri, { fields: [['Via', header(text, 'Via')[0]], ['CSeq', `${parseInt(header(text, 'CSeq')[0], 10)} ACK`],
      ...['From', 'To', 'Call-ID'].map((name) => [name, header(text, name)[0]])] });
  }

  // An OPTIONS for the gateway itself must be answered; returns how long that took, in ms.
  async alive({ ms = 10000 } = {}) {
    const start = performance.now();
    const callId = this.request('OPTIONS', `sip:${GATEWAY.host}:${GATEWAY[this.transport]}`);
    const { code } = await this.final(callId, { ms });
    if (code !== 200) throw new Error(`OPTIONS over ${this.transport} got ${code}`);
    return performance.now() - start;
  }

  took(bytes) {
    this.received.bytes += bytes.length;
    this.received.packets += 1;
  }

  ended() {
    if (this.closed) return;
    this.closed = true;
    this.events.push({ name: 'closed' });
  }
}

export class UdpPeer extends RawPeer {
  // `answer(request)` returns what to send back, if anything; without it requests only are events.
  static async open({ host = '127.0.0.7', port = 0, answer } = {}) {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
    await new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, resolve);
    });
    const peer = new UdpPeer('udp', '');
    peer.socket = socket;
    peer.local = socket.address();
    peer.via = `SIP/2.0/UDP ${inUri(host)}:${peer.local.port};rport`;
    socket.on('error', () => {});
    socket.on('message', (bytes, from) => {
      peer.took(bytes);
      const event = { ...readMessage(bytes), from };
      peer.events.push(event);
      const back = event.name === 'request' && event.method !== 'ACK' && answer?.(event);
      if (back) socket.send(back, from.port, from.address);
    });
    return peer;
  }

  write(bytes) {
    const v6 = this.local.family === 'IPv6';
    this.socket.send(bytes, GATEWAY.udp, v6 ? '::1' : GATEWAY.host);
  }

  async stop() { await new Promise((resolve) => this.socket.close(resolve)); }
}

// What a server of the network that says the same to everything answers with.
export const always = (code, options) => (request) => writeResponse(request.text, code, options);

export class TcpPeer extends RawPeer {
  static async open({ host = GATEWAY.host, port = GATEWAY.tcp, localAddress } = {}) {
    const peer = new TcpPeer('tcp', `SIP/2.0/TCP ${localAddress ?? '127.0.0.1'};rport`);
    peer.buffered = Buffer.alloc(0);
    peer.socket = connectTcp({ host, port, localAddress, noDelay: true });
    peer.socket.on('data', (bytes) => peer.take(bytes));
    peer.socket.on('error', () => {});
    peer.socket.on('close', () => peer.ended());
    await within(10000, 'a TCP connection', new Promise((resolve, reject) => {
      peer.socket.once('connect', resolve);
      peer.socket.once('close', () => reject(new Error('the TCP connection was refused')));
    }));
    return peer;
  }

  take(bytes) {
    this.took(bytes);
    this.buffered = Buffer.concat([this.buffered, bytes]);
    for (;;) {
      while (this.buffered[0] === 0x0d || this.buffered[0] === 0x0a) this.buffered = this.buffered.subarray(1);
      const head = this.buffered.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = /^(?:Content-Length|l)[ \t]*:[ \t]*(\d+)/im.exec(this.buffered.toString('latin1', 0, head));
      const end = head + 4 + Number(length?.[1] ?? 0);
      if (this.buffered.length < end) return;
      this.events.push(readMessage(this.buffered.subarray(0, end)));
      this.buffered = this.buffered.subarray(end);
    }
  }

  write(bytes) { this.socket.write(bytes); }

  async stop() {
    this.socket.destroy();
    if (!this.closed) await this.events.find('closed', { ms: 5000 });
  }
}

export class WebSocketPeer extends RawPeer {
  static async open({ user = 'stranger', secure = false, address = GATEWAY.host } = {}) {
    const host = `${token()}.invalid`;
    const peer = new this('ws', `SIP/2.0/WS ${host}`);
    peer.contact = `sip:${user}@${host};transport=ws`;
    peer.socket = new WebSocket(secure ? `wss://${GATEWAY.host}:${GATEWAY.wss}` : `ws://${inUri(address)}:${GATEWAY.ws}`,
      'sip', { rejectUnauthorized: false, perMessageDeflate: false });
    peer.socket.on('message', (data) => {
      peer.took(data);
      peer.events.push(readMessage(data));
    });
    peer.socket.on('error', () => {});
    peer.socket.on('close', () => peer.ended());
    await within(30000, 'the gateway takes a WebSocket', new Promise((resolve, reject) => {
      peer.socket.once('open', resolve);
      peer.socket.once('close', () => reject(new Error('the WebSocket was refused')));
    }));
    return peer;
  }

  // RFC 6455 wants UTF-8 in a text frame; RFC 7118 takes binary ones as well.
  write(bytes) {
    const text = bytes.toString('utf8');
    const isText = Buffer.from(text, 'utf8').equals(bytes);
    this.socket.send(isText ? text : bytes, () => {});
  }

  async stop() {
    this.socket.terminate();
    if (!this.closed) await this.events.find('closed', { ms: 5000 });
  }
}

export const OPEN = {
  udp: (options) => UdpPeer.open(options),
  tcp: (options) => TcpPeer.open(options),
  ws: (options) => WebSocketPeer.open(options),
};

// `count` peers, some at a time.
export async function openMany(count, open, atOnce = 50) {
  const peers = [];
  while (peers.length < count) {
    const more = Math.min(atOnce, count - peers.length);
    peers.push(...await Promise.all(Array.from({ length: more }, open)));
  }
  return peers;
}

// Sockets that nothing may reach: they count whatever comes.
export class Victim {
  static async start(host, ports) {
    const victim = new Victim();
    victim.hits = [];
    victim.sockets = [];
    victim.servers = [];
    for (const port of ports) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (bytes) => victim.hits.push(`udp ${host} ${port}: ${bytes.toString('latin1', 0, 200)}`));
      await new Promise((resolve) => socket.bind(port, host, resolve));
      victim.sockets.push(socket);
      const server = createServer((connection) => {
        victim.hits.push(`tcp ${host} ${port}`);
        connection.on('error', () => {});
        connection.destroy();
      });
      await new Promise((resolve) => server.listen(port, host, resolve));
      victim.servers.push(server);
    }
    return victim;
  }

  async stop() {
    for (const socket of this.sockets) socket.close();
    for (const server of this.servers) server.close();
  }
}
