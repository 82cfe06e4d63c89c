// SIPp for what no real phone does on demand: chosen status codes, early media, many calls.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { eventually } from './deadline.mjs';
import { muLawTone } from './g711.mjs';
import { DOMAIN, REGISTRAR, SIPP, TONE } from './network.mjs';
import { temporaryDirectory } from './temporary.mjs';

const SCENARIOS = new URL('../scenarios/', import.meta.url);

const sdp = (version, direction) => `Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=sipp 53655765 ${version} IN IP[local_ip_type] [local_ip]
    s=-
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio [rtpstream_audio_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000
    a=${direction}`;

// What scenarios have in common. A dialog of ours: `peer` is a variable with the other side's From or To.
const OWN = 'From: <sip:sipp@[domain]>;tag=[pid]SIPpTag[call_number]';
const SENT = `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    Call-ID: [call_id]
    Contact: <sip:sipp@[local_ip]:[local_port]>
    ${OWN}`;
const COPIED = `[last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:sipp@[local_ip]:[local_port]>`;
const REMEMBERED = {
  via: ['Via', 1], via2: ['Via', 2], record: ['Record-Route', 1], peer: ['From', 1], us: ['To', 1], cseq: ['CSeq', 1],
};
const PARTS = {
  payload: '0',
  sdp: sdp(1, 'sendrecv'),
  sendonly: sdp(2, 'sendonly'),
  resumed: sdp(3, 'sendrecv'),
  empty: 'Content-Length: 0',
  first: `INVITE sip:[service]@[domain] SIP/2.0\n    ${SENT}\n    To: <sip:[service]@[domain]>`,
  within: `${SENT}\n    To:[$peer]\n    [routes]`,
  created: COPIED.replace('[last_To:]', '[last_Record-Route:]\n    [last_To:];tag=[pid]SIPpTag[call_number]'),
  copied: COPIED,
  // What a response to the INVITE needs when other requests came in between; `forget` says that all of it is used.
  remember: Object.entries(REMEMBERED).map(([variable, [name, occurrence]]) => `<ereg regexp=".*" search_in="hdr" header="${
    name}:" occurrence="${occurrence}" check_it="true" assign_to="${variable}"/>`).join('\n      '),
  forget: `<Reference variables="${Object.keys(REMEMBERED)}"/>`,
  invited: `Via:[$via]
    Via:[$via2]
    Record-Route:[$record]
    From:[$peer]
    To:[$us];tag=[pid]SIPpTag[call_number]
    Call-ID: [call_id]
    CSeq:[$cseq]
    Contact: <sip:sipp@[local_ip]:[local_port]>`,
  ok: `<send><![CDATA[\n    SIP/2.0 200 OK\n    ${COPIED}\n    Content-Length: 0\n\n  ]]></send>`,
};

export class Sipp {
  // Runs scenarios/NAME.xml for `calls` calls. `words` fill the scenario's @name@ fields beside PARTS (SIPp's own
  // keywords cannot stand in a status line); a scenario that calls somebody names the `target` user. The registrar
  // knows the one at another `port` as sipp1 and so on.
  static async start(name, { calls = 1, words = {}, target, port = SIPP.port } = {}) {
    const sipp = new Sipp();
    sipp.name = `sipp ${name}`;
    const fill = (text) => text.replace(/@(\w+)@/g, (_, word) => ({ ...PARTS, ...words })[word]);
    const directory = temporaryDirectory('sipp');
    writeFileSync(join(directory, 'tone.ulaw'), muLawTone(TONE.sipp));
    const scenario = join(directory, `${name}.xml`);
    writeFileSync(scenario, fill(fill(readFileSync(new URL(`${name}.xml`, SCENARIOS), 'utf8'))));
    sipp.messages = join(directory, 'messages.log');
    const args = ['-sf', scenario, '-i', SIPP.host, '-p', `${port}`,
      '-m', `${calls}`, '-nostdin', '-nd', '-trace_msg', '-message_file', sipp.messages,
      '-trace_err', '-error_file', join(directory, 'errors.log'), '-mp', `${32000 + 100 * (port - SIPP.port)}`,
      '-key', 'domain', DOMAIN];
    if (target) args.push('-s', target, '-l', '1', `${REGISTRAR.host}:${REGISTRAR.port}`);
    sipp.child = new Child(sipp.name, 'sipp', args, { cwd: directory });
    if (!target) await eventually(`${sipp.name} listens`, () => sipp.child.ended || udpBound({ ...SIPP, port }));
    if (sipp.child.ended?.code) throw new Error(`${sipp.name} did not start\n${sipp.log}`);
    return sipp;
  }

  // Every call went as the scenario says.
  async finished(ms = 30000) {
    await eventually(`${this.name} finishes`, () => this.child.ended, ms).catch((error) => {
      throw new Error(`${error.message}\n${this.log}`);
    });
    const { code } = this.child.ended;
    if (code !== 0) throw new Error(`${this.name} ended with ${code}\n${this.log}`);
  }

  // The messages that arrived so far, in order.
  get received() {
    return readFileSync(this.messages, 'utf8').split(/^-{20,} .*$/m)
      .map((entry) => /^\s*\S+ message received .*?\n\n?([\s\S]*)/.exec(entry)?.[1]).filter(Boolean);
  }

  get log() {
    const messages = existsSync(this.messages) ? readFileSync(this.messages, 'utf8') : '';
    return `${this.child.log.slice(-1500)}\n${messages.slice(-6000)}`;
  }

  async stop() {
    if (!this.child.ended) await this.child.stop('SIGKILL');
  }
}

// /proc/net/udp lists local addresses as little-endian hexadecimal.
function udpBound({ host, port }) {
  const address = Buffer.from(host.split('.').map(Number).reverse()).toString('hex').toUpperCase();
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/udp', 'latin1').includes(` ${local} `);
}
