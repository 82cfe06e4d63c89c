// A SIP phone whose video is made here: it sends the browser's own VP8 back, as far as the test lets it, and tells what
// requests for key frames it gets. It answers calls to `sipp`. Its audio is silence: no packets.
import { createSocket } from 'node:dgram';

import { EventQueue } from './deadline.mjs';
import { REGISTRAR, SIPP } from './network.mjs';
import { UdpPeer } from './raw_peer.mjs';
import { header, token, writeRequest, writeResponse } from './sip_text.mjs';

const PORTS = { audio: 34000, rtp: 34002, rtcp: 34003 };
const OWN_SSRC = 0x5eed0001;
const CNAME = Buffer.from('video phone');

const FIELDS = [['Contact', `<sip:sipp@${SIPP.host}:${SIPP.port}>`], ['Allow', 'INVITE, ACK, CANCEL, BYE, INFO'],
  ['Content-Type', 'application/sdp']];

const RTCP = { receiverReport: 201, description: 202, payloadFeedback: 206 };
const PLI = 1;
const FIR = 4;

export class VideoPhone {
  // `feedback`: values of a=rtcp-fb in its answers. With `withholding` it sends no key frame until sendKeyFrames().
  static async start({ feedback = [], withholding = false } = {}) {
    const phone = new VideoPhone();
    Object.assign(phone, { name: 'video phone', events: new EventQueue('video phone'), feedback, withholding, tag: token(),
      ssrc: OWN_SSRC, sequence: 1, cseq: 1, version: 1, commands: 0 });
    phone.sip = await UdpPeer.open({ ...SIPP, answer: (request) => phone.answer(request) });
    phone.rtp = await listen(PORTS.rtp, (packet) => phone.takeRtp(packet));
    phone.rtcp = await listen(PORTS.rtcp, (packet) => phone.takeRtcp(packet));
    return phone;
  }

  event(name, options) { return this.events.next(name, options); }

  answer({ method, text }) {
    if (method === 'INVITE') return this.accept(text);
    if (method === 'INFO') this.events.push({ name: 'info', type: header(text, 'Content-Type')[0], text });
    if (method === 'BYE') this.events.push({ name: 'ended' });
    return writeResponse(text, 200, { tag: this.tag });
  }

  accept(invite) {
    const video = /^m=video (\d+) \S+ (.*?)\r?$/m.exec(invite);
    const number = video && new RegExp(`a=rtpmap:(\\d+) VP8/90000`).exec(invite)?.[1];
    this.invite = invite;
    this.port = Number(video?.[1] ?? 0);
    this.payloadType = Number(number);
    return writeResponse(invite, 200, { tag: this.tag, fields: FIELDS, body: this.describe('sendrecv') });
  }

  describe(direction) {
    const number = this.payloadType;
    return `v=0\r\no=phone 1 ${this.version++} IN IP4 ${SIPP.host}\r\ns=-\r\nc=IN IP4 ${SIPP.host}\r\nt=0 0\r\n` +
      `a=${direction}\r\n` +
      `m=audio ${PORTS.audio} RTP/AVP 0\r\nm=video ${PORTS.rtp} RTP/AVP ${number}\r\na=rtpmap:${number} VP8/90000\r\n${
        this.feedback.map((value) => `a=rtcp-fb:* ${value}\r\n`).join('')}`;
  }

  takeRtp(packet) {
    if (packet.length < 13 || packet[0] >> 6 !== 2 || (packet[1] & 0x7f) !== this.payloadType) return;
    this.remote = packet.readUInt32BE(8);
    const timestamp = packet.readUInt32BE(4);
    const payload = packet.subarray(12 + 4 * (packet[0] & 0x0f) + extensionLength(packet));
    if (startsFrame(payload)) {
      this.inKeyFrame = startsKeyFrame(payload);
      if (this.inKeyFrame) this.events.push({ name: 'keyFrame', timestamp });
    }
    if (!(this.withholding && this.inKeyFrame)) this.sendRtp((packet[1] & 0x80) !== 0, timestamp, payload);
  }

