// Hears the G.711 that is sent to a phone: tcpdump's packets, decoded here, because baresip 1.0 loses its
// recording filter at the first re-INVITE.
import { Child } from './child.mjs';
import { muLawSample } from './g711.mjs';
import { RTP_PORTS } from './network.mjs';

const PCMU = 0;
const ETHERNET = 14;  // what lo prefixes in a capture

export class WireTap {
  static async start(user) {
    const tap = new WireTap();
    tap.name = `the wire to ${user}`;
    tap.bytes = Buffer.alloc(0);
    tap.sinks = new Set();
    tap.child = new Child(`tcpdump ${user}`, 'tcpdump',
      ['-i', 'lo', '-n', '-U', '-s', '0', '-w', '-', 'udp', 'and', 'dst', 'portrange', RTP_PORTS[user]]);
    tap.child.process.stdout.removeAllListeners('data');
    tap.child.process.stdout.setEncoding('latin1');
    tap.child.process.stdout.on('data', (text) => tap.take(Buffer.from(text, 'latin1')));
    await tap.child.line(/listening on/);
    return tap;
  }

  // A pcap file: a header of 24 bytes, then records of 16 bytes of header and the packet.
  take(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    if (!this.started) {
      if (this.bytes.length < 24) return;
      this.started = true;
      this.bytes = this.bytes.subarray(24);
    }
    while (this.bytes.length >= 16) {
      const end = 16 + this.bytes.readUInt32LE(8);
      if (this.bytes.length < end) return;
      this.packet(this.bytes.subarray(16 + ETHERNET, end));
      this.bytes = this.bytes.subarray(end);
    }
  }

  packet(ip) {
    const udp = ip.subarray((ip[0] & 0x0f) * 4);
    const rtp = udp.subarray(8);
    if (rtp.length < 12 || rtp[0] >> 6 !== 2 || (rtp[1] & 0x7f) !== PCMU) return;
    const payload = rtp.subarray(12 + 4 * (rtp[0] & 0x0f));
    for (const sink of this.sinks) sink(payload);
  }

  hear(ms) {
    return new Promise((resolve) => {
      const samples = [];
      const finish = () => {
        clearTimeout(timer);
        this.sinks.delete(sink);
        resolve({ rate: 8000, samples: Float32Array.from(samples) });
      };
      const sink = (payload) => {
        for (const byte of payload) samples.push(muLawSample(byte) / 32768);
        if (samples.length >= 8 * ms) finish();
      };
      const timer = setTimeout(finish, 2 * ms);
      this.sinks.add(sink);
    });
  }

  async stop() { await this.child.stop(); }
}
