// The two edges that are compared: the gateway and Kamailio, in front of the same SIP server.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from '../../e2e/lib/child.mjs';
import { makeCertificate } from '../../e2e/lib/gateway.mjs';
import { temporaryDirectory } from '../../e2e/lib/temporary.mjs';
import { cpuTime, memory, processesOf } from './process.mjs';

export const SERVER = { host: '127.0.0.2', port: 5060 };

class Edge {
  constructor(name, host, wsPort, wssPort) {
    Object.assign(this, { name, host, wsPort, wssPort });
  }

  get pids() { return processesOf(this.child.process.pid); }
  cpu() { return cpuTime(this.pids); }
  memory() { return memory(this.pids); }
  stop() { return this.child.stop(); }
}

export async function startGateway(host = '127.0.0.1') {
  const edge = new Edge('webrtc2sip', host, 10060, 10062);
  const directory = temporaryDirectory('gateway');
  const config = join(directory, 'config.xml');
  const entries = [
    ['debug-level', 'WARN'], ['max-fds', '65535'],
    ['transport', `ws;${edge.host};${edge.wsPort}`], ['transport', `wss;${edge.host};${edge.wssPort}`],
    ['transport', `udp;${edge.host};10060`],
    ['ice-transport', `udp;${edge.host};10065`], ['rtp-port-range', '20000;29999'],
    ['outbound-proxy', `udp;${SERVER.host};${SERVER.port}`], ['allow-destination', '127.0.0.0/8'],
    ['ssl-certificates', makeCertificate(directory)],
  ];
  writeFileSync(config, `<config>\n${entries.map(([name, value]) => `<${name}>${value}</${name}>\n`).join('')}</config>\n`);
  edge.child = new Child(edge.name, process.env.W2S_PROGRAM, [`--config=${config}`]);
  await edge.child.line(/READY/);
  return edge;
}

export async function startKamailio() {
  const edge = new Edge('Kamailio', '127.0.0.3', 10060);
  const directory = temporaryDirectory('kamailio');
  const config = join(directory, 'kamailio.cfg');
  const values = { HOST: edge.host, UDP_PORT: 10061, WS_PORT: edge.wsPort, SERVER_HOST: SERVER.host, SERVER_PORT: SERVER.port };
  writeFileSync(config, readFileSync(new URL('../kamailio_edge.cfg', import.meta.url), 'utf8')
    .replace(/@(\w+)@/g, (_, name) => values[name]));
  edge.child = new Child(edge.name, 'kamailio',
    ['-f', config, '-DD', '-E', '-m', '1024', '-M', '16', '-Y', directory, '-w', directory]);
  await edge.child.line(/READY TO SERVE/);
  return edge;
}
