// Many browsers at once, as far as SIP can tell: each on a WebSocket of its own, registering and calling.
import { readFileSync } from 'node:fs';

import { WebSocketClient } from './web_socket.mjs';

const OFFER = readFileSync(new URL('../../data/offers/chromium-audio.sdp', import.meta.url), 'latin1').replace(/\r?\n/g, '\r\n');
const DOMAIN = 'bench.test';
let serial = 0;

class ScriptedBrowser {
  constructor(edge, secure) {
    this.user = `user${++serial}`;
    this.transport = secure ? 'WSS' : 'WS';
    this.host = `${this.user}.invalid`;
    this.waiting = new Map();  // CSeq method and number, Call-ID -> resolve
    this.cseq = 0;
  }

  onMessage(text) {
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
    if (!(status >= 200)) return;  // requests of the network do not come here
    const key = /^CSeq: *(.*)\r$/im.exec(text)[1] + /^(?:Call-ID|i): *(.*)\r$/im.exec(text)[1];
    this.waiting.get(key)?.({ status, text });
    this.waiting.delete(key);
  }

  request(method, { callId, uri, to, headers = [], routes = [], body = '', cseq = ++this.cseq }) {
    this.socket.send([`${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.transport} ${this.host};branch=z9hG4bK${callId}${method}${cseq}`, 'Max-Forwards: 69',
      ...routes, `To: ${to}`, `From: <sip:${this.user}@${DOMAIN}>;tag=t${callId}`, `Call-ID: ${callId}`, `CSeq: ${cseq} ${method}`,
      ...headers, 'User-Agent: bench', `Content-Length: ${body.length}`, '', body].join('\r\n'));
    if (method === 'ACK') return undefined;
    return new Promise((resolve) => this.waiting.set(`${cseq} ${method}${callId}`, resolve));
  }

  contact(mark) { return `<sip:${this.user}@${this.host};transport=ws${mark}>`; }

  register() {
    return this.request('REGISTER', { callId: `r${this.user}`, uri: `sip:${DOMAIN}`, to: `<sip:${this.user}@${DOMAIN}>`,
      headers: [`Contact: ${this.contact('')};expires=600`, 'Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO',
        'Supported: path,gruu,outbound'] });
  }

  // From the INVITE to its 200 in milliseconds; then ACK, BYE.
  async call(breaker) {
    const callId = `c${this.user}x${++this.cseq}`;
    const to = `<sip:callee@${DOMAIN}>`;
    const contact = this.contact(breaker ? ';rtcweb-breaker=yes' : '');
    const began = performance.now();
    const { status, text } = await this.request('INVITE', { callId, uri: `sip:callee@${DOMAIN}`, to,
      headers: [`Contact: ${contact}`, 'Content-Type: application/sdp'], body: OFFER });
    const took = performance.now() - began;
    if (status !== 200) throw new Error(`INVITE got ${text.split('\r\n')[0]}`);
    const dialog = { callId, to: /^To: *(.*)\r$/im.exec(text)[1], uri: /^Contact: *<([^>]*)>/im.exec(text)[1],
      routes: [...text.matchAll(/^Record-Route: *(.*)\r$/gim)].map(([, route]) => `Route: ${route}`).reverse() };
    this.request('ACK', { ...dialog, cseq: this.cseq });
    await this.request('BYE', dialog);
    return took;
  }
}

// `count` connected browsers, opened a few at a time; source addresses spread so that ports suffice.
export async function openBrowsers(edge, count, { secure = false, register = false } = {}) {
  const browsers = [];
  const open = async () => {
    while (browsers.length < count) {
      const browser = new ScriptedBrowser(edge, secure);
      browsers.push(browser);
      browser.socket = await WebSocketClient.connect({ host: edge.host, port: secure ? edge.wssPort : edge.wsPort, secure,
        localAddress: `127.1.${(serial >> 8) & 255}.${1 + (serial & 127)}`, onMessage: (text) => browser.onMessage(text) });
      if (register && (await browser.register()).status !== 200) throw new Error(`${browser.user} is not registered`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, open));
  return browsers;
}

// `total` REGISTERs, `atOnce` browsers waiting for an answer at any time, all browsers in turn.
export async function registerAll(browsers, total, atOnce = 100) {
  let next = 0;
  const work = async () => {
    while (next < total) {
      const { status } = await browsers[next++ % browsers.length].register();
      if (status !== 200) throw new Error(`REGISTER got ${status}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, browsers.length) }, work));
}

export function close(browsers) {
  for (const browser of browsers) browser.socket.close();
}
