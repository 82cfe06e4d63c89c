// Linphone's console client as the SIP phone: sends a tone from a file, records what it hears into another, is driven over
// its standard input. It knows Replaces.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { EventQueue, eventually } from './deadline.mjs';
import { DOMAIN, PASSWORDS, REGISTRAR, TONE, aor } from './network.mjs';
import { recorded } from './recorded.mjs';
import { temporaryDirectory } from './temporary.mjs';
import { sineWav } from './tone.mjs';

// It listens on every address, so its port is one that nobody else has.
const SIP_PORT = 5070;
const RTP_PORTS = '33000-33999';

const RATES = { opus: 48000, pcmu: 8000 };

// It knows more codecs than these; what is listed first it prefers.
const config = (user, codec, video) => `
[sip]
sip_port=${SIP_PORT}
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
guess_hostname=0
contact=sip:${user}@127.0.0.1
default_proxy=0
media_encryption=none

[net]
dns_srv_enabled=0
firewall_policy=0

[rtp]
audio_rtp_port=${RTP_PORTS}
audio_adaptive_jitt_comp_enabled=0

[video]
enabled=${video}
capture=${video}
display=${video}
automatically_initiate=${video}
automatically_accept=${video}
displaytype=MSX11Video
size=qvga

[sound]
echocancellation=0
remote_ring=

[misc]
store_friends=0

[audio_codec_0]
mime=opus
rate=48000
channels=2
enabled=${codec === 'opus' ? 1 : 0}

[audio_codec_1]
mime=PCMU
rate=8000
channels=1
enabled=${codec === 'pcmu' ? 1 : 0}

[auth_info_0]
username=${user}
passwd=${PASSWORDS[user]}
realm="${DOMAIN}"
domain=${DOMAIN}

[proxy_0]
reg_proxy=<sip:${REGISTRAR.host}:${REGISTRAR.port};transport=udp>
reg_route=<sip:${REGISTRAR.host}:${REGISTRAR.port};transport=udp;lr>
reg_identity=${aor(user)}
reg_expires=600
reg_sendregister=1
publish=0
`;

// Where there is no camera it sends a picture once a second, with this at the left.
export const NO_CAMERA = [77, 75, 76];

// What it says, as events with the number of the call.
const SAYINGS = {
  incoming: /Receiving new incoming call from .*, assigned id (\d+)/,
  calling: /Establishing call id to .*, assigned id (\d+)/,
  ringing: /Call (\d+) to .* ringing/,
  connected: /Call (\d+) with .* connected/,
  media: /Media streams established with .* for call (\d+)/,
  paused: /Call (\d+) with .* is now paused/,
  heldByPeer: /Call (\d+) has been paused by/,
  transferred: /of call (\d+) has been transfered/,
  ended: /Call (\d+) with .* ended/,
  failed: /Call (\d+) with .* error/,
  dtmf: /Receiving tone (.) from/,
};

export class Linphone {
  static async start({ user = 'phone2', hz = TONE[user], codec = 'pcmu', video = false } = {}) {
    const phone = new Linphone();
    phone.name = `linphone ${user}`;
    phone.events = new EventQueue(phone.name);
    const directory = temporaryDirectory(`linphone-${user}`);
    mkdirSync(join(directory, '.local/share/linphone'), { recursive: true });  // else it has no database and says so
    const path = (name) => join(directory, name);
    phone.recording = path('heard.wav');
    phone.snapshot = path('seen.jpg');
    writeFileSync(path('tone.wav'), sineWav(hz, { rate: 8000, seconds: 200 }));
    writeFileSync(path('linphonerc'), config(user, codec, video ? 1 : 0));
    const options = [...(video ? ['-V'] : []), '-a', '-c', path('linphonerc')];
    phone.child = new Child(phone.name, 'linphonec', options, { cwd: directory,
      stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: directory, LANG: 'C.UTF-8' } });
    phone.rate = RATES[codec];
    phone.read = 0;
    phone.child.watchers.add(() => phone.take());
    try {
      await eventually(`${phone.name} is registered`, () => phone.isRegistered());
    } catch (error) {
      await phone.stop();
      throw error;
    }
    phone.command('soundcard use files');
    phone.command(`play ${path('tone.wav')}`);
    phone.command(`record ${phone.recording}`);
    return phone;
  }

  get log() { return this.child.log; }

  take() {
    const end = this.child.log.lastIndexOf('\n') + 1;
    for (const line of this.child.log.slice(this.read, end).split('\n')) {
      for (const [name, pattern] of Object.entries(SAYINGS)) {
        const match = pattern.exec(line);
        if (match) this.events.push({ name, call: match[1], line });
      }
    }
    this.read = Math.max(this.read, end);
  }

  isRegistered() {
    this.command('status register');
    return this.log.includes('registered, identity=');
  }

  command(line) { this.child.process.stdin.write(`${line}\n`); }

  event(name, options) { return this.events.next(name, options); }

  dial(target) { this.command(`call ${aor(target)}`); }
  hangup() { this.command('terminate all'); }
  reset() { this.hangup(); }
  hold() { this.command('pause'); }
  resume() { this.command('resume'); }
  // The peer of the call `from` is to talk with the peer of the call `to`.
  connectPeers(from, to) { this.command(`transfer ${from} --to-call ${to}`); }

  // What was written of what it hears in the next `ms`.
  async hear(ms) {
    await eventually(`${this.name} records`, () => existsSync(this.recording) && statSync(this.recording).size > 44, 5000);
    return recorded(this.recording, ms, this.rate);
  }

  // What it sees, read from a JPEG file by a page. It does not count frames, so each picture is one: it is written when a
  // frame has come.
  async look(page) {
    rmSync(this.snapshot, { force: true });
    this.command(`snapshot ${this.snapshot}`);
    const read = () => existsSync(this.snapshot) && readFileSync(this.snapshot);
    const file = await eventually(`${this.name} takes a picture`, read);
    this.pictures = (this.pictures ?? 0) + 1;
    return { frames: this.pictures, picture: await page.read(file) };
  }

  async stop() {
    if (!this.child.ended) this.command('quit');
    await this.child.stop();
  }
}
