// What SIP signalling costs: REGISTERs per CPU-second against Kamailio, with few and with many browsers connected, memory
// of an idle browser, and the delay that the gateway adds to a call's set-up. The last line is ratio=N.
import { close, openBrowsers, registerAll } from './lib/browsers.mjs';
import { SERVER, startGateway, startKamailio } from './lib/peers.mjs';
import { descriptorLimit } from './lib/process.mjs';
import { SipServer } from './lib/sip_server.mjs';

const ROUNDS = 5;
const REGISTERS = 10000;
const FEW = 100;
const MANY = Math.min(20000, descriptorLimit() - 200);  // one descriptor here and one there for each
const IDLE = 2000;
const CALLS_PER_SECOND = 100;
const CALL_SECONDS = 15;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];
function row(what, value) {
  console.log(`  ${what.padEnd(64)} ${value}`);
}

// Microseconds of the edge's CPU per REGISTER.
async function costOfRegister(edge, browsers, total) {
  const before = edge.cpu();
  await registerAll(browsers, total);
  return (edge.cpu() - before) / 1000 / total;
}

async function compareRegisters(gateway, kamailio) {
  const costs = new Map([[gateway, []], [kamailio, []]]);
  const browsers = new Map();
  for (const edge of costs.keys()) {
    browsers.set(edge, await openBrowsers(edge, FEW));
    await registerAll(browsers.get(edge), 1000);
  }
  for (let round = 0; round < ROUNDS; ++round) {
    for (const [edge, list] of costs) list.push(await costOfRegister(edge, browsers.get(edge), REGISTERS));
  }
  for (const list of browsers.values()) close(list);
  const [ours, theirs] = [costs.get(gateway), costs.get(kamailio)];
  for (const [edge, list] of costs) {
    row(`${edge.name}: CPU per REGISTER, ${FEW} browsers (median of ${ROUNDS})`, `${median(list).toFixed(1)} us`);
  }
  return median(ours.map((cost, i) => theirs[i] / cost));
}

async function manyBrowsers(edge) {
  const browsers = await openBrowsers(edge, MANY, { register: true });
  const cost = await costOfRegister(edge, browsers, 2 * MANY);
  row(`${edge.name}: CPU per REGISTER, ${MANY} browsers`, `${cost.toFixed(1)} us`);
  close(browsers);
}

async function idleBrowsers(edge, secure) {
  await pause(2000);
  const before = edge.memory();
  const browsers = await openBrowsers(edge, IDLE, { secure, register: true });
  await pause(2000);
  row(`${edge.name}: memory per registered, idle ${secure ? 'wss' : 'ws'} browser (${IDLE})`,
    `${((edge.memory() - before) / IDLE).toFixed(1)} KiB`);
  close(browsers);
}

async function calls(edge, breaker) {
  const browsers = await openBrowsers(edge, 50);
  for (const browser of browsers) await browser.call(breaker);
  const took = [];
  const pending = [];
  const began = performance.now();
  const cpu = edge.cpu();
  for (let i = 0; i < CALLS_PER_SECOND * CALL_SECONDS; ++i) {
    await pause(Math.max(0, began + (i * 1000) / CALLS_PER_SECOND - performance.now()));
    pending.push(browsers[i % browsers.length].call(breaker).then((ms) => took.push(ms)));
  }
  await Promise.all(pending);
  const name = `${edge.name}: ${breaker ? 'breaker' : 'proxied'} calls at ${CALLS_PER_SECOND}/s`;
  row(`${name}, INVITE to 200, p50 / p99`, `${percentile(took, 0.5).toFixed(2)} / ${percentile(took, 0.99).toFixed(2)} ms`);
  row(`${name}, CPU per call`, `${((edge.cpu() - cpu) / 1000 / took.length).toFixed(0)} us`);
  close(browsers);
}

const server = await SipServer.start(SERVER);
const gateway = await startGateway();
const kamailio = await startKamailio();
const only = process.argv.slice(2);
const wanted = (part) => only.length === 0 || only.includes(part);
let ratio;
if (wanted('register')) ratio = await compareRegisters(gateway, kamailio);
if (wanted('calls')) {
  await calls(gateway, false);
  await calls(kamailio, false);
  await calls(gateway, true);
}
if (wanted('idle')) {
  await idleBrowsers(gateway, false);
  await idleBrowsers(gateway, true);
}
if (wanted('many')) await manyBrowsers(gateway);
await gateway.stop();
await kamailio.stop();
server.stop();
if (ratio) console.log(`ratio=${ratio.toFixed(2)}`);
process.exit(0);
