// baresip as the SIP phone: sends a tone of its own, records what it hears, is driven over ctrl_tcp.
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { EventQueue, eventually, within } from './deadline.mjs';
import { DOMAIN, PASSWORDS, PHONE_HOST, REGISTRAR, RTP_PORTS, TONE, aor } from './network.mjs';
import { readPng } from './picture.mjs';
import { recorded } from './recorded.mjs';
import { temporaryDirectory } from './temporary.mjs';

const CONTROL_PORT = 4444;

// ausine works only at 48 kHz stereo; net_interface has to be an address of lo; aubridge plays to nobody.
const config = (host, ports, hz, recordings) => `
poll_method epoll
sip_listen ${host}:5060
net_interface ${host}
rtp_ports ${ports}
audio_source ausine,${hz}
audio_player aubridge,nobody
audio_alert aubridge,nobody
ausrc_srate 48000
ausrc_channels 2
snd_path ${recordings}
call_local_timeout 120
call_max_calls 4
statmode_default off
module_path ${modulePath()}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module ctrl_tcp.so
module_tmp account.so
module_app menu.so
ctrl_tcp_listen ${host}:${CONTROL_PORT}
`;

// Three bars, red, green and blue; the display shows nothing, snapshots are taken before it.
const VIDEO = `
video_source fakevideo,nil
video_display fakevideo,nil
video_size 320x240
video_bitrate 256000
video_fps 10
module vp8.so
module fakevideo.so
module snapshot.so
`;

const modulePath = () => '/usr/lib/baresip/modules';

export class Baresip {
  // answer: auto, manual or early (RFC 3261 183 with SDP, then waits for accept()).
  static async start({ user = 'phone', host = PHONE_HOST, hz = TONE[user], answer = 'auto', video = false } = {}) {
    const phone = new Baresip();
    phone.name = user;
    phone.events = new EventQueue(`baresip ${user}`);
    const directory = temporaryDirectory(`baresip-${user}`);
    phone.recordings = join(directory, 'recordings');
    mkdirSync(phone.recordings);
    phone.snapshot = join(directory, 'seen.png');
    writeFileSync(join(directory, 'config'), config(host, RTP_PORTS[user], hz, phone.recordings) + (video ? VIDEO : ''));
    writeFileSync(join(directory, 'contacts'), '');
    writeFileSync(join(directory, 'accounts'), `<${aor(user)};transport=udp>;auth_user=${user};` +
      `auth_pass=${PASSWORDS[user]};outbound="sip:${REGISTRAR.host}:${REGISTRAR.port};transport=udp";` +
      `regint=600;answermode=${answer}\n`);
    phone.child = new Child(`baresip ${user}`, 'baresip', ['-v', '-s', '-f', directory],
      { stdio: ['pipe', 'pipe', 'pipe'] });
    await phone.child.line(/baresip is ready/);
    await phone.child.line(/200 OK .*\[\d+ binding/);
    await phone.control(host);
    return phone;
  }

  async control(host) {
    this.socket = connect(CONTROL_PORT, host);
    this.input = Buffer.alloc(0);
    this.answers = [];
    this.socket.on('data', (bytes) => this.take(bytes));
    this.socket.on('error', () => {});  // the phone's end shows as a command without an answer
    await within(5000, 'baresip takes a control connection',
      new Promise((resolve) => this.socket.once('connect', resolve)));
  }

  // Netstrings: LENGTH ':' JSON ','
  take(bytes) {
    this.input = Buffer.concat([this.input, bytes]);
    for (;;) {
      const colon = this.input.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.input.subarray(0, colon));
      if (this.input.length <= end) return;
      const message = JSON.parse(this.input.subarray(colon + 1, end));
      this.input = this.input.subarray(end + 1);
      if (message.event) this.events.push({ ...message, name: message.type });
      else this.answers.shift()?.(message);
    }
  }

  async command(command, params) {
    const json = JSON.stringify({ command, params });
    const answer = new Promise((resolve) => this.answers.push(resolve));
    this.socket.write(`${Buffer.byteLength(json)}:${json},`);
    return within(5000, `${this.name} obeys ${command}`, answer);
  }

  dial(target) { return this.command('dial', target.includes('@') ? target : `${target}@${DOMAIN}`); }
  accept() { return this.command('accept'); }
  hangup() { return this.command('hangup'); }
  hold() { return this.command('hold'); }
  resume() { return this.command('resume'); }
  transfer(target) { return this.command('transfer', `sip:${target}@${DOMAIN}`); }
  dtmf(digit) { return this.command('sndcode', digit); }

  // Ends what a failed test left behind.
  async reset() {
    for (let call = 0; call < 4; ++call) await this.hangup();
    this.events.skip();
  }

  event(name, options) { return this.events.next(name, options); }

  // What the phone decoded in the next `ms`; less when nothing arrives to be decoded.
  async hear(ms) {
    return recorded(await eventually(`${this.name} records`, () => this.newestRecording(), 5000), ms);
  }

  // What it says of its video, as far as tests ask; nothing outside a call with video.
  async video() {
    const { data } = await this.command('video_debug');
    const number = (pattern) => Number(pattern.exec(data)?.[1] ?? 0);
    return { frames: number(/vidisp: .* frames=(\d+)/), keyFrames: number(/n_keyframes=(\d+)/),
      codec: /rx: decode: (\S+)/.exec(data)?.[1], width: number(/vidisp: \S+ (\d+) x/) };
  }

  // What it sees: how many frames it has shown, and the next picture if one comes soon.
  async look() {
    rmSync(this.snapshot, { force: true });
    await this.command('snapshot_recv', this.snapshot);
    const read = () => readPng(readFileSync(this.snapshot));
    const picture = await eventually(`${this.name} gets a picture`, read, 600).catch(() => {});
    return { frames: (await this.video()).frames, picture };
  }

  newestRecording() {
    const files = readdirSync(this.recordings).filter((name) => name.endsWith('-dec.wav'))
      .map((name) => join(this.recordings, name)).filter((path) => statSync(path).size > 44);
    return files.sort((a, b) => statSync(b).ctimeMs - statSync(a).ctimeMs)[0];
  }

  async stop() {
    this.socket?.destroy();
    await this.child.stop();
  }
}
