// What phones ask for beyond RFC 3261, played by SIPp against real browsers: reliable provisional responses (RFC 3262),
// session timers (RFC 4028), UPDATE (RFC 3311), calls without an offer. The scenarios check what the gateway sends.
import assert from 'node:assert/strict';

import { Browser } from './lib/browser.mjs';
import { eventually } from './lib/deadline.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Kamailio } from './lib/kamailio.mjs';
import { TONE } from './lib/network.mjs';
import { header } from './lib/sip_text.mjs';
import { Sipp } from './lib/sipp.mjs';
import { Stage } from './lib/stage.mjs';
import { hears } from './lib/tone.mjs';

let chromium;
let refreshed;

const stage = new Stage(async (peers) => {
  await peers.add(Kamailio.start());
  await peers.add(Gateway.start({ entries: [['enable-100rel', 'yes'], ['session-expires', '120;90']] }));
  chromium = await peers.add(Browser.start({ user: 'alice' }));
  // The shortest session is refreshed after 45 s: those calls last while the others are made.
  refreshed = Promise.allSettled([
    isRefreshed(peers, 1, { method: 'UPDATE', allow: 'INVITE, ACK, BYE, UPDATE', body: '@empty@', acknowledged: '' }),
    isRefreshed(peers, 2, { method: 'INVITE', allow: 'INVITE, ACK, BYE', body: '@sdp@',
      acknowledged: '<recv request="ACK"/>' }),
  ]);
});

// A page that calls without being registered is called by nobody.
async function isRefreshed(peers, number, words) {
  const sipp = await peers.add(Sipp.start('session_refreshed', { words, port: 5060 + number }));
  const page = await peers.add(chromium.phone());
  await page.event('connected');
  await page.call(`sipp${number}`);
  await page.accepted();
  await sipp.finished(70000);
  await page.event('ended');
}

const answersCallOf = async (alice) => {
  await alice.event('incoming');
  await alice.answer();
  await alice.accepted();
};

for (const [stack, reliable] of [['jssip', false], ['sipjs', false], ['sipjs', true]]) {
  stage.test(`${stack}${reliable ? ' with 100rel' : ''} calls a phone that insists on PRACK and hears its early media`,
    async (local) => {
      const phone = await local.add(Sipp.start('reliable'));
      const alice = await local.add(chromium.registeredPhone({ stack, reliable }));
      await alice.call('sipp');
      const progress = await alice.event('progress', { fits: ({ code }) => code === 183, failOn: ['failed', 'accepted'] });
      assert.ok(progress.sdp);
      assert.equal(progress.reliable, reliable);
      await hears(alice, TONE.sipp);
      assert.ok(!alice.events.seen.some(({ name }) => name === 'accepted'), 'heard before the answer');
      await alice.accepted();
      await hears(alice, TONE.sipp);
      await alice.hangup();
      await phone.finished();
      const [invite, ...pracks] = phone.received.filter((text) => /^(INVITE|PRACK) /.test(text));
      const number = parseInt(header(invite, 'CSeq')[0], 10);
      assert.deepEqual(pracks.map((prack) => header(prack, 'RAck')[0]), [`4711 ${number} INVITE`, `4712 ${number} INVITE`]);
    });
}

stage.test('a phone that requires 100rel gets reliable ringing from a browser without it', async (local) => {
  const alice = await local.add(chromium.registeredPhone());
  const phone = await local.add(Sipp.start('required', { target: 'alice' }));
  await answersCallOf(alice);
  await hears(alice, TONE.sipp);
  await alice.hangup();
  await phone.finished();
});

stage.test('a session of 60 seconds is 422, one of 90 is agreed and refreshed by the phone', async (local) => {
  const alice = await local.add(chromium.registeredPhone());
  const phone = await local.add(Sipp.start('session_caller', { target: 'alice' }));
  await answersCallOf(alice);
  await phone.finished();
  assert.equal((await alice.event('ended')).originator, 'remote');
});

stage.test('the 422 of a phone is followed by a call with the session it wants', async (local) => {
  const phone = await local.add(Sipp.start('session_too_small'));
  const alice = await local.add(chromium.registeredPhone());
  await alice.call('sipp');
  await alice.accepted();
  await alice.hangup();
  await phone.finished();
});

for (const stack of ['jssip', 'sipjs']) {
  stage.test(`a phone calls ${stack} without an offer, and later offers nothing again`, async (local) => {
    const alice = await local.add(chromium.registeredPhone({ stack }));
    const phone = await local.add(Sipp.start('offerless', { target: 'alice' }));
    await answersCallOf(alice);
    await hears(alice, TONE.sipp);
    await alice.do('info', 'text/plain', 'again');
    await eventually('the re-INVITE is answered', () => phone.received.some((text) =>
      text.startsWith('SIP/2.0 200 ') && header(text, 'CSeq')[0] === '2 INVITE'));
    await alice.do('info', 'text/plain', 'enough');
    await hears(alice, TONE.sipp);
    await alice.hangup();
    await phone.finished();
  });

  stage.test(`a phone holds and resumes ${stack} by UPDATE`, async (local) => {
    const phone = await local.add(Sipp.start('update'));
    const alice = await local.add(chromium.registeredPhone({ stack }));
    await alice.call('sipp');
    await alice.accepted();
    await hears(alice, TONE.sipp);
    await alice.do('info', 'text/plain', 'hold');
    await alice.event('heldByPeer');
    await alice.do('info', 'text/plain', 'resume');
    await alice.event('resumedByPeer');
    await hears(alice, TONE.sipp);
    await alice.hangup();
    await phone.finished();
  });
}

stage.test('a session is refreshed half-way, by UPDATE or, for a phone without it, by a re-INVITE', async () => {
  for (const { reason } of await refreshed) if (reason) throw reason;
});
