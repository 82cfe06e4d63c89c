// A WebSocket SIP client without a browser, for calls by the hundred: it places calls with the offer that a real
// Chromium made and hangs up. It has no media, so ICE never completes on its leg.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { digestHa1 } from './browser.mjs';
import { DOMAIN, PASSWORDS } from './network.mjs';
import { WebSocketPeer } from './raw_peer.mjs';
import { header, token, writeResponse } from './sip_text.mjs';

export const OFFER = readFileSync(new URL('../../data/offers/chromium-audio.sdp', import.meta.url), 'utf8')
  .replace(/\r?\n/g, '\r\n');

const md5 = (text) => createHash('md5').update(text).digest('hex');

export class ScriptClient extends WebSocketPeer {
  static async connect(user = 'alice', options = {}) {
    const client = await this.open({ user, ...options });
    client.user = user;
    return client;
  }

  // Registers `user`, who need not be the only one on this WebSocket, for its own `contact`; the final response.
  async register(user = this.user, contact = this.contact) {
    const address = `<sip:${user}@${DOMAIN}>`;
    const uri = `sip:${DOMAIN}`;
    const dialog = { callId: token(), from: `${address};tag=${token()}`, to: address, uri, routes: [] };
    this.inDialog('REGISTER', 1, dialog, [['Contact', `<${contact}>`]]);
    const challenge = header((await this.final(dialog.callId)).text, 'WWW-Authenticate')[0];
    const [, nonce] = /nonce="([^"]+)"/.exec(challenge);
    const [nc, cnonce] = ['00000001', token()];
    const digest = md5([digestHa1(user, PASSWORDS[user]), nonce, nc, cnonce, 'auth', md5(`REGISTER:${uri}`)].join(':'));
    this.inDialog('REGISTER', 2, dialog, [['Contact', `<${contact}>`], ['Authorization', `Digest username="${user}", ` +
      `realm="${DOMAIN}", nonce="${nonce}", uri="${uri}", qop=auth, nc=${nc}, cnonce="${cnonce}", response="${digest}"`]]);
    return (await this.events.find('response', { fits: (r) => r.callId === dialog.callId && /^CSeq: 2 /m.test(r.text) })).text;
  }

  // INVITE for a call through the breaker; the dialog as far as the caller knows it.
  invite(uri) {
    const dialog = { callId: token(), from: `<sip:${this.user}@${DOMAIN}>;tag=${token()}`, to: `<${uri}>`, uri, routes: [] };
    const contact = `<${this.contact};rtcweb-breaker=yes>` +
      `;impi=${this.user};ha1=${digestHa1(this.user, PASSWORDS[this.user])}`;
    this.inDialog('INVITE', 1, dialog, [['Contact', contact], ['Content-Type', 'application/sdp']], OFFER);
    return dialog;
  }

  // What the 200 adds to the dialog.
  static confirm(dialog, text) {
    dialog.to = header(text, 'To')[0];
    dialog.uri = /<([^>]+)>/.exec(header(text, 'Contact')[0])[1];
    dialog.routes = header(text, 'Record-Route').reverse();
  }

  // INVITE, 200, ACK; the dialog.
  async begin(uri) {
    const dialog = this.invite(uri);
    const answer = await this.final(dialog.callId, { method: 'INVITE', ms: 30000 });
    if (answer.code !== 200) throw new Error(`the call got ${answer.text.split('\r\n')[0]}`);
    ScriptClient.confirm(dialog, answer.text);
    this.inDialog('ACK', 1, dialog);
    return dialog;
  }

  // INVITE, 200, ACK, BYE, 200.
  async call(uri) {
    const dialog = await this.begin(uri);
    this.inDialog('BYE', 2, dialog);
    const bye = await this.final(dialog.callId, { method: 'BYE', ms: 30000 });
    if (bye.code !== 200) throw new Error(`BYE got ${bye.code}`);
  }

  // Waits for the gateway's request inside the call and answers it 200.
  async serve(method, { callId }, options) {
    const { text } = await this.events.find('request', { ...options, fits: (r) => r.method === method && r.callId === callId });
    this.send(writeResponse(text, 200));
  }

  inDialog(method, sequence, { callId, from, to, uri, routes }, fields = [], body = '') {
    this.request(method, uri, { body, fields: [...routes.map((route) => ['Route', route]), ['From', from], ['To', to],
      ['Call-ID', callId], ['CSeq', `${sequence} ${method}`], ...fields] });
  }

  async close() {
    this.socket.close();
    await this.events.find('closed', { ms: 5000 });
  }
}
