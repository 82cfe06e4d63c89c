// SIPp for what no real phone does on demand: chosen status codes, early media, many calls.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { eventually } from './deadline.mjs';
import { muLawTone } from './g711.mjs';
import { DOMAIN, REGISTRAR, SIPP, TONE } from './network.mjs';
import { temporaryDirectory } from './temporary.mjs';

const SCENARIOS = new URL('../scenarios/', import.meta.url);

export class Sipp {
  // Runs scenarios/NAME.xml for `calls` calls. `words` fill the scenario's @name@ fields (SIPp's own keywords
  // cannot stand in a status line); a scenario that calls somebody names the `target` user.
  static async start(name, { calls = 1, words = { payload: '0' }, target } = {}) {
    const sipp = new Sipp();
    sipp.name = `sipp ${name}`;
    const directory = temporaryDirectory('sipp');
    writeFileSync(join(directory, 'tone.ulaw'), muLawTone(TONE.sipp));
    const scenario = join(directory, `${name}.xml`);
    writeFileSync(scenario, readFileSync(new URL(`${name}.xml`, SCENARIOS), 'utf8')
      .replace(/@(\w+)@/g, (_, word) => words[word]));
    sipp.messages = join(directory, 'messages.log');
    const args = ['-sf', scenario, '-i', SIPP.host, '-p', `${SIPP.port}`,
      '-m', `${calls}`, '-nostdin', '-nd', '-trace_msg', '-message_file', sipp.messages,
      '-trace_err', '-error_file', join(directory, 'errors.log'), '-mp', '32000',
      '-key', 'domain', DOMAIN];
    if (target) args.push('-s', target, '-l', '1', `${REGISTRAR.host}:${REGISTRAR.port}`);
    sipp.child = new Child(sipp.name, 'sipp', args, { cwd: directory });
    if (!target) await eventually(`${sipp.name} listens`, () => sipp.child.ended || udpBound(SIPP));
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
