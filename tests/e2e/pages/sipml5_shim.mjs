// sipML5 is of 2018. Where today's browsers differ, this makes up for it; it has to be there before the library is. What
// the library sends stays as it is.
import { AUDIO_AND_VIDEO, AUDIO_ONLY } from './contact.mjs';

// Called with each connection that the library makes.
window.onConnection = () => {};

class PeerConnection extends window.RTCPeerConnection {
  constructor(...options) {
    super(...options);
    window.onConnection(this);
  }

  // It holds by removing its stream and then writes a=sendonly into its offer. The browser, which has transceivers now,
  // would make that offer recvonly and refuse the answer.
  removeStream() { this.turn('sendonly', false); }

  addStream(stream) {
    if (this.held) this.turn('sendrecv', true);
    else super.addStream(stream);
  }

  turn(direction, enabled) {
    this.held = !enabled;
    for (const transceiver of this.getTransceivers()) transceiver.direction = direction;
    for (const { track } of this.getSenders()) if (track) track.enabled = enabled;
  }
}
window.RTCPeerConnection = PeerConnection;
window.webkitRTCPeerConnection = PeerConnection;

// It asks with callbacks, and for a voice that is cleaned of steady tones.
navigator.getUserMedia = ({ video }, done, failed) => {
  navigator.mediaDevices.getUserMedia(video ? AUDIO_AND_VIDEO : AUDIO_ONLY).then(done, failed);
};
navigator.webkitGetUserMedia = navigator.getUserMedia;
