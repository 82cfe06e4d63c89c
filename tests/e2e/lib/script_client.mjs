// A WebSocket SIP client without a browser, for calls by the hundred: it places one call with the offer
// that a real Chromium made and hangs up. It has no media, so ICE never completes on its leg.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import WebSocket from 'ws';

import { digestHa1 } from './browser.mjs';
import { EventQueue, within } from './deadline.mjs';
import { DOMAIN, GATEWAY, PASSWORDS } from './network.mjs';

const OFFER = readFileSync(new URL('../../data/offers/chromium-audio.sdp', import.meta.url), 'utf8')
  .replace(/\r?\n/g, '\r\n');

const token = () => randomBytes(8).toString('hex');

export class ScriptClient {
  static async connect(user = 'alice') {
    const client = new ScriptClient();
    client.user = user;
    client.host = `${token()}.invalid`;
    client.responses = new EventQueue('script client');
    client.socket = new WebSocket(`ws://${GATEWAY.host}:${GATEWAY.ws}`, 'sip');
    client.socket.on('message', (data) => client.responses.push(parseResponse(data.toString())));
    await within(10000, 'the gateway takes a WebSocket', new Promise((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    }));
    return client;
  }

  // INVITE, 200, ACK, BYE, 200.
  async call(target) {
    const callId = token();
    const from = `<sip:${this.user}@${DOMAIN}>;tag=${token()}`;
    const dialog = { callId, from, to: `<sip:${target}@${DOMAIN}>`, uri: `sip:${target}@${DOMAIN}`, routes: [] };
    const contact = `<sip:${this.user}@${this.host};transport=ws;rtcweb-breaker=yes>` +
      `;impi=${this.user};ha1=${digestHa1(this.user, PASSWORDS[this.user])}`;
    this.send('INVITE', 1, dialog, [`Contact: ${contact}`, 'Content-Type: application/sdp'], OFFER);
    const answer = await this.final('INVITE', callId);
    if (answer.code !== 200) throw new Error(`the call got ${answer.text.split('\r\n')[0]}`);
    dialog.to = header(answer.text, 'To')[0];
    dialog.uri = /<([^>]+)>/.exec(header(answer.text, 'Contact')[0])[1];
    dialog.routes = header(answer.text, 'Record-Route').reverse();
    this.send('ACK', 1, dialog);
    this.send('BYE', 2, dialog);
    const bye = await this.final('BYE', callId);
    if (bye.code !== 200) throw new Error(`BYE got ${bye.code}`);
  }

  final(method, callId) {
    return this.responses.next('response', { ms: 30000,
      fits: (response) => response.code >= 200 && response.method === method && response.callId === callId });
  }

  send(method, sequence, { callId, from, to, uri, routes }, headers = [], body = '') {
    this.socket.send([
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/WS ${this.host};branch=z9hG4bK${token()}`,
      ...routes.map((route) => `Route: ${route}`),
      `From: ${from}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      'Max-Forwards: 70',
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'));
  }

  async close() {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close();
    await within(5000, 'the gateway closes a WebSocket', closed);
  }
}

const header = (text, name) =>
  [...text.matchAll(new RegExp(`^${name}:\\s*(.*?)\\r$`, 'gim'))].map(([, value]) => value);

function parseResponse(text) {
  const code = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
  if (!code) return { name: 'request', text };
  return { name: 'response', text, code: Number(code), callId: header(text, 'Call-ID')[0],
    method: header(text, 'CSeq')[0].split(/\s+/)[1] };
}
