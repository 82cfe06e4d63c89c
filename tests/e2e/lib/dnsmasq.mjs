// dnsmasq as the nameserver of a suite, on port 53 of its own loopback address.
import { Child } from './child.mjs';
import { NAMESERVER } from './network.mjs';

export class Dnsmasq {
  // `records` are dnsmasq's own options: ['srv-host=_sip._udp.e2e.test,host.e2e.test,5060,10,0', ...]. It knows nothing
  // else and asks nobody.
  static async start(records) {
    const dnsmasq = new Dnsmasq();
    dnsmasq.child = new Child('dnsmasq', 'dnsmasq', ['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts',
      '--user=', '--local-ttl=60', '--bind-interfaces', `--listen-address=${NAMESERVER}`, '--log-queries', '--local=/test/',
      ...records.map((record) => `--${record}`)]);
    await dnsmasq.child.line(/started, version/);
    return dnsmasq;
  }

  get log() { return this.child.log; }

  line(pattern, options) { return this.child.line(pattern, options); }

  async stop() {
    if (!this.child.ended) await this.child.stop();
  }
}
