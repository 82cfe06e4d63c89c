// JsSIP as a phone in a page: window.phone, driven by lib/browser.mjs; report(event) tells the test.
import JsSIP from 'jssip';

import { AUDIO_ONLY, addCredentials, describeRegistration, describeResponse } from './contact.mjs';
import { Recorder } from './recorder.mjs';

const CALL = { mediaConstraints: AUDIO_ONLY, pcConfig: { iceServers: [] } };

class JsSipPhone {
  constructor({ user, domain, password, server, breaker, ha1, instance, expires = 600 }) {
    const token = Math.random().toString(36).slice(2, 10);
    const mark = breaker ? ';rtcweb-breaker=yes' : '';
    const transport = server.startsWith('wss') ? 'wss' : 'ws';
    this.domain = domain;
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(server)],
      uri: `sip:${user}@${domain}`,
      contact_uri: `sip:${token}@${token}.invalid;transport=${transport}${mark}`,
      password,
      instance_id: instance,
      register: false,
      register_expires: expires,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 1,
    });
    // Only a call passes `outbound`; the registrator's Contact was made without it.
    addCredentials(this.ua.contact, (options) => !('outbound' in options), { user, ha1 });
    this.watchAgent();
    this.ua.start();
  }

  watchAgent() {
    const { ua } = this;
    ua.on('connected', () => report('connected'));
    ua.on('disconnected', () => report('disconnected'));
    ua.on('registered', ({ response }) => report('registered', describeRegistration(response)));
    ua.on('unregistered', ({ response }) => report('unregistered', describeResponse(response)));
    ua.on('registrationFailed', ({ response, cause }) =>
      report('registrationFailed', { ...describeResponse(response), cause }));
    ua.on('newRTCSession', ({ session, originator, request }) => {
      this.adopt(session);
      if (originator === 'remote') report('incoming', { from: request.from.uri.toString() });
    });
    ua.on('newMessage', ({ originator, request }) => {
      if (originator !== 'remote') return;
      report('message', { from: request.from.uri.toString(), body: request.body });
    });
  }

  adopt(session) {
    this.before = this.session;
    this.session = session;
    this.recorder = null;
    session.on('peerconnection', ({ peerconnection }) => this.listen(peerconnection));
    if (session.connection) this.listen(session.connection);
    session.on('progress', ({ originator, response }) => {
      if (originator === 'remote') report('progress', { ...describeResponse(response), sdp: !!response.body });
    });
    session.on('accepted', ({ originator }) => report('accepted', { originator }));
    session.on('confirmed', ({ originator }) => report('confirmed', { originator }));
    session.on('failed', ({ originator, message, cause }) =>
      report('failed', { originator, cause, why: message?.getHeader?.('Reason'),
        ...describeResponse(message?.status_code ? message : null) }));
    session.on('ended', ({ originator, cause }) => report('ended', { originator, cause }));
    session.on('hold', ({ originator }) => originator === 'remote' && report('heldByPeer'));
    session.on('unhold', ({ originator }) => originator === 'remote' && report('resumedByPeer'));
    session.on('refer', ({ request, accept }) => {
      report('referred', { to: request.getHeader('Refer-To'), by: request.getHeader('Referred-By') });
      accept(undefined, CALL);
    });
    session.on('replaces', ({ accept }) => accept());
    session.on('newDTMF', ({ originator, dtmf }) => {
      if (originator === 'remote') report('dtmf', { tone: dtmf.tone });
    });
  }

  listen(connection) {
    connection.addEventListener('track', ({ track }) => { this.recorder = new Recorder(track); });
    connection.addEventListener('connectionstatechange', () =>
      report('media', { state: connection.connectionState }));
  }

  register() { this.ua.register(); }
  unregister() { this.ua.unregister(); }

  call(target) {
    this.ua.call(`sip:${target}@${this.domain}`, CALL);
  }

  answer() { this.session.answer(CALL); }

  reject(code = 486) { this.session.terminate({ status_code: code }); }
  hangup() { this.session.terminate(); }

  refer(target) { return this.transfer(this.session, `sip:${target}@${this.domain}`); }

  // The peer of the call before this one is to talk with the peer of this one.
  connectPeers() {
    return this.transfer(this.before, this.session.remote_identity.uri.toString(), { replaces: this.session });
  }

  leaveFirst() { this.before.terminate(); }

  // Settles when the peer reports how its call to `target` went.
  transfer(session, target, options) {
    return new Promise((resolve) => {
      session.refer(target, { ...options, eventHandlers: {
        requestFailed: ({ response }) => resolve({ refused: response?.status_code }),
        accepted: ({ status_line: line }) => resolve({ code: line.status_code }),
        failed: ({ status_line: line }) => resolve({ code: line.status_code }),
      } });
    });
  }

  // Settle when the re-INVITE is answered.
  hold() { return new Promise((resolve) => this.session.hold({}, resolve)); }
  unhold() { return new Promise((resolve) => this.session.unhold({}, resolve)); }

  // What JsSIP itself does when its network changes.
  restartIce() {
    return new Promise((resolve) => this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, resolve));
  }

  dtmf(tone, transport) {
    this.session.sendDTMF(tone, { transportType: transport === 'info' ? 'INFO' : 'RFC2833', duration: 300 });
  }

  info(type, body) { this.session.sendInfo(type, body); }

  message(target, body) {
    this.ua.sendMessage(`sip:${target}@${this.domain}`, body, { eventHandlers: {
      succeeded: ({ response }) => report('messageSent', describeResponse(response)),
      failed: ({ response, cause }) => report('messageFailed', { ...describeResponse(response), cause }),
    } });
  }

  get connection() { return this.session.connection; }
}

window.startPhone = (options) => { window.phone = new JsSipPhone(options); };
