// A call that is held and resumed.
import { hears, hearsNothing } from './tone.mjs';

// `holder` holds: every listener of `tones`, pairs of a listener and what it hears in this call, falls silent; then it
// resumes. `told` is the page that learns of it, where the other side is one.
export async function holdAndResume(holder, tones, { told } = {}) {
  const everyTone = () => Promise.all(tones.map(([listener, hz]) => hears(listener, hz)));
  await everyTone();
  await holder.hold();
  await told?.event('heldByPeer');
  await Promise.all(tones.map(([listener]) => hearsNothing(listener)));
  await holder.resume();
  await told?.event('resumedByPeer');
  await everyTone();
}
