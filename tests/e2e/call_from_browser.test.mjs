// A browser calls a SIP phone through the breaker.
import assert from 'node:assert/strict';

import { Baresip } from './lib/baresip.mjs';
import { Browser, digestHa1 } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';
import { holdAndResume } from './lib/hold.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { DOMAIN, GATEWAY, SECOND_PHONE_HOST, TONE } from './lib/network.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';
import { WireTap } from './lib/wire_tap.mjs';

let chromium;
let phone;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start());
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  phone = await peers.add(Baresip.start());
});

const WSS = `wss://${GATEWAY.host}:${GATEWAY.wss}`;

async function talk(alice) {
  await alice.call('phone');
  await alice.accepted();
  await phone.event('CALL_ESTABLISHED');
}

async function bothHear(alice) {
  await Promise.all([hears(alice, TONE.phone), hears(phone, TONE.alice)]);
}

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`${stack} over wss calls the phone in PCMU, both hear each other, the browser hangs up`,
    async (local) => {
      const alice = await local.add(chromium.registeredPhone({ stack, server: WSS }));
      await talk(alice);
      await bothHear(alice);
      assert.equal(await alice.receivedCodec(), 'audio/PCMU');
      await alice.hangup();
      await phone.event('CALL_CLOSED');
      await alice.event('ended');
    });

  stage.test(`${stack} over ws calls the phone, both hear each other, the phone hangs up`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await bothHear(alice);
    await phone.hangup();
    assert.equal((await alice.event('ended')).originator, 'remote');
  });

  for (const [code, target, words] of [[486, 'sipp', { status: '486 Busy Here' }], [404, 'nobody'],
    [480, 'absent']]) {
    stage.test(`${stack} is told ${code}`, async (local) => {
      const sipp = words && await local.add(Sipp.start('status', { words }));
      const alice = await local.add(chromium.registeredPhone({ stack }));
      await alice.call(target);
      assert.equal((await alice.event('failed', { failOn: ['accepted'] })).code, code);
      await sipp?.finished();
    });
  }

  stage.test(`${stack} cancels while the phone rings`, async (local) => {
    const manual = await local.add(
      Baresip.start({ user: 'phone2', host: SECOND_PHONE_HOST, answer: 'manual' }));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await alice.call('phone2');
    assert.equal((await alice.event('progress', { failOn: ['failed', 'accepted'] })).code, 180);
    await manual.event('CALL_INCOMING');
    await alice.hangup();
    await alice.event('failed', { failOn: ['accepted'] });
    await manual.event('CALL_CLOSED', { failOn: ['CALL_ESTABLISHED'] });
  });

  stage.test(`${stack} plays the early media of a 183 and goes on after the 200`, async (local) => {
    const sipp = await local.add(Sipp.start('early_media'));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await alice.call('sipp');
    const progress = await alice.event('progress',
      { fits: ({ code }) => code === 183, failOn: ['failed', 'accepted'] });
    assert.ok(progress.sdp);
    await hears(alice, TONE.sipp);
    assert.ok(!alice.events.seen.some(({ name }) => name === 'accepted'), 'heard before the answer');
    await alice.accepted();
    await hears(alice, TONE.sipp);
    await alice.hangup();
    await sipp.finished();
  });

  for (const transport of ['rtp', 'info']) {
    stage.test(`${stack} sends DTMF as ${transport} and the phone gets it as RTP`, async (local) => {
      const alice = await local.add(chromium.registeredPhone({ stack }));
      await talk(alice);
      await hears(alice, TONE.phone);
      await alice.do('dtmf', '5', transport);
      assert.equal((await phone.event('CALL_DTMF_START', { failOn: ['CALL_CLOSED'] })).param, '5');
      await phone.event('CALL_DTMF_END');
      await alice.hangup();
      await phone.event('CALL_CLOSED');
    });
  }

  stage.test(`${stack} holds and resumes`, async (local) => {
    const wire = await local.add(WireTap.start('phone'));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await talk(alice);
    await holdAndResume(alice, [[alice, TONE.phone], [wire, TONE.alice]]);
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });

  stage.test(`${stack} with a wrong ha1 is told 403 and why`, async (local) => {
    const alice = await local.add(
      chromium.registeredPhone({ stack, ha1: digestHa1('alice', 'looking glass') }));
    await alice.call('phone');
    const { code, warning } = await alice.event('failed', { failOn: ['accepted'] });
    assert.equal(code, 403);
    assert.match(warning ?? '', /^399 /);
    assert.ok(warning.includes(DOMAIN), `the Warning names the realm: ${warning}`);
  });

  stage.test(`${stack} without ha1 answers the challenge itself`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack, ha1: '' }));
    await talk(alice);
    await bothHear(alice);
    await alice.hangup();
    await phone.event('CALL_CLOSED');
  });
}

stage.test('the phone holds and resumes a call that the browser made', async (local) => {
  const wire = await local.add(WireTap.start('phone'));
  const alice = await local.add(chromium.registeredPhone());
  await talk(alice);
  await holdAndResume(phone, [[alice, TONE.phone], [wire, TONE.alice]], { told: alice });
  await alice.hangup();
  await phone.event('CALL_CLOSED');
});
