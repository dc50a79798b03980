/** strongSwan rekeys its IKE SA, and the machine takes the place of either side: what it sends is what was recorded, and so are its keys. */
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { step } from '../../src/ikev2/sa.js';
import type { IkeAction } from '../../src/ikev2/events.js';
import type { Established } from '../../src/ikev2/states.js';
import {
  dataIn,
  eventOf,
  frameOf,
  ikeSaOf,
  insideOf,
  recordedGroup,
  replayedEnv,
  replayedSa,
  sentOf,
  transcriptOf,
} from './replayed-sa.js';
import type { RecordedIkeSa } from './transcripts.js';

/** Transcript, frame of the request, whether the original initiator of the old IKE SA asks. */
const rekeys = [
  ['ikev2-ike-rekey', 9, true],
  ['ikev2-ike-rekey-twice', 9, true],
  ['ikev2-ike-rekey-twice', 13, false],
] as const;

const newSaIn = (actions: readonly IkeAction[]): Established => {
  const found = actions.find((action) => action.type === 'newIkeSa');
  if (found?.sa.state !== 'ESTABLISHED') throw new Error('no new IKE SA');
  return found.sa;
};

function expectKeys(sa: Established, recorded: RecordedIkeSa): void {
  expect([toHex(sa.spiI), toHex(sa.spiR)]).toEqual([recorded.spi_i, recorded.spi_r]);
  const { SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr } = sa.crypto.keys;
  const { sk_d, sk_ai, sk_ar, sk_ei, sk_er, sk_pi, sk_pr } = recorded;
  expect([SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr].map(toHex)).toEqual([sk_d, sk_ai, sk_ar, sk_ei, sk_er, sk_pi, sk_pr]);
}

describe.each(rekeys)('RFC 7296 sections 1.3.2 and 2.18: %s, frame %i', (name, frame, byInitiator) => {
  const transcript = transcriptOf(name);
  const request = frameOf(transcript, frame);
  const response = frameOf(transcript, frame + 1);
  const old = ikeSaOf(transcript, request);
  const recorded = transcript.ike_sas.find(({ origin }) => origin === `rekey of ${old.spi_i}/${old.spi_r}`)!;
  const { shared_secret, nonce_i, nonce_r, spi_i, spi_r, algorithms } = recorded;
  const [KEi, KEr] = [dataIn(request, 'KE'), dataIn(response, 'KE')];
  const group = (own: Uint8Array, peer: Uint8Array) => recordedGroup(19, own, fromHex(shared_secret!), peer);

  test('as responder: the recorded answer, the recorded keys', () => {
    expect(algorithms.group).toBe('ECP_256');
    const role = byInitiator ? 'responder' : 'initiator';
    const child = [0xa000, 0xb000] as const;
    const fresh = replayedSa(old, role, { row: group(KEr, KEi), child });
    const sa = { ...fresh, windows: { ...fresh.windows, nextPeerId: request.message_id } };
    const result = step(sa, eventOf(request), replayedEnv([fromHex(nonce_r), fromHex(spi_r)]));
    expect(sentOf(result.actions).map((data) => insideOf(old, data, !byInitiator))).toEqual([response.plaintext]);
    const next = newSaIn(result.actions);
    expectKeys(next, recorded);
    expect([next.role, next.awaitsChildren]).toEqual(['responder', false]);
    expect(result.sa.state).toBe('REPLACED');
    // The peer deletes the old one, as it was recorded.
    const end = step(result.sa, eventOf(frameOf(transcript, frame + 2)), replayedEnv());
    expect(sentOf(end.actions).map((data) => insideOf(old, data, !byInitiator))).toEqual([frameOf(transcript, frame + 3).plaintext]);
    expect(end.sa.state).toBe('CLOSED');
    expect(end.actions.filter(({ type }) => type === 'removeChild')).toEqual([]);
  });

  test('as initiator: the recorded request, the recorded keys, the recorded Delete', () => {
    const role = byInitiator ? 'initiator' : 'responder';
    const fresh = replayedSa(old, role, { row: group(KEi, KEr), child: [0xa000, 0xb000] });
    const sa = { ...fresh, windows: { ...fresh.windows, nextOwnId: request.message_id } };
    const asked = step(sa, { type: 'rekeyIke' }, replayedEnv([fromHex(nonce_i), fromHex(spi_i)]));
    expect(sentOf(asked.actions).map((data) => insideOf(old, data, byInitiator))).toEqual([request.plaintext]);
    const result = step(asked.sa, eventOf(response), replayedEnv());
    const next = newSaIn(result.actions);
    expectKeys(next, recorded);
    expect(next.role).toBe('initiator');
    // RFC 7296 section 2.8: "After the new equivalent IKE SA is created, the initiator deletes the old IKE SA"
    expect(sentOf(result.actions).map((data) => insideOf(old, data, byInitiator))).toEqual([frameOf(transcript, frame + 2).plaintext]);
    expect(result.sa.state).toBe('DELETING');
    const end = step(result.sa, eventOf(frameOf(transcript, frame + 3)), replayedEnv());
    expect(end.sa.state).toBe('CLOSED');
  });
});
