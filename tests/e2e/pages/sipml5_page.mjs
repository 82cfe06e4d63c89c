// sipML5 as a phone in a page: the same window.phone as JsSIP's. The breaker was made for this client: it writes
// rtcweb-breaker, impi and ha1 by itself.
import { Eye } from './eye.mjs';
import { Recorder } from './recorder.mjs';

const { SIPml } = window;

class SipMl5Phone {
  constructor({ user, domain, password, server, breaker, outboundProxy, expires = 600, video }) {
    this.domain = domain;
    this.callType = video ? 'call-audiovideo' : 'call-audio';
    this.expires = expires;
    this.player = document.body.appendChild(document.createElement('audio'));
    window.onConnection = (connection) => this.listen(connection);
    SIPml.setDebugLevel('warn');
    SIPml.init(() => {
      this.stack = new SIPml.Stack({
        realm: domain,
        impi: user,
        impu: `sip:${user}@${domain}`,
        password,
        display_name: user,
        websocket_proxy_url: server,
        outbound_proxy_url: outboundProxy,
        ice_servers: '[]',  // a string: it takes an empty array for "the public servers"
        enable_rtcweb_breaker: breaker,
        events_listener: { events: '*', listener: (event) => this.onStack(event) },
      });
      this.stack.start();
    }, ({ message }) => { throw new Error(message); });
  }

  onStack(event) {
    switch (event.type) {
      case 'started': report('connected'); break;
      case 'stopped': case 'failed_to_start': report('disconnected', { description: event.description }); break;
      case 'i_new_call':
        this.adopt(event.newSession, 'remote');
        event.newSession.setConfiguration(this.configuration());
        report('incoming', { from: event.newSession.getRemoteUri() });
        break;
      case 'i_new_message':
        event.newSession.accept();
        report('message', { from: event.newSession.getRemoteUri(), body: event.getContentString() });
        break;
      default:
    }
  }

  register() {
    let registered = false;
    this.registration = this.watched('register', { expires: this.expires }, {
      connected: () => {
        registered = true;
        report('registered');
      },
      terminated: (event) => report(registered ? 'unregistered' : 'registrationFailed',
        { code: event.getSipResponseCode(), description: event.description }),
    });
    this.registration.register();
  }

  unregister() { this.registration.unregister(); }

  // A session whose events go to the handlers of their names.
  watched(type, options, handlers) {
    return this.stack.newSession(type, { ...options,
      events_listener: { events: '*', listener: (event) => handlers[event.type]?.(event) } });
  }

  configuration() {
    return { audio_remote: this.player, events_listener: { events: '*', listener: (event) => this.onCall(event) } };
  }

  adopt(session, caller) {
    this.session = session;
    this.state = { session, caller, established: false, ender: 'remote', code: undefined };
  }

  onCall(event) {
    const { state } = this;
    if (event.session !== state.session) return;
    const code = event.getSipResponseCode();
    switch (event.type) {
      case 'i_ao_request':
        if (code > 100 && code < 200) report('progress', { code, sdp: false });
        if (code >= 300) state.code = code;
        break;
      case 'm_early_media': report('progress', { code, sdp: true }); break;
      case 'connected':
        state.established = true;
        report('accepted', { originator: state.caller === 'remote' ? 'local' : 'remote' });
        break;
      case 'terminated':
        report(state.established ? 'ended' : 'failed',
          { originator: state.ender, code: state.code, description: event.description });
        break;
      case 'm_remote_hold': report('heldByPeer'); break;
      case 'm_remote_resume': report('resumedByPeer'); break;
      default:
    }
    this.waiting?.(event);
  }

  // Settles with the first of these events that fits.
  until(types, fits = () => true) {
    return new Promise((resolve) => {
      this.waiting = (event) => {
        if (!types.includes(event.type) || !fits(event)) return;
        this.waiting = undefined;
        resolve(event);
      };
    });
  }

  listen(connection) {
    this.connection = connection;
    this.recorder = null;
    this.eye = null;
    connection.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') this.recorder = new Recorder(track);
      else this.eye = new Eye(track);
    });
    connection.addEventListener('connectionstatechange', () => report('media', { state: connection.connectionState }));
  }

  call(target) {
    const session = this.stack.newSession(this.callType, this.configuration());
    this.adopt(session, 'local');
    session.call(target);
  }

  answer() { this.session.accept(); }
  reject() { this.session.reject(); }

  hangup() {
    this.state.ender = 'local';
    this.session.hangup();
  }

  async change(method, good, bad) {
    const changed = this.until([good, bad]);
    this.session[method]();
    const { type, description } = await changed;
    if (type !== good) throw new Error(`${method}: ${description}`);
  }

  hold() { return this.change('hold', 'm_local_hold_ok', 'm_local_hold_nok'); }
  unhold() { return this.change('resume', 'm_local_resume_ok', 'm_local_resume_nok'); }

  dtmf(tone) { this.session.dtmf(tone); }

  // Settles when the peer reports how its call to `target` went.
  async refer(target) {
    const done = this.until(['o_ect_notify', 'o_ect_failed'], (event) => event.getSipResponseCode() >= 200);
    this.session.transfer(`sip:${target}@${this.domain}`);
    const event = await done;
    return event.type === 'o_ect_failed' ? { refused: event.getSipResponseCode() } : { code: event.getSipResponseCode() };
  }

  message(target, body) {
    this.watched('message', {}, { i_ao_request: (event) => {
      const code = event.getSipResponseCode();
      if (code >= 200) report(code < 300 ? 'messageSent' : 'messageFailed', { code });
    } }).send(`sip:${target}@${this.domain}`, body, 'text/plain; charset=utf-8');
  }
}

window.startPhone = (options) => { window.phone = new SipMl5Phone(options); };
