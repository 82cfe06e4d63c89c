// The gateway under test: $W2S_PROGRAM on a config.xml of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { GATEWAY, REGISTRAR } from './network.mjs';
import { temporaryDirectory } from './temporary.mjs';

const SANITIZER_REPORT =
  /ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer/;

// A small quarantine keeps freed memory from looking like a leak in the process's size.
const SANITIZER_OPTIONS = {
  ASAN_OPTIONS: 'detect_leaks=1:quarantine_size_mb=4:thread_local_quarantine_size_kb=64',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'second_deadlock_stack=1',
};

// Entries of config.xml in order; the same name may repeat.
const ENTRIES = [
  ['debug-level', process.env.W2S_DEBUG_LEVEL ?? 'DEBUG'],
  ['transport', `ws;${GATEWAY.host};${GATEWAY.ws}`],
  ['transport', `wss;${GATEWAY.host};${GATEWAY.wss}`],
  ['transport', `udp;${GATEWAY.host};${GATEWAY.udp}`],
  ['transport', `tcp;${GATEWAY.host};${GATEWAY.tcp}`],
  ['ice-transport', `udp;${GATEWAY.host};${GATEWAY.media}`],
  ['rtp-port-range', '20000;20999'],
  ['outbound-proxy', `udp;${REGISTRAR.host};${REGISTRAR.port}`],
  ['allow-destination', '127.0.0.0/8'],
  ['codecs', 'opus;pcmu;pcma;vp8;h264-bp'],
];

export function makeCertificate(directory) {
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return `${key};${certificate};*`;
}

export class Gateway {
  // `entries` take the place of the usual ones of the same name; one without a value only takes it.
  static async start({ entries = [] } = {}) {
    const program = process.env.W2S_PROGRAM;
    assert.ok(program && existsSync(program), 'W2S_PROGRAM names the gateway program');
    const directory = temporaryDirectory('gateway');
    const given = new Set(entries.map(([name]) => name));
    const all = [...ENTRIES.filter(([name]) => !given.has(name)),
      ['ssl-certificates', makeCertificate(directory)], ...entries.filter(([, value]) => value !== undefined)];
    const config = join(directory, 'config.xml');
    writeFileSync(config, `<?xml version="1.0" encoding="utf-8"?>\n<config>\n${
      all.map(([name, value]) => `  <${name}>${value}</${name}>`).join('\n')}\n</config>\n`);

    const gateway = new Gateway();
    gateway.child = new Child('webrtc2sip', program, [`--config=${config}`],
      { env: { ...process.env, ...SANITIZER_OPTIONS } });
    const spawned = performance.now();
    await gateway.child.line(/READY/, { ms: 30000 });
    gateway.startedInMs = performance.now() - spawned;
    return gateway;
  }

  get log() { return this.child.log; }

  // Waits for a log line written from `from` on (a value of `log.length`).
  line(pattern, options) { return this.child.line(pattern, options); }

  descriptors() { return readdirSync(`/proc/${this.child.pid}/fd`).length; }

  residentKib() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]);
  }

  // Built with sanitizers, it is slower and larger.
  get sanitized() { return readFileSync(`/proc/${this.child.pid}/maps`, 'latin1').includes('libasan'); }

  // No goodbye: as the kernel or an operator ends a process that has lost its way.
  async kill() {
    this.killed = true;
    await this.child.stop('SIGKILL');
  }

  // A clean stop: exit status 0 within the deadline and no sanitizer's report.
  async stop() {
    if (this.killed) return;
    const crashed = this.child.ended;
    const { code, signal } = crashed ?? await this.child.stop('SIGTERM', 20000);
    const report = SANITIZER_REPORT.exec(this.log);
    assert.equal(report, null, `a sanitizer reported:\n${this.log.slice(report?.index, report?.index + 6000)}`);
    assert.ok(!crashed, `the gateway ended by itself: ${JSON.stringify(crashed)}\n${this.log.slice(-4000)}`);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `exit status\n${this.log.slice(-4000)}`);
  }
}
