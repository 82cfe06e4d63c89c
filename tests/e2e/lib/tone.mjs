// Which tone is in a recording: Goertzel's filter, and assertions that wait until a tone is heard.
import { eventually } from './deadline.mjs';

const AUDIBLE = 0.01;  // RMS of full scale; the peers' tones are at 0.1 and more
const DOMINANT = 0.6;  // share of the energy in one bin; other tones, noise and gaps take the rest

export function rms(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

// The share of the signal's energy at `hz`: 1 for a pure tone, about 2/N for noise.
export function share({ rate, samples }, hz) {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [s1, s2, energy] = [0, 0, 0];
  for (const sample of samples) {
    [s1, s2] = [sample + coefficient * s1 - s2, s1];
    energy += sample * sample;
  }
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return energy ? (2 * power) / (samples.length * energy) : 0;
}

function describe(recording) {
  const level = rms(recording.samples);
  const seconds = recording.samples.length / recording.rate;
  let [best, bestShare] = [0, 0];
  for (let hz = 100; hz <= 3500; hz += 10) {
    const here = share(recording, hz);
    if (here > bestShare) [best, bestShare] = [hz, here];
  }
  return `${seconds.toFixed(2)} s, rms ${level.toFixed(4)}, strongest ${best} Hz (${bestShare.toFixed(2)})`;
}

// `listener.hear(ms)` records for that long and returns { rate, samples }.
async function waitUntil(listener, what, good, ms) {
  let last = 'no recording';
  try {
    await eventually(what, async () => {
      const recording = await listener.hear(500);
      last = describe(recording);
      return good(recording);
    }, ms);
  } catch (error) {
    throw new Error(`${listener.name}: ${error.message}; the last half second was ${last}`);
  }
}

const long_enough = ({ rate, samples }) => samples.length > rate / 4;

export function hears(listener, hz, ms = 8000) {
  return waitUntil(listener, `a tone of ${hz} Hz`, (recording) => long_enough(recording) &&
    rms(recording.samples) > AUDIBLE && share(recording, hz) > DOMINANT, ms);
}

const DTMF = [697, 770, 852, 941, 1209, 1336, 1477];
const DTMF_PRESENT = 0.004;  // a short digit beside the caller's own tone; without one it is below 0.0005

// A DTMF digit is two tones; both have to stand out of the other tones that digits are made of.
export function hearsDigit(listener, pair, ms = 12000) {
  return waitUntil(listener, `a digit of ${pair.join(' and ')} Hz`, (recording) => {
    const others = DTMF.filter((hz) => !pair.includes(hz)).map((hz) => share(recording, hz));
    return pair.every((hz) => share(recording, hz) > Math.max(DTMF_PRESENT, 4 * Math.max(...others)));
  }, ms);
}

export function hearsNothing(listener, ms = 8000) {
  return waitUntil(listener, 'silence', ({ samples }) => rms(samples) < AUDIBLE, ms);
}

// A 16-bit WAV file of a sine, a whole number of periods long so that a loop of it has no click.
export function sineWav(hz, { rate = 48000, seconds = 2, amplitude = 0.3 } = {}) {
  const count = rate * seconds;
  const wav = Buffer.alloc(44 + 2 * count);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * count, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);  // PCM
  wav.writeUInt16LE(1, 22);  // mono
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * count, 40);
  for (let i = 0; i < count; ++i) {
    const value = amplitude * Math.sin((2 * Math.PI * hz * i) / rate);
    wav.writeInt16LE(Math.round(32767 * value), 44 + 2 * i);
  }
  return wav;
}
