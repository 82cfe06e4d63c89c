// SIP messages with something wrong in them: the anomalies of the PROTOS c07-sip suite (empty, long, integer edges,
// control characters, format strings, overlong UTF-8, addresses, repeated separators) at random places, the same for
// the same seed.
const ANOMALIES = ['', 'A'.repeat(16), 'A'.repeat(1000), 'A'.repeat(9000), 'a;'.repeat(300), '%s%n%x%d', '\0', '\x01\x7f',
  '\r', '\n', '\r\n', '\r\n ', '\r\n\r\n', '\xc0\xaf', '\xff\xfe', '\xf0\x80\x80\x80', '0', '-1', '+5', '0x10',
  '2147483648', '4294967296', '4294967301', '18446744073709551616', '9'.repeat(40), '127.0.0.1', '[::1]',
  '[::ffff:127.0.0.1]', '[:::]', ':::::', ';;;;', '((((', ',,,,', '""', '"', '\\', '<', '>', '<<>>', '@', '@@', '    ',
  '\t', '%00', '%', '=', '==', '*', 'sip:', 'sips:', 'tel:+1', 'SIP/2.0', 'z9hG4bK'];
const DELIMITERS = ':;=,<>@"/ \t\r\n?&';
const LARGEST_DATAGRAM = 65000;

// mulberry32: small, seeded, good enough to choose places.
function randomFrom(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

export class Mutator {
  constructor(seed) { this.random = randomFrom(seed); }

  pick(list) { return list[this.random(list.length)]; }

  // A copy of `message` (text, each character an octet) with one to three things wrong.
  mutate(message) {
    let text = message;
    for (let i = 1 + this.random(3); i > 0; --i) text = this.pick(OPERATIONS)(this, text);
    return Buffer.from(text, 'latin1').subarray(0, LARGEST_DATAGRAM);
  }

  // A stretch between two delimiters.
  place(text) {
    let from = this.random(text.length + 1);
    while (from > 0 && !DELIMITERS.includes(text[from - 1])) --from;
    let to = from;
    while (to < text.length && !DELIMITERS.includes(text[to])) ++to;
    return [from, to];
  }
}

const OPERATIONS = [
  function replaceWord(m, text) {
    const [from, to] = m.place(text);
    return text.slice(0, from) + m.pick(ANOMALIES) + text.slice(to);
  },
  function insert(m, text) {
    const at = m.random(2) ? m.place(text)[0] : m.random(text.length + 1);
    return text.slice(0, at) + m.pick(ANOMALIES) + text.slice(at);
  },
  function changeOctet(m, text) {
    const at = m.random(text.length || 1);
    return text.slice(0, at) + String.fromCharCode(m.random(256)) + text.slice(at + 1);
  },
  function removeStretch(m, text) {
    const at = m.random(text.length || 1);
    return text.slice(0, at) + text.slice(at + 1 + m.random(40));
  },
  function repeatStretch(m, text) {
    const at = m.random(text.length || 1);
    return text.slice(0, at) + text.slice(at, at + 1 + m.random(60)).repeat(1 + m.random(50)) + text.slice(at);
  },
  function repeatLine(m, text) {
    const lines = text.split('\r\n');
    lines.splice(m.random(lines.length), 0, m.pick(lines));
    return lines.join('\r\n');
  },
  function removeLine(m, text) {
    const lines = text.split('\r\n');
    lines.splice(m.random(lines.length), 1);
    return lines.join('\r\n');
  },
  function swapLines(m, text) {
    const lines = text.split('\r\n');
    const [a, b] = [m.random(lines.length), m.random(lines.length)];
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return lines.join('\r\n');
  },
  function truncate(m, text) { return text.slice(0, m.random(text.length + 1)); },
];
