// At debug-level INFO the log tells a call's whole story, and of a failed call the stage that failed.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { DOMAIN, GATEWAY, TONE, aor } from './lib/network.mjs';
import { ScriptClient } from './lib/script_client.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let gateway;
let chromium;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  gateway = await peers.add(Gateway.start({ entries: [
    ['debug-level', 'INFO'], ['media-timeout', '2'], ['codecs', 'pcmu;opus']] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
});

// The events of the call whose number `started` (the match of a call.start line) gives, in the order of the log.
function storyOf(started) {
  const mark = new RegExp(`\\bcall=${started.groups.call}\\b`);
  return gateway.log.split('\n').filter((line) => mark.test(line));
}

// Asserts that lines fitting `patterns` stand in `story` in this order.
function tells(story, patterns) {
  let at = 0;
  for (const pattern of patterns) {
    const found = story.findIndex((line, i) => i >= at && pattern.test(line));
    assert.ok(found >= 0, `${pattern} after ${story[at - 1] ?? 'the start'} in\n${story.join('\n')}`);
    at = found + 1;
  }
}

const startLine = (from) => gateway.line(/call\.start call=(?<call>\d+) /, { from });

stage.test('a call that went well is told from the INVITE to its end', async (local) => {
  const phone = await local.add(Baresip.start());
  const server = `wss://${GATEWAY.host}:${GATEWAY.wss}`;
  const alice = await local.add(chromium.registeredPhone({ server }));
  const from = gateway.log.length;
  await alice.call('phone');
  const started = await startLine(from);
  await alice.accepted();
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
  await alice.hangup();
  await phone.event('CALL_CLOSED');
  const closed = (leg) => gateway.line(new RegExp(`media\\.closed call=${started.groups.call} leg=${leg}`), { from });
  await Promise.all([closed('a'), closed('b')]);

  const story = storyOf(started);
  tells(story, [
    new RegExp(`call\\.start .*sip_call_id=\\S+ from=alice@${DOMAIN} to=sip:phone@${DOMAIN} source=127\\.`),
    /call\.invite .*leg=b target=127\.0\.0\.2:5060 transport=udp codecs=.*pcmu/,
    new RegExp(`call\\.authenticate .*realm="?${DOMAIN}`),
    /call\.answered .*codecs=.*pcmu/,
    /call\.end .*cause="BYE on leg a"/,
  ]);
  tells(story, [
    /media\.ice_pair_chosen .*leg=a local=127\.0\.0\.1 remote=\S+/,
    /media\.dtls_connected .*leg=a profile=\S+/,
    /media\.first_packet_received .*leg=a/,
  ]);
  for (const leg of ['a', 'b']) {
    tells(story, [new RegExp(`media\\.first_packet_received .*leg=${leg}`),
      new RegExp(`media\\.closed .*leg=${leg} received=[1-9].* stuck_at=none`)]);
    tells(story, [new RegExp(`media\\.first_packet_sent .*leg=${leg}`), /call\.end/]);
  }
});

stage.test('a call without a common codec names both lists', async (local) => {
  await local.add(Sipp.start('answer', { words: { payload: '8' } }));
  const alice = await local.add(chromium.registeredPhone());
  const from = gateway.log.length;
  await alice.call('sipp');
  const started = await startLine(from);
  assert.equal((await alice.event('failed', { failOn: ['accepted'] })).code, 488);
  tells(storyOf(started), [/call\.end .*cause="488 the answer names no codec of our offer; offered opus, pcmu"/]);
});

stage.test('a browser whose checks never come is named', async (local) => {
  await local.add(Baresip.start());
  const client = await ScriptClient.connect();
  const from = gateway.log.length;
  const dialog = await client.begin(aor('phone'));
  const started = await startLine(from);
  await client.serve('BYE', dialog, { ms: 60000 });
  tells(storyOf(started), [/call\.answered/, /call\.media_failed .*leg=a stage="no ICE check from the browser"/, /call\.end/]);
  await client.close();
});

stage.test('a wrong fingerprint is named', async (local) => {
  await local.add(Sipp.start('answer'));
  const alice = await local.add(chromium.registeredPhone());
  await alice.page.evaluate(() => window.phone.ua.on('newRTCSession', ({ session }) => session.on('sdp', (event) => {
    if (event.originator !== 'local') return;
    event.sdp = event.sdp.replace(/(a=fingerprint:sha-256 )(..)/g, (_, name, octet) => name + (octet === '00' ? '11' : '00'));
  })));
  const from = gateway.log.length;
  await alice.call('sipp');
  const started = await startLine(from);
  await alice.event('ended');
  tells(storyOf(started), [/call\.answered/, /media\.ice_pair_chosen .*leg=a/,
    /call\.media_failed .*stage="DTLS certificate does not match the signalled fingerprint"/, /call\.end/]);
});

stage.test('a phone that sends no RTP is named', async (local) => {
  await local.add(Sipp.start('answer'));
  const alice = await local.add(chromium.registeredPhone());
  const from = gateway.log.length;
  await alice.call('sipp');
  const started = await startLine(from);
  await alice.event('ended');
  tells(storyOf(started), [/media\.dtls_connected/, /call\.media_failed .*leg=b stage="no RTP from the phone"/, /call\.end/]);
});
