// JsSIP as a phone in a page: window.phone, driven by lib/browser.mjs; report(event) tells the test.
import JsSIP from 'jssip';

import {
  AUDIO_AND_VIDEO, AUDIO_ONLY, addCredentials, addVideo, describeRegistration, describeResponse, offerOnly, removeVideo,
} from './contact.mjs';
import { Eye } from './eye.mjs';
import { askForKeyFrame } from './key_frame.mjs';
import { Recorder } from './recorder.mjs';

class JsSipPhone {
  constructor({ user, domain, password, server, breaker, ha1, instance, expires = 600, video, videoCodec }) {
    this.videoCodec = videoCodec;
    const token = Math.random().toString(36).slice(2, 10);
    const mark = breaker ? ';rtcweb-breaker=yes' : '';
    const transport = server.startsWith('wss') ? 'wss' : 'ws';
    this.domain = domain;
    this.calling = { mediaConstraints: video ? AUDIO_AND_VIDEO : AUDIO_ONLY, pcConfig: { iceServers: [] } };
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
    this.eye = null;
    session.on('peerconnection', ({ peerconnection }) => this.listen(peerconnection));
    session.on('connecting', () => this.videoCodec && offerOnly(session.connection, this.videoCodec));
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
      accept(undefined, this.calling);
    });
    session.on('replaces', ({ accept }) => accept());
    session.on('newDTMF', ({ originator, dtmf }) => {
      if (originator === 'remote') report('dtmf', { tone: dtmf.tone });
    });
  }

  listen(connection) {
    connection.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') this.recorder = new Recorder(track);
      else this.eye = new Eye(track);
    });
    connection.addEventListener('connectionstatechange', () =>
      report('media', { state: connection.connectionState }));
  }

  register() { this.ua.register(); }
  unregister() { this.ua.unregister(); }

  call(target) {
    this.ua.call(`sip:${target}@${this.domain}`, this.calling);
  }

  answer() { this.session.answer(this.calling); }

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
  restartIce() { return this.renegotiate({ rtcOfferConstraints: { iceRestart: true } }); }

  renegotiate(options = {}) { return new Promise((resolve) => this.session.renegotiate(options, resolve)); }

  async addVideo() {
    await addVideo(this.connection);
    await this.renegotiate();
  }

  askForKeyFrame() { return askForKeyFrame(this.connection); }

  removeVideo() {
    removeVideo(this.connection);
    return this.renegotiate();
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
