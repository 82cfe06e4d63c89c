// Who lives where in a suite's own network namespace: every peer has a loopback address of its own, so
// all of them may use the standard ports and a trace reads well.
export const DOMAIN = 'e2e.test';

export const GATEWAY = { host: '127.0.0.1', ws: 10060, wss: 10062, udp: 10060, tcp: 10063, media: 10065 };
export const REGISTRAR = { host: '127.0.0.2', port: 5060, ws: 8080 };
export const EDGE = { host: '127.0.0.6', port: 5060 };
export const PHONE_HOST = '127.0.0.3';
export const SECOND_PHONE_HOST = '127.0.0.5';
// Where each phone hears. Their RTP leaves from 127.0.0.1, so a peer that answers to where packets come from
// sends there: only the port tells the phones apart.
export const RTP_PORTS = { phone: '30000-30999', phone2: '31000-31999' };
export const NAMESERVER = '127.0.0.53';
export const SIPP = { host: '127.0.0.4', port: 5060 };

// The registrar's accounts; `absent` never registers. A call to an account without a phone is 480, one to
// anybody else 404.
export const PASSWORDS = {
  alice: 'wonderland',
  bob: 'builder',
  carol: 'christmas',
  phone: 'ring-ring',
  phone2: 'ding-dong',
  absent: 'gone-fishing',
};

export const aor = (user) => `sip:${user}@${DOMAIN}`;

// Tones far from each other's harmonics, all within the 300 to 3400 Hz that G.711 carries.
export const TONE = { alice: 620, bob: 1130, phone: 440, phone2: 910, sipp: 1470 };

// What their cameras see at the left; red is that of baresip's bars.
export const COLOUR = { alice: [40, 70, 200], bob: [220, 180, 40], phone: [255, 0, 0], phone2: [255, 0, 0] };
