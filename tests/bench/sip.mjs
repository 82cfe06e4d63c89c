// What SIP signalling costs: REGISTERs per CPU-second against Kamailio, with few and with many browsers connected, memory
// of an idle browser, and the delay that the gateway adds to a call's set-up. The last line is ratio=N.
import { close, openBrowsers, registerAll } from './lib/browsers.mjs';
import { SERVER, startGateway, startKamailio } from './lib/peers.mjs';
import { descriptorLimit } from './lib/process.mjs';
import { SipServer } from './lib/sip_server.mjs';

const ROUNDS = 5;
const REGISTERS = 10000;
const FEW = 100;
const MANY = Math.min(20000, descriptorLimit() - 300);  // one descriptor here and one there for each
const IDLE = Math.min(10000, MANY);
const PATIENCE = 900000;  // ms that a part may take: an edge that loses a message must not hold the benchmark for ever
const CALLS_PER_SECOND = 100;
const CALL_SECONDS = 15;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))];
function row(what, value) {
  console.log(`  ${what.padEnd(64)} ${value}`);
}

// Microseconds of the edge's CPU per REGISTER; `idle` is what it uses anyway, in nanoseconds per ms.
async function costOfRegister(edge, browsers, total, idle = 0) {
  const began = performance.now();
  const before = edge.cpu();
  await registerAll(browsers, total);
  return (edge.cpu() - before - idle * (performance.now() - began)) / 1000 / total;
}

// Nanoseconds of CPU per ms while nobody asks for anything: keep-alives.
async function costOfIdling(edge) {
  await pause(2000);
  const began = performance.now();
  const before = edge.cpu();
  await pause(30000);  // more than the interval of pings
  return (edge.cpu() - before) / (performance.now() - began);
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

// What connected browsers cost those that register: beside a gateway with FEW of them one with MANY, whose keep-alives are
// taken off. First FEW of its browsers register; then all in turn, so that nothing about a browser is in a cache when it
// is heard. The two take turns, so that the machine's moods strike both.
async function manyBrowsers(quiet, busy) {
  const few = await openBrowsers(quiet, FEW, { register: true });
  const all = await openBrowsers(busy, MANY, { register: true });
  const idle = await costOfIdling(busy);
  row(`${busy.name}: CPU of ${MANY} idle browsers`, `${(idle / 10000).toFixed(1)} % of a core`);
  for (const [what, browsers, total] of [
    [`${FEW} of ${MANY} browsers`, all.slice(0, FEW), REGISTERS],
    [`${MANY} browsers in turn`, all, MANY],
  ]) {
    const costs = [];
    for (let round = 0; round < ROUNDS; ++round) {
      costs.push([await costOfRegister(quiet, few, REGISTERS), await costOfRegister(busy, browsers, total, idle)]);
    }
    row(`${busy.name}: CPU per REGISTER, ${FEW} browsers / ${what}`,
      `${median(costs.map(([one]) => one)).toFixed(1)} / ${median(costs.map(([, other]) => other)).toFixed(1)} us`);
    row('  the latter over the former, median of pairs', median(costs.map(([one, other]) => other / one)).toFixed(2));
  }
  close(few);
  close(all);
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

const only = process.argv.slice(2);
let ratio;
async function part(name, work) {
  if (only.length > 0 && !only.includes(name)) return;
  const stuck = setTimeout(() => {
    console.error(`${name}: no answer any more`);
    process.exit(1);
  }, PATIENCE);
  await work();
  clearTimeout(stuck);
}

// With an edge that has done nothing before: memory that another part has left free would hide what this one needs.
async function fresh(start, work) {
  const edge = await start();
  await work(edge);
  await edge.stop();
}

const server = await SipServer.start(SERVER);
await part('register', () => fresh(startGateway, (gateway) => fresh(startKamailio, async (kamailio) => {
  ratio = await compareRegisters(gateway, kamailio);
})));
await part('calls', async () => {
  await fresh(startGateway, (gateway) => calls(gateway, false));
  await fresh(startKamailio, (kamailio) => calls(kamailio, false));
  await fresh(startGateway, (gateway) => calls(gateway, true));
});
await part('idle', async () => {
  await fresh(startGateway, (gateway) => idleBrowsers(gateway, false));
  await fresh(startGateway, (gateway) => idleBrowsers(gateway, true));
});
await part('many', async () => {
  await fresh(startGateway, (quiet) => fresh(() => startGateway('127.0.0.4'), (busy) => manyBrowsers(quiet, busy)));
});
server.stop();
if (ratio) console.log(`ratio=${ratio.toFixed(2)}`);
process.exit(0);
