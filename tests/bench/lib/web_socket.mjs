// A WebSocket client for load: text frames only, masked with zeros (RFC 6455 asks for a mask, not for work), no copies
// beyond what the socket needs. Twenty thousand of them fit into one process.
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

const UPGRADE_END = Buffer.from('\r\n\r\n');

export class WebSocketClient {
  // `onMessage(text, client)` takes each message.
  static connect({ host, port, secure = false, localAddress, onMessage }) {
    const client = new WebSocketClient();
    client.onMessage = onMessage;
    client.input = Buffer.alloc(0);
    const options = { host, port, localAddress, noDelay: true, rejectUnauthorized: false };
    client.socket = secure ? tls.connect(options) : net.connect(options);
    return new Promise((resolve, reject) => {
      client.socket.once(secure ? 'secureConnect' : 'connect', () => client.socket.write(
        `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: sip\r\n` +
        'Sec-WebSocket-Version: 13\r\n\r\n'));
      client.socket.once('error', reject);
      client.socket.on('data', (bytes) => client.take(bytes, resolve, reject));
    });
  }

  take(bytes, opened, refused) {
    this.input = this.input.length ? Buffer.concat([this.input, bytes]) : bytes;
    if (!this.open) {
      const end = this.input.indexOf(UPGRADE_END);
      if (end < 0) return;
      if (!this.input.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        refused(new Error(this.input.subarray(0, end).toString()));
        return;
      }
      this.open = true;
      this.input = this.input.subarray(end + UPGRADE_END.length);
      opened(this);
    }
    while (this.takeFrame());
    if (!this.input.length) this.input = Buffer.alloc(0);  // lets go of the socket's chunk
  }

  takeFrame() {
    const { input } = this;
    if (input.length < 2) return false;
    let [length, at] = [input[1] & 0x7f, 2];
    if (length === 126) {
      if (input.length < 4) return false;
      [length, at] = [input.readUInt16BE(2), 4];
    }
    if (input.length < at + length) return false;
    const opcode = input[0] & 0x0f;
    const payload = input.subarray(at, at + length);
    this.input = input.subarray(at + length);
    if (opcode === 9) this.frame(10, payload);
    else if (opcode === 1 || opcode === 2) this.onMessage(payload.latin1Slice(), this);
    return true;
  }

  frame(opcode, payload) {
    const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
    head[0] = 0x80 | opcode;
    if (payload.length < 126) head[1] = 0x80 | payload.length;
    else {
      head[1] = 0xfe;
      head.writeUInt16BE(payload.length, 2);
    }
    this.socket.write(Buffer.concat([head, payload]));
  }

  send(text) { this.frame(1, Buffer.from(text, 'latin1')); }

  close() { this.socket.destroy(); }
}
