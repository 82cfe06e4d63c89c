// The SIP server behind both edges: takes every REGISTER, answers every INVITE at once, over UDP.
import { createSocket } from 'node:dgram';

const SDP = (host) => `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;

export class SipServer {
  static async start({ host, port }) {
    const server = new SipServer();
    server.address = { host, port };
    server.socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20, sendBufferSize: 8 << 20 });
    server.socket.on('message', (bytes, from) => server.take(bytes.latin1Slice(), from));
    await new Promise((resolve) => server.socket.bind(port, host, resolve));
    return server;
  }

  take(request, { address, port }) {
    if (request.startsWith('SIP/') || request.startsWith('ACK ')) return;
    const copied = [];
    let contact = '';
    const head = request.slice(0, request.indexOf('\r\n\r\n'));
    for (const line of head.split('\r\n')) {
      if (/^(Via|From|Call-ID|CSeq|Record-Route):/i.test(line)) copied.push(line);
      else if (/^To:/i.test(line)) copied.push(/;tag=/.test(line) ? line : `${line};tag=server`);
      else if (/^Contact:/i.test(line)) contact = line;
    }
    const invite = request.startsWith('INVITE ');
    const own = `Contact: <sip:callee@${this.address.host}:${this.address.port}>`;
    const body = invite ? SDP(this.address.host) : '';
    const answer = ['SIP/2.0 200 OK', ...copied, ...(request.startsWith('REGISTER ') ? [`${contact};expires=600`] : [own]),
      ...(invite ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body].join('\r\n');
    this.socket.send(answer, port, address);
  }

  stop() { this.socket.close(); }
}
