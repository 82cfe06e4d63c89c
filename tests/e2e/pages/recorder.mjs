// Records what the page hears of a remote peer, straight from the track: no AudioContext, which headless
// Chromium runs at the mercy of the sound hardware that it does not have.

export class Recorder {
  constructor(track) {
    // Chromium decodes a remote track only while something plays it.
    this.player = new Audio();
    this.player.srcObject = new MediaStream([track]);
    this.player.play().catch(() => {});
    this.reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    this.rate = 48000;
    this.sinks = new Set();
    this.pump();
  }

  async pump() {
    for (;;) {
      const { value: frame, done } = await this.reader.read();
      if (done) return;
      this.rate = frame.sampleRate;
      if (this.sinks.size) {
        const samples = new Float32Array(frame.numberOfFrames);
        frame.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        for (const sink of this.sinks) sink(samples);
      }
      frame.close();
    }
  }

  // The next `ms` as { rate, pcm }, pcm being 16-bit samples in base64; what there is of it after twice
  // the time, because a track without packets may deliver nothing.
  hear(ms) {
    return new Promise((resolve) => {
      const chunks = [];
      let count = 0;
      const finish = () => {
        clearTimeout(timer);
        this.sinks.delete(sink);
        resolve({ rate: this.rate, pcm: encode(chunks, count) });
      };
      const sink = (samples) => {
        chunks.push(samples);
        count += samples.length;
        if (count >= (this.rate * ms) / 1000) finish();
      };
      const timer = setTimeout(finish, 2 * ms);
      this.sinks.add(sink);
    });
  }
}

function encode(chunks, count) {
  const pcm = new Int16Array(count);
  let at = 0;
  for (const chunk of chunks) {
    for (const sample of chunk) pcm[at++] = Math.max(-1, Math.min(1, sample)) * 32767;
  }
  const bytes = new Uint8Array(pcm.buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
