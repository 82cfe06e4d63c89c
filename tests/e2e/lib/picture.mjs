// Pictures of the peers' cameras: each user's has a colour of its own at its left, and something moves beside it. Reads
// what a viewer sees, and assertions that wait until a colour is seen.
import { inflateSync } from 'node:zlib';

import { eventually } from './deadline.mjs';

const WIDTH = 320;
const HEIGHT = 240;
const RATE = 10;
const THIRD = Math.floor(WIDTH / 3);

// BT.601, the range of video: 16 to 235.
const yuv = ([r, g, b]) => [
  16 + (65.5 * r + 128.6 * g + 25 * b) / 255,
  128 + (-37.8 * r - 74.2 * g + 112 * b) / 255,
  128 + (112 * r - 93.8 * g - 18.2 * b) / 255,
].map(Math.round);

// A second of Y4M, as Chromium's fake camera takes it. The grain makes a key frame too large for one packet.
export function cameraFilm(colour) {
  const [y, u, v] = yuv(colour);
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${RATE}:1 Ip A1:1 C420\n`)];
  for (let frame = 0; frame < RATE; ++frame) {
    const luma = Buffer.alloc(WIDTH * HEIGHT);
    const chroma = [u, v].map((value) => {
      const plane = Buffer.alloc((WIDTH * HEIGHT) / 4, 128);
      for (let row = 0; row < HEIGHT / 2; ++row) plane.fill(value, (row * WIDTH) / 2, (row * WIDTH) / 2 + THIRD / 2);
      return plane;
    });
    for (let row = 0; row < HEIGHT; ++row) {
      for (let column = 0; column < WIDTH; ++column) {
        const square = row >= 100 && row < 140 && column >= 120 + 15 * frame && column < 150 + 15 * frame;
        const grain = 60 + ((((row >> 1) * 7919 + (column >> 1) * 104729) % 997) % 80);
        luma[row * WIDTH + column] = column < THIRD ? y : square ? 235 : grain;
      }
    }
    parts.push(Buffer.from('FRAME\n'), luma, ...chroma);
  }
  return Buffer.concat(parts);
}

// A PNG file of 8-bit RGB or RGBA, not interlaced.
export function readPng(bytes) {
  const [width, height, channels] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[25] === 6 ? 4 : 3];
  const data = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const chunk = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(chunk);
  }
  const lines = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const pixels = Buffer.alloc(height * stride);
  for (let row = 0; row < height; ++row) {
    const filter = lines[row * (stride + 1)];
    for (let i = 0; i < stride; ++i) {
      const left = i < channels ? 0 : pixels[row * stride + i - channels];
      const up = row ? pixels[(row - 1) * stride + i] : 0;
      const corner = row && i >= channels ? pixels[(row - 1) * stride + i - channels] : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[row * stride + i] = lines[row * (stride + 1) + 1 + i] + predicted;
    }
  }
  return { width, height, channels, pixels };
}

function paeth(left, up, corner) {
  const [l, u, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  if (l <= u && l <= c) return left;
  return u <= c ? up : corner;
}

// The mean colour of a part of the picture, from the left.
function mean({ width, height, channels, pixels }, part) {
  const sum = [0, 0, 0];
  const columns = Math.floor(width * part);
  for (let row = 0; row < height; ++row) {
    for (let column = 0; column < columns; ++column) {
      for (let i = 0; i < 3; ++i) sum[i] += pixels[(row * width + column) * channels + i];
    }
  }
  return sum.map((value) => Math.round(value / (columns * height)));
}

const NEAR = 40;  // codecs and colour spaces change a colour by less
const near = (a, b) => a.every((value, i) => Math.abs(value - b[i]) < NEAR);

// `viewer.look()` returns { frames, picture }: how many were decoded and, if there is one, the one of this moment.
async function waitUntil(viewer, what, good, ms) {
  let last = 'no picture';
  let before;
  try {
    await eventually(what, async () => {
      const now = await viewer.look();
      const fresh = before === undefined ? undefined : now.frames - before;
      before = now.frames;
      const left = now.picture && mean(now.picture, 1 / 4);
      last = `${fresh} more frames, ${left} at the left`;
      return fresh !== undefined && good({ fresh, left, all: now.picture && mean(now.picture, 1) });
    }, ms);
  } catch (error) {
    throw new Error(`${viewer.name}: ${error.message}; the last look was ${last}`);
  }
}

// Pictures that move, with that colour at the left.
export function sees(viewer, colour, ms = 10000) {
  return waitUntil(viewer, `pictures of ${colour}`, ({ fresh, left }) => fresh > 0 && left && near(left, colour), ms);
}

// Pictures that move, whatever they show.
export function seesMoving(viewer, ms = 10000) {
  return waitUntil(viewer, 'pictures', ({ fresh, left }) => fresh > 0 && left, ms);
}

// No pictures any more, or black ones.
export function seesNothing(viewer, ms = 8000) {
  return waitUntil(viewer, 'no pictures', ({ fresh, all }) => fresh === 0 || (all && near(all, [0, 0, 0])), ms);
}