  sendRtp(marker, timestamp, payload) {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = (marker ? 0x80 : 0) | this.payloadType;
    head.writeUInt16BE(this.sequence++ & 0xffff, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(this.ssrc, 8);
    this.rtp.send(Buffer.concat([head, payload]), this.port, this.from(this.invite));
  }

  from(sdp) { return /^c=IN IP4 (\S+?)\r?$/m.exec(sdp)[1]; }

  // RFC 3550 6.1: compounds only, so feedback comes behind a report.
  takeRtcp(packet) {
    for (let at = 0; at + 4 <= packet.length; at += 4 + 4 * packet.readUInt16BE(at + 2)) {
      if (packet[at + 1] !== RTCP.payloadFeedback) continue;
      const [format, sender] = [packet[at] & 0x1f, packet.readUInt32BE(at + 4)];
      if (format === PLI) this.events.push({ name: 'pli', sender, media: packet.readUInt32BE(at + 8) });
      if (format === FIR) {
        this.events.push({ name: 'fir', sender, media: packet.readUInt32BE(at + 12), command: packet[at + 16] });
      }
    }
  }

  sendPli() { this.sendFeedback(PLI, this.remote, Buffer.alloc(0)); }

  // RFC 5104 4.3.1: the media SSRC is 0, the entry names the source and counts the commands.
  sendFir() {
    const entry = Buffer.alloc(8);
    entry.writeUInt32BE(this.remote, 0);
    entry[4] = this.commands++ & 0xff;
    this.sendFeedback(FIR, 0, entry);
  }

  sendFeedback(format, media, information) {
    const ssrcs = Buffer.alloc(8);
    ssrcs.writeUInt32BE(this.ssrc, 0);
    ssrcs.writeUInt32BE(media, 4);
    const own = ssrcs.subarray(0, 4);
    const item = Buffer.concat([own, Buffer.from([1, CNAME.length]), CNAME, Buffer.alloc(4 - ((CNAME.length + 2) % 4))]);
    this.rtcp.send(Buffer.concat([rtcpPacket(0, RTCP.receiverReport, own), rtcpPacket(1, RTCP.description, item),
      rtcpPacket(format, RTCP.payloadFeedback, Buffer.concat([ssrcs, information]))]), this.port + 1, this.from(this.invite));
  }

  // RFC 5168.
  sendInfo() {
    this.request('INFO', [['Content-Type', 'application/media_control+xml']], '<?xml version="1.0" encoding="utf-8" ?>\n' +
      '<media_control>\n <vc_primitive>\n  <to_encoder>\n   <picture_fast_update>\n   </picture_fast_update>\n' +
      '  </to_encoder>\n </vc_primitive>\n</media_control>\n');
  }

  hold() { return this.reinvite('sendonly'); }
  resume() { return this.reinvite('sendrecv'); }

  async reinvite(direction) {
    this.request('INVITE', FIELDS, this.describe(direction));
    const { code } = await this.answered('INVITE');
    this.cseq -= 1;
    this.request('ACK');
    if (code !== 200) throw new Error(`the re-INVITE got ${code}`);
  }

  // A request within the call that this phone has answered.
  request(method, fields = [], body = '') {
    const { invite } = this;
    const uri = /<([^>]+)>/.exec(header(invite, 'Contact')[0])[1];
    const text = writeRequest(method, uri, { via: this.sip.via, body, fields: [
      ...header(invite, 'Record-Route').map((route) => ['Route', route]),
      ['From', `${header(invite, 'To')[0]};tag=${this.tag}`], ['To', header(invite, 'From')[0]],
      ['Call-ID', header(invite, 'Call-ID')[0]], ['CSeq', `${this.cseq++} ${method}`], ...fields] });
    this.sip.socket.send(text, REGISTRAR.port, REGISTRAR.host);
  }

  // The final response to its request of that method.
  answered(method) { return this.sip.events.next('response', { fits: (r) => r.method === method && r.code >= 200 }); }

  sendKeyFrames() { this.withholding = false; }

  async stop() {
    for (const socket of [this.rtp, this.rtcp]) socket.close();
    await this.sip.stop();
  }
}

async function listen(port, take) {
  const socket = createSocket('udp4');
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, SIPP.host, resolve);
  });
  socket.on('message', take);
  return socket;
}

const extensionLength = (packet) => {
  const at = 12 + 4 * (packet[0] & 0x0f);
  return packet[0] & 0x10 ? 4 + 4 * packet.readUInt16BE(at + 2) : 0;
};

function rtcpPacket(count, type, body) {
  const head = Buffer.from([0x80 | count, type, 0, 0]);
  head.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([head, body]);
}

// RFC 7741 4.2: the start of partition 0.
const startsFrame = (payload) => (payload[0] & 0x1f) === 0x10;

// RFC 7741 4.3: the first octet behind the payload descriptor has the inverse key frame flag.
function startsKeyFrame(payload) {
  let at = 1;
  if (payload[0] & 0x80) {
    const extension = payload[at++];
    if (extension & 0x80) at += payload[at] & 0x80 ? 2 : 1;
    if (extension & 0x40) at += 1;
    if (extension & 0x30) at += 1;
  }
  return (payload[at] & 1) === 0;
}
