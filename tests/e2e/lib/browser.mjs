// A headless browser, Chromium or Firefox, with JsSIP, SIP.js or sipML5 in a page, as a phone that a test drives.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import puppeteer from 'puppeteer-core';

import { EventQueue, within } from './deadline.mjs';
import { COLOUR, DOMAIN, GATEWAY, PASSWORDS, TONE } from './network.mjs';
import { cameraFilm } from './picture.mjs';
import { temporaryDirectory } from './temporary.mjs';
import { sineWav } from './tone.mjs';

const PAGES = new URL('../pages/', import.meta.url);

const installed = (...paths) => paths.find(existsSync);

// How each engine is started so that its microphone is a tone and nobody is asked. `colour` gives Chromium a camera with
// the user's picture; Firefox has one of its own.
const ENGINES = {
  chromium({ directory, hz, colour }) {
    const microphone = join(directory, 'tone.wav');
    writeFileSync(microphone, sineWav(hz));
    const camera = join(directory, 'film.y4m');
    if (colour) writeFileSync(camera, cameraFilm(colour));
    return {
      executablePath: process.env.CHROMIUM ??
        installed('/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'),
      args: [
        '--no-sandbox',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--allow-loopback-in-peer-connection',
        '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
        '--ignore-certificate-errors',
        '--autoplay-policy=no-user-gesture-required',
        '--disable-gpu',
        '--disable-background-timer-throttling',
        '--disable-renderer-backgrounding',
        `--use-file-for-fake-audio-capture=${microphone}`,
        ...(colour ? [`--use-file-for-fake-video-capture=${camera}`] : []),
      ],
    };
  },
  firefox({ hz }) {
    return {
      browser: 'firefox',
      executablePath: process.env.FIREFOX ?? installed('/usr/bin/firefox-esr', '/usr/bin/firefox'),
      acceptInsecureCerts: true,
      extraPrefsFirefox: {
        'media.navigator.streams.fake': true,
        'media.navigator.audio.fake_frequency': hz,
        'media.navigator.permission.disabled': true,
        'permissions.default.microphone': 1,
        'permissions.default.camera': 1,
        'media.autoplay.default': 0,
        'media.peerconnection.ice.loopback': true,
        'media.peerconnection.ice.obfuscate_host_addresses': false,
        'network.proxy.type': 0,
      },
    };
  },
};

// What makes up each page's script, in order. sipML5 is no module: it wants to be a script of its own.
const SCRIPTS = {
  jssip: ['jssip_page.mjs'],
  sipjs: ['sipjs_page.mjs'],
  sipml5: ['sipml5_shim.mjs', '../node_modules/sipml/SIPml-api.js', 'sipml5_page.mjs'],
};

async function load(name) {
  const path = fileURLToPath(new URL(name, PAGES));
  if (!name.endsWith('.mjs')) return readFileSync(path, 'utf8');
  const result = await build({ entryPoints: [path], bundle: true,
    format: 'iife', write: false, logLevel: 'error', define: { global: 'globalThis' } });
  return result.outputFiles[0].text;
}

const script = async (stack) => (await Promise.all(SCRIPTS[stack].map(load))).join('\n');

