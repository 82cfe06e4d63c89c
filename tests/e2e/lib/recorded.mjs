// Listens to a WAV file of 16-bit samples that a phone is still writing.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

import { eventually } from './deadline.mjs';

// What is recorded in the next `ms` into `path`; less when nothing comes. A phone that writes the header at the end of the
// call has to tell the `rate`.
export async function recorded(path, ms, rate = bytesOf(path, 24, 28).readUInt32LE(0)) {
  const start = statSync(path).size;
  const wanted = Math.round((2 * rate * ms) / 1000);
  await eventually('the recording grows', () => statSync(path).size >= start + wanted, 2 * ms).catch(() => {});
  return { rate, samples: pcm(path, start) };
}

function bytesOf(path, from, to) {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

// The header's length fields are written when the call ends; the samples are there at once.
function pcm(path, start) {
  const from = start - (start % 2);
  const bytes = bytesOf(path, from, statSync(path).size);
  const samples = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; ++i) samples[i] = bytes.readInt16LE(2 * i) / 32768;
  return samples;
}
