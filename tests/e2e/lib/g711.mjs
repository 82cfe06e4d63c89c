// G.711 mu-law, the one codec every phone of these tests speaks.

const BIAS = 0x84;
const CLIP = 32635;

export function muLawByte(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

export function muLawSample(byte) {
  const code = ~byte & 0xff;
  const exponent = (code >> 4) & 7;
  const magnitude = ((((code & 0x0f) << 3) + BIAS) << exponent) - BIAS;
  return code & 0x80 ? -magnitude : magnitude;
}

// A sine at 8 kHz as SIPp's rtp_stream wants it: raw bytes, a whole number of periods.
export function muLawTone(hz, { seconds = 2, amplitude = 0.3 } = {}) {
  const tone = Buffer.alloc(8000 * seconds);
  for (let i = 0; i < tone.length; ++i) {
    tone[i] = muLawByte(Math.round(32767 * amplitude * Math.sin((2 * Math.PI * hz * i) / 8000)));
  }
  return tone;
}
