// Kamailio as registrar and proxy: digest authentication, locations in memory, everything else relayed.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { DOMAIN, PASSWORDS, REGISTRAR, SIPP } from './network.mjs';
import { temporaryDirectory } from './temporary.mjs';

const TEMPLATE = new URL('./kamailio.cfg', import.meta.url);

export class Kamailio {
  static async start() {
    const directory = temporaryDirectory('kamailio');
    const config = join(directory, 'kamailio.cfg');
    const passwords = Object.entries(PASSWORDS)
      .map(([user, password]) => `    case "${user}": $var(password) = "${password}"; break;`).join('\n');
    const values = { DOMAIN, PASSWORDS: passwords,
      USERS: Object.keys(PASSWORDS).join('|'), HOST: REGISTRAR.host, PORT: REGISTRAR.port,
      WS_PORT: REGISTRAR.ws, SIPP_HOST: SIPP.host, SIPP_PORT: SIPP.port };
    writeFileSync(config, readFileSync(TEMPLATE, 'utf8').replace(/@(\w+)@/g, (_, name) => values[name]));

    const kamailio = new Kamailio();
    kamailio.child = new Child('kamailio', 'kamailio',
      ['-f', config, '-DD', '-E', '-m', '64', '-M', '8', '-Y', directory, '-w', directory]);
    // The last thing the attendant does before it serves; the sockets are bound by then.
    await kamailio.child.line(/READY TO SERVE/);
    return kamailio;
  }

  get log() { return this.child.log; }

  // Waits for a log line written from `from` on (a value of `log.length`).
  line(pattern, options) { return this.child.line(pattern, options); }

  async stop() {
    await this.child.stop();
    assert.doesNotMatch(this.log, /SECRET SEEN/, 'a password hash left the gateway');
  }
}
