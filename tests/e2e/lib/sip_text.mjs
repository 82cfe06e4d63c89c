// SIP messages as text: written by hand where a test wants to choose every octet, read as far as tests ask.
import { randomBytes } from 'node:crypto';

export const token = () => randomBytes(8).toString('hex');

// The values of a header field, in order; compact forms are the caller's matter.
export const header = (text, name) =>
  [...text.matchAll(new RegExp(`^${name}[ \\t]*:[ \\t]*(.*?)\\r?$`, 'gim'))].map(([, value]) => value);

// What arrived, as an event: a response with its code or a request with its method.
export function readMessage(bytes) {
  const text = bytes.toString('latin1');
  const [, method] = /^\d+\s+(\S+)/.exec(header(text, 'CSeq')[0] ?? '') ?? [];
  const event = { text, size: bytes.length, callId: header(text, 'Call-ID')[0], method };
  const code = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
  return code ? { name: 'response', code: Number(code), ...event }
    : { name: 'request', uri: text.split(' ', 2)[1], ...event };
}

// Header fields are [name, value] pairs; those given replace the usual ones of the same name, where undefined
// leaves one out.
export function writeRequest(method, uri, { via, fields = [], body = '' }) {
  const given = new Set(fields.map(([name]) => name));
  const usual = [
    ['Via', `${via};branch=z9hG4bK${token()}`],
    ['Max-Forwards', '70'],
    ['From', `<sip:stranger@example.org>;tag=${token()}`],
    ['To', `<${uri}>`],
    ['Call-ID', token()],
    ['CSeq', `1 ${method}`],
  ].filter(([name]) => !given.has(name));
  const length = ['Content-Length', Buffer.byteLength(body)];
  return `${method} ${uri} SIP/2.0\r\n${
    [...usual, ...fields, ...(given.has(length[0]) ? [] : [length])]
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

// The response of a server that copies what RFC 3261 8.2.6 says.
export function writeResponse(request, code, { reason = 'As Scripted', tag = token(), fields = [], body = '' } = {}) {
  const copied = ['Via', 'v', 'Record-Route', 'From', 'f', 'To', 't', 'Call-ID', 'i', 'CSeq'].flatMap((name) =>
    header(request, name).map((value) => {
      const isTo = (name === 'To' || name === 't') && code > 100 && !/;\s*tag\s*=/i.test(value);
      return `${name}: ${value}${isTo ? `;tag=${tag}` : ''}\r\n`;
    }));
  return `SIP/2.0 ${code} ${reason}\r\n${copied.join('')}${
    fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: ${
    Buffer.byteLength(body)}\r\n\r\n${body}`;
}
