// Records what the page hears of a remote peer. Where the browser can read a track (Chromium), straight from it: headless
// Chromium runs an AudioContext at the mercy of the sound hardware that it does not have. Firefox has only the
// AudioContext; its suite gives it a sound server.

export class Recorder {
  constructor(track) {
    this.rate = 48000;
    this.sinks = new Set();
    // A remote track is decoded only while something plays it.
    this.player = new Audio();
    this.player.srcObject = new MediaStream([track]);
    this.player.play().catch(() => {});
    if (window.MediaStreamTrackProcessor) this.readTrack(track);
    else this.readContext(this.player.srcObject);
  }

  async readTrack(track) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      this.rate = frame.sampleRate;
      if (this.sinks.size) {
        const samples = new Float32Array(frame.numberOfFrames);
        frame.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        this.take(samples);
      }
      frame.close();
    }
  }

  readContext(stream) {
    const context = new AudioContext();
    this.rate = context.sampleRate;
    const tap = context.createScriptProcessor(2048, 1, 1);
    tap.addEventListener('audioprocess', ({ inputBuffer }) => this.take(inputBuffer.getChannelData(0).slice()));
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination);  // a node that leads nowhere is not run
    this.context = context;            // nor one that is collected
  }

  take(samples) {
    for (const sink of this.sinks) sink(samples);
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