// Serves /jssip/ and so on; a page on 127.0.0.1 is a secure context and may use the microphone and ws.
async function servePages() {
  const html = readFileSync(new URL('phone.html', PAGES));
  const scripts = Object.fromEntries(await Promise.all(
    Object.keys(SCRIPTS).map(async (stack) => [stack, await script(stack)])));
  const server = createServer((request, response) => {
    const [, stack, file] = request.url.split('/');
    if (!(stack in scripts)) return response.writeHead(404).end();
    const isScript = file === 'phone.js';
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' });
    return response.end(isScript ? scripts[stack] : html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export class Browser {
  // All pages of one browser share its microphone, so each user with a tone of its own has its own browser.
  static async start({ user = 'alice', hz = TONE[user], camera = false, engine = 'chromium', env = {} } = {}) {
    const browser = new Browser();
    browser.user = user;
    const directory = temporaryDirectory(`${engine}-${user}`);
    browser.pages = await servePages();
    browser.process = await puppeteer.launch({
      ...ENGINES[engine]({ directory, hz, colour: camera && COLOUR[user] }),
      userDataDir: join(directory, 'profile'),
      env: { ...process.env, HOME: directory, DBUS_SESSION_BUS_ADDRESS: 'disabled:', ...env },
    });
    return browser;
  }

  // options: stack jssip|sipjs|sipml5, server, password, breaker, ha1 for the breaker's digest, and what else the page knows.
  async phone(options = {}) {
    const phone = new BrowserPhone({ user: this.user, ...options });
    await phone.open(this.process, this.pages.address().port);
    return phone;
  }

  async registeredPhone(options) {
    const phone = await this.phone(options);
    await phone.register();
    return phone;
  }

  async stop() {
    await this.process.close();
    this.pages.closeAllConnections?.();
    this.pages.close();
  }
}

export const digestHa1 = (user, password, realm = DOMAIN) =>
  createHash('md5').update(`${user}:${realm}:${password}`).digest('hex');

export class BrowserPhone {
  constructor({ user, stack = 'jssip', server = `ws://${GATEWAY.host}:${GATEWAY.ws}`,
    password = PASSWORDS[user], breaker = true, ha1 = digestHa1(user, password), ...others }) {
    this.name = `${stack} ${user}`;
    this.stack = stack;
    this.events = new EventQueue(this.name);
    this.console = [];
    this.options = { user, domain: DOMAIN, password, server, breaker, ha1, ...others };
  }

  async open(browser, port) {
    this.page = await browser.newPage();
    this.page.on('console', (message) => this.console.push(message.text()));
    this.page.on('pageerror', (error) => this.events.push({ name: 'pageError', message: error.message }));
    await this.page.exposeFunction('report', (name, data = {}) => this.events.push({ name, ...data }));
    await this.page.goto(`http://127.0.0.1:${port}/${this.stack}/`);
    await this.page.evaluate((options) => window.startPhone(options), this.options);
  }

  async do(method, ...args) {
    const work = this.page.evaluate((name, list) => window.phone[name](...list), method, args);
    return within(15000, `${this.name}: ${method}`, work);
  }

  event(name, options) { return this.events.next(name, { failOn: ['pageError'], ...options }); }

  // Connected and registered.
  async register() {
    await this.event('connected');
    await this.do('register');
    const registered = await this.event('registered', { failOn: ['registrationFailed', 'pageError'] });
    this.registered = true;
    return registered;
  }

  async call(target) { await this.do('call', target); }
  async accepted() { return this.event('accepted', { failOn: ['failed', 'ended', 'pageError'] }); }
  async answer() { await this.do('answer'); }
  async hangup() { await this.do('hangup'); }
  async hold() { await this.do('hold'); }
  async resume() { await this.do('unhold'); }

  async hear(ms) {
    const recording = await this.page.evaluate((time) => window.phone.recorder?.hear(time), ms);
    if (!recording) throw new Error(`${this.name} has no remote track`);
    const bytes = Buffer.from(recording.pcm, 'base64');
    const samples = new Float32Array(bytes.length >> 1);
    for (let i = 0; i < samples.length; ++i) samples[i] = bytes.readInt16LE(2 * i) / 32768;
    return { rate: recording.rate, samples };
  }

  // The codec that this page receives, as the statistics name it: audio/PCMU, audio/opus.
  async receivedCodec() { return (await this.statistics('audio')).received.codec; }

  // What the browser counts of that kind of media, received and sent; empty where there is none.
  statistics(kind) {
    return this.page.evaluate(async (wanted) => {
      const stats = await window.phone.connection.getStats();
      const of = (direction) => {
        const report = [...stats.values()].find(({ type, kind: its }) => type === direction && its === wanted);
        return report ? { ...report, codec: stats.get(report.codecId)?.mimeType } : {};
      };
      return { received: of('inbound-rtp'), sent: of('outbound-rtp') };
    }, kind);
  }

  // What the page sees: how many frames it has decoded, and the picture of this moment.
  async look() {
    const { received: { framesDecoded = 0 } } = await this.statistics('video');
    return { frames: framesDecoded, picture: await this.page.evaluate(() => window.phone.eye?.look()) };
  }

  // The picture in a JPEG file.
  read(jpeg) {
    return this.page.evaluate(async (base64) => {
      const file = await fetch(`data:image/jpeg;base64,${base64}`);
      const image = await createImageBitmap(await file.blob());
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      const { width, height, data } = canvas.getImageData(0, 0, image.width, image.height);
      return { width, height, channels: 4, pixels: [...data] };
    }, jpeg.toString('base64'));
  }

  // The SDP of the gateway that the page has taken last.
  remoteDescription() { return this.page.evaluate(() => window.phone.connection.remoteDescription.sdp); }

  // Leaves no binding behind: the registrar would fork later calls to a page that is gone.
  async stop() {
    if (this.registered && !this.gone) {
      await this.do('unregister');
      await this.event('unregistered', { ms: 3000 }).catch(() => {});
    }
    await this.vanish();
  }

  // Goes away without a word, as a closed tab does.
  async vanish() {
    if (!this.gone) await this.page.close();
    this.gone = true;
  }
}
