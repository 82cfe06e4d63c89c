// SIP.js as a phone in a page: the same window.phone as JsSIP's.
import {
  Inviter, Messager, Publisher, Registerer, RegistererState, SessionState, SIPExtension, Subscriber, UserAgent, UserAgentState,
} from 'sip.js';

import {
  AUDIO_AND_VIDEO, AUDIO_ONLY, addCredentials, addVideo, describeRegistration, describeResponse, removeVideo,
} from './contact.mjs';
import { Eye } from './eye.mjs';
import { askForKeyFrame } from './key_frame.mjs';
import { Recorder } from './recorder.mjs';

class SipJsPhone {
  constructor({ user, domain, password, server, breaker, ha1, expires = 600, reliable, instance, video }) {
    const transport = server.startsWith('wss') ? 'wss' : 'ws';
    this.domain = domain;
    this.constraints = video ? AUDIO_AND_VIDEO : AUDIO_ONLY;
    this.agent = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@${domain}`),
      authorizationUsername: user,
      authorizationPassword: password,
      contactParams: breaker ? { transport, 'rtcweb-breaker': 'yes' } : { transport },
      transportOptions: { server },
      sipExtension100rel: reliable ? SIPExtension.Supported : SIPExtension.Unsupported,
      sipExtensionExtraSupported: instance ? ['gruu', 'path'] : [],
      sipExtensionReplaces: SIPExtension.Supported,
      logLevel: 'warn',
      sessionDescriptionHandlerFactoryOptions: {
        peerConnectionConfiguration: { iceServers: [] },
        iceGatheringTimeout: 2000,
      },
      delegate: {
        onConnect: () => report('connected'),
        onDisconnect: () => this.reconnect(),
        onInvite: (invitation) => {
          this.adopt(invitation);
          report('incoming', { from: invitation.remoteIdentity.uri.toString() });
        },
        onMessage: (message) => {
          message.accept();
          report('message', { from: message.request.from.uri.toString(), body: message.request.body });
        },
      },
    });
    addCredentials(this.agent.contact, (options) => options.register === true, { user, ha1 });
    this.registerer = new Registerer(this.agent, { expires, ...(instance && { instanceId: instance, regId: 1 }) });
    this.registerer.stateChange.addListener((state) => {
      if (state === RegistererState.Unregistered) report('unregistered');
    });
    this.agent.start();
  }

  // SIP.js leaves it to the application to connect and register again.
  reconnect() {
    report('disconnected');
    if (this.agent.state === UserAgentState.Stopped) return;
    const again = () => this.agent.reconnect().then(() => this.register(), () => setTimeout(again, 500));
    again();
  }

  // Settles when the REGISTER is answered: until then SIP.js refuses another one, also to unregister.
  register() {
    return new Promise((answered, failed) => {
      this.registerer.register({ requestDelegate: {
        // SIP.js refuses another REGISTER until this delegate has returned.
        onAccept: ({ message }) => queueMicrotask(() => {
          report('registered', describeRegistration(message));
          answered();
        }),
        onReject: ({ message }) => queueMicrotask(() => {
          report('registrationFailed', describeResponse(message));
          answered();
        }),
      } }).catch(failed);
    });
  }

  unregister() {
    return this.registerer.unregister({ requestDelegate: {
      onReject: ({ message }) => report('registrationFailed', describeResponse(message)),
    } });
  }

  adopt(session) {
    this.before = this.session;
    this.session = session;
    this.recorder = null;
    this.eye = null;
    session.delegate = {
      onSessionDescriptionHandler: (handler) => this.listen(handler.peerConnection),
      onBye: () => { this.ended = 'remote'; },
      onCancel: ({ request }) => {
        this.ended = 'remote';
        this.why = request.getHeader('Reason');
      },
      onInfo: (info) => info.accept(),
      onRefer: (referral) => this.follow(referral),
      onInvite: (request) => {
        const held = /a=(sendonly|inactive)/.test(request.body ?? '');
        report(held ? 'heldByPeer' : 'resumedByPeer');
      },
    };
    this.ended = undefined;
    let established = false;
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) {
        established = true;
        report('accepted', {});
      }
      if (state !== SessionState.Terminated) return;
      if (established) report('ended', { originator: this.ended ?? 'local' });
      else if (!(session instanceof Inviter)) report('failed', { originator: this.ended ?? 'local', why: this.why });
    });
  }

  listen(connection) {
    const take = (track) => {
      if (track.kind === 'audio') this.recorder ??= new Recorder(track);
      else this.eye = new Eye(track);
    };
    connection.addEventListener('track', ({ track }) => take(track));
    connection.getReceivers().forEach(({ track }) => take(track));
    connection.addEventListener('connectionstatechange', () =>
      report('media', { state: connection.connectionState }));
  }

  calling() { return { sessionDescriptionHandlerOptions: { constraints: this.constraints }, earlyMedia: true }; }

  call(target) {
    return this.invite(new Inviter(this.agent, UserAgent.makeURI(`sip:${target}@${this.domain}`), this.calling()));
  }

  async follow(referral) {
    const { request } = referral;
    report('referred', { to: request.getHeader('Refer-To'), by: request.getHeader('Referred-By') });
    await referral.accept();
    await this.invite(referral.makeInviter(this.calling()));
  }

  async invite(inviter) {
    this.adopt(inviter);
    await inviter.invite({ requestDelegate: {
      onProgress: ({ message }) => report('progress', { ...describeResponse(message), sdp: !!message.body }),
      onReject: ({ message }) => report('failed', { originator: 'remote', ...describeResponse(message) }),
    } });
  }

  answer() {
    return this.session.accept({ sessionDescriptionHandlerOptions: { constraints: this.constraints } });
  }

  reject(code = 486) { return this.session.reject({ statusCode: code }); }

  hangup() {
    const { session } = this;
    if (session.state === SessionState.Established) return session.bye();
    return session instanceof Inviter ? session.cancel() : session.reject();
  }

  refer(target) { return this.transfer(this.session, UserAgent.makeURI(`sip:${target}@${this.domain}`)); }

  // The peer of the call before this one is to talk with the peer of this one.
  connectPeers() { return this.transfer(this.before, this.session); }

  leaveFirst() { return this.before.bye(); }

  // Settles when the peer reports how its call to `target` went.
  transfer(session, target) {
    return new Promise((resolve, reject) => {
      session.refer(target, {
        requestDelegate: { onReject: ({ message }) => resolve({ refused: message.statusCode }) },
        onNotify: (notification) => {
          notification.accept();
          const code = Number(/^SIP\/2\.0 (\d+)/.exec(notification.request.body)?.[1]);
          if (code >= 200) resolve({ code });
        },
      }).catch(reject);
    });
  }

  async hold() { await this.reinvite(true); }
  async unhold() { await this.reinvite(false); }

  // SIP.js only changes the direction; who holds goes quiet by himself, as SIP.js's own SimpleUser does.
  reinvite(hold) {
    for (const { track } of this.connection.getSenders()) if (track) track.enabled = !hold;
    return this.offer({ hold });
  }

  restartIce() { return this.offer({ offerOptions: { iceRestart: true } }); }

  async addVideo() {
    await addVideo(this.connection);
    await this.offer();
  }

  askForKeyFrame() { return askForKeyFrame(this.connection); }

  removeVideo() {
    removeVideo(this.connection);
    return this.offer();
  }

  offer(options) {
    return new Promise((resolve, reject) => {
      this.session.sessionDescriptionHandlerOptionsReInvite = { constraints: this.constraints, ...options };
      this.session.invite({ requestDelegate: {
        onAccept: () => resolve(true),
        onReject: ({ message }) => reject(new Error(`re-INVITE: ${message.statusCode}`)),
      } });
    });
  }

  dtmf(tone, transport) {
    if (transport !== 'info') return this.session.sessionDescriptionHandler.sendDtmf(tone, { duration: 300 });
    return this.info('application/dtmf-relay', `Signal=${tone}\r\nDuration=300`);
  }

  info(contentType, content) {
    return this.session.info({ requestOptions: { body: { contentDisposition: 'render', contentType, content } } });
  }

  message(target, body) {
    const to = UserAgent.makeURI(`sip:${target}@${this.domain}`);
    return new Messager(this.agent, to, body).message({ requestDelegate: {
      onAccept: ({ message }) => report('messageSent', describeResponse(message)),
      onReject: ({ message }) => report('messageFailed', describeResponse(message)),
    } });
  }

  subscribe(target, event) {
    this.subscription = new Subscriber(this.agent, UserAgent.makeURI(`sip:${target}@${this.domain}`), event);
    this.subscription.delegate = { onNotify: (notification) => {
      notification.accept();
      const { request } = notification;
      report('notify', { state: request.getHeader('Subscription-State'), body: request.body });
    } };
    return this.subscription.subscribe();
  }

  publish(event, contentType, body) {
    this.publisher ??= new Publisher(this.agent, this.agent.configuration.uri, event, { contentType, expires: 600 });
    return this.publisher.publish(body);
  }

  unpublish() { return this.publisher.unpublish(); }

  resubscribe() { return this.subscription.subscribe(); }
  unsubscribe() { return this.subscription.unsubscribe(); }

  get connection() { return this.session.sessionDescriptionHandler.peerConnection; }
}

window.startPhone = (options) => { window.phone = new SipJsPhone(options); };
