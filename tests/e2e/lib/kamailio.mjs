// Kamailio as registrar and proxy: digest authentication, locations in memory, everything else relayed.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { within } from './deadline.mjs';
import { DOMAIN, EDGE, GATEWAY, PASSWORDS, REGISTRAR, SIPP } from './network.mjs';
import { temporaryDirectory } from './temporary.mjs';

// The empty tables that its package brings: modules that can do without a database ask for one.
const TABLES = '/usr/share/kamailio/dbtext/kamailio';

export class Kamailio {
  // `defines` of kamailio.cfg: RELAY passes on what is addressed to a phone by its Contact, EXTENSIONS is GRUU, Path and
  // presence, SERVICE_ROUTE has browsers' requests come by the edge, BY_AOR drops the gateway's Contact parameters and
  // calls alice by her AoR. Another `role` is a server of its own: edge, which puts itself into the Path.
  static async start({ role = 'kamailio', defines = [] } = {}) {
    const directory = temporaryDirectory('kamailio');
    const config = join(directory, 'kamailio.cfg');
    const passwords = Object.entries(PASSWORDS)
      .map(([user, password]) => `    case "${user}": $var(password) = "${password}"; break;`).join('\n');
    const values = { DOMAIN, PASSWORDS: passwords,
      USERS: Object.keys(PASSWORDS).join('|'), HOST: REGISTRAR.host, PORT: REGISTRAR.port,
      WS_PORT: REGISTRAR.ws, SIPP_HOST: SIPP.host, SIPP_PORT: SIPP.port,
      DATABASE: join(directory, 'tables'), EDGE_HOST: EDGE.host, EDGE_PORT: EDGE.port,
      GATEWAY_HOST: GATEWAY.host, GATEWAY_PORT: GATEWAY.udp };
    if (existsSync(TABLES)) cpSync(TABLES, join(directory, 'tables'), { recursive: true });
    const template = readFileSync(new URL(`./${role}.cfg`, import.meta.url), 'utf8');
    writeFileSync(config, template.replace(/@(\w+)@/g, (_, name) => values[name]));

    const kamailio = new Kamailio();
    kamailio.child = new Child(role, 'kamailio', ['-f', config, ...defines.flatMap((name) => ['-A', name]),
      '-DD', '-E', '-m', '64', '-M', '8', '-Y', directory, '-w', directory], { detached: true });
    // The last thing the attendant does before it serves; the sockets are bound by then.
    await kamailio.child.line(/READY TO SERVE/);
    return kamailio;
  }

  get log() { return this.child.log; }

  // Waits for a log line written from `from` on (a value of `log.length`).
  line(pattern, options) { return this.child.line(pattern, options); }

  async stop() {
    // It is not what is tested, and not every shutdown of it comes to an end: then its process group is killed.
    if (!this.child.ended) this.child.process.kill('SIGTERM');
    await within(5000, 'Kamailio stops', this.child.exit).catch(() => process.kill(-this.child.pid, 'SIGKILL'));
    await this.child.exit;
    assert.doesNotMatch(this.log, /SECRET SEEN/, 'a password hash left the gateway');
  }
}
