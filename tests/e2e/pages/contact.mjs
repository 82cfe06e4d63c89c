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
export const AUDIO_AND_VIDEO = { ...AUDIO_ONLY, video: { width: 320, height: 240 } };

// The next offer has no other codec for its video.
export function offerOnly(connection, mimeType) {
  const { codecs } = RTCRtpSender.getCapabilities('video');
  for (const transceiver of connection.getTransceivers()) {
    if (transceiver.receiver.track.kind === 'video') {
      transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType === mimeType));
    }
  }
}

// The next offer is one with video.
export async function addVideo(connection) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: AUDIO_AND_VIDEO.video });
  connection.addTrack(stream.getVideoTracks()[0], stream);
}

// The next offer is one without video.
export function removeVideo(connection) {
  const transceiver = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video');
  transceiver.sender.track.stop();
  transceiver.stop();
}

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
