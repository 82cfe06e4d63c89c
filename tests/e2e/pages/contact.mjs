// JsSIP and SIP.js do not know the gateway's breaker; sipML5 does. This makes their Contact say what
// sipML5's says: `rtcweb-breaker=yes` in the URI of every Contact (REGISTER and INVITE have to carry the
// same URI), `impi` and `ha1` as header parameters of the INVITE's Contact only.

export function addCredentials(contact, isRegister, { user, ha1 }) {
  const plain = contact.toString.bind(contact);
  contact.toString = (options = {}) =>
    plain(options) + (isRegister(options) || !ha1 ? '' : `;impi=${encodeURIComponent(user)};ha1=${ha1}`);
}

// Audio as it comes: Chromium's voice processing would suppress a steady tone as noise.
export const AUDIO_ONLY = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  video: false,
};

// Everything a test may want to know about a failure, in one shape for both libraries.
export function describeResponse(response) {
  if (!response) return {};
  const header = (name) => response.getHeader?.(name) ?? undefined;
  return {
    code: response.status_code ?? response.statusCode,
    reason: response.reason_phrase ?? response.reasonPhrase,
    warning: header('Warning'),
    reliable: header('RSeq') !== undefined,
  };
}

// What the registrar answered. `expires` is that of the first Contact.
export function describeRegistration(response) {
  const bindings = response.getHeaders('Contact');
  return {
    contacts: bindings.length,
    bindings,
    expires: Number(response.parseHeader('contact')?.getParam('expires') ?? response.getHeader('Expires')),
    path: response.getHeader('Path'),
    require: response.getHeader('Require'),
    flowTimer: response.getHeader('Flow-Timer'),
  };
}
