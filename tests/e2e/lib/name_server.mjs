// A DNS server that knows A records only: every other question about its names has no answer, other names do not exist.
import { createSocket } from 'node:dgram';

const A = 1;
const NXDOMAIN = 3;

function readName(packet) {
  const labels = [];
  let at = 12;
  for (; packet[at]; at += 1 + packet[at]) labels.push(packet.toString('latin1', at + 1, at + 1 + packet[at]));
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

export class NameServer {
  // `names`: { name: [address, ...] }
  static async start(host, names) {
    const server = new NameServer();
    server.socket = createSocket('udp4');
    server.socket.on('message', (question, from) =>
      server.socket.send(answerTo(question, names), from.port, from.address));
    await new Promise((resolve) => server.socket.bind(53, host, resolve));
    return server;
  }

  async stop() { this.socket.close(); }
}

function answerTo(packet, names) {
  const { name, end } = readName(packet);
  const addresses = names[name];
  const asked = packet.subarray(12, end + 4);
  const records = (packet.readUInt16BE(end) === A && addresses) || [];
  const head = Buffer.alloc(12);
  packet.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (addresses ? 0 : NXDOMAIN), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  // Each: the name as a pointer to the question, A, IN, 60 seconds, four octets.
  const answers = records.map((address) =>
    Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]));
  return Buffer.concat([head, asked, ...answers]);
}
