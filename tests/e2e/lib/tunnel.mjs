// A TCP relay between a browser and the gateway whose connections can be cut as a dying network cuts them.
import { connect, createServer } from 'node:net';

export class Tunnel {
  static async start(host, port) {
    const tunnel = new Tunnel();
    tunnel.pairs = new Set();
    tunnel.open = true;
    tunnel.server = createServer((browser) => tunnel.relay(browser, connect(port, host)));
    await new Promise((resolve) => tunnel.server.listen(0, '127.0.0.1', resolve));
    tunnel.port = tunnel.server.address().port;
    return tunnel;
  }

  relay(browser, gateway) {
    const pair = [browser, gateway];
    if (!this.open) return pair.forEach((socket) => socket.destroy());
    this.pairs.add(pair);
    for (const [from, to] of [[browser, gateway], [gateway, browser]]) {
      from.on('error', () => {});
      from.on('close', () => {
        this.pairs.delete(pair);
        to.destroy();
      });
      from.pipe(to);
    }
    return undefined;
  }

  // Resets every connection and refuses new ones until mend().
  cut() {
    this.open = false;
    for (const [browser, gateway] of this.pairs) {
      browser.resetAndDestroy();
      gateway.resetAndDestroy();
    }
  }

  mend() { this.open = true; }

  async stop() {
    this.cut();
    this.server.close();
  }
}
