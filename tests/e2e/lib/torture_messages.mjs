// The messages of RFC 4475 and RFC 5118, octet for octet.
import { readFileSync } from 'node:fs';

const read = (rfc) => JSON.parse(readFileSync(new URL(`../../data/${rfc}.json`, import.meta.url), 'utf8')).messages
  .map((message) => ({ ...message, rfc, bytes: Buffer.from(message.b64, 'base64') }));

export const TORTURE_MESSAGES = ['rfc4475', 'rfc5118'].flatMap(read);
