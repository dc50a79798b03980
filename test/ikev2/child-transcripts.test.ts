/**
 * The Child SAs of strongSwan, libreswan and OpenIKED, from both ends: whoever is asked what the recorded responder was asked answers what it answered, and
 * whoever asks what the recorded initiator asked reads that answer; with the recorded nonces and shared secrets both have the recorded keys.
 */
import { describe, expect, test } from 'vitest';
import { fromHex, readU32 } from '../../src/bytes.js';
import type { Proposal } from '../../src/ike.js';
import { acceptChild, completeChild, offerChild } from '../../src/ikev2/child.js';
import { findNotify, payloadOf } from '../../src/ikev2/pick.js';
import { envOf } from './child-fixtures.js';
import { contextFor, essence, exchangeOf, hexOf, recordedPolicy } from './child-records.js';
import { isKnown } from './proposal-records.js';
import { transcripts } from './transcripts.js';

const totals = { accepted: 0, completed: 0, groups: 0, transport: 0, narrowed: 0, rekeys: 0, unknown: 0 };

const conversations = transcripts.flatMap((t) =>
  t.child_sas.map((child) => [`${t.name} ${child.origin} ${child.frame}`, t, child] as const),
);

describe.each(conversations)('%s', (_, transcript, child) => {
  const { request, response, message } = exchangeOf(transcript, child);
  const exchange = message.exchange === 'CREATE_CHILD_SA' ? 'CREATE_CHILD_SA' : 'IKE_AUTH';
  const offered: readonly Proposal[] = payloadOf(request, 'SA').proposals;
  const answered: readonly Proposal[] = payloadOf(response, 'SA').proposals;
  const [Ni, Nr] = [fromHex(child.nonce_i), fromHex(child.nonce_r)];
  const keys = [child.encr_i, child.integ_i, child.encr_r, child.integ_r];
  // RFC 9370 puts further secrets behind the nonces, by exchanges that are not ours.
  const isPlain = child.additional_shared_secret === undefined && answered.every(isKnown);

  test('the responder', () => {
    if (!isPlain) {
      totals.unknown++;
      return;
    }
    const policy = recordedPolicy(response, false, child.pfs_shared_secret);
    const env = envOf({ spi: readU32(fromHex(child.spi_responder), 0) });
    const accepted = acceptChild(contextFor(transcript, child, policy, message, false), request, env, { exchange, Ni, Nr });
    if ('invalidKe' in accepted) throw new Error(`${accepted.invalidKe}`);
    expect(essence(accepted.payloads)).toEqual(
      essence(response).filter((p) => exchange === 'CREATE_CHILD_SA' || (p.type !== 'Nonce' && p.type !== 'KE')),
    );
    expect(hexOf(accepted.keys, false)).toEqual(keys);
    expect([accepted.child.spiIn, accepted.child.spiOut]).toEqual(
      [child.spi_responder, child.spi_initiator].map((spi) => readU32(fromHex(spi), 0)),
    );
    totals.accepted++;
    if (accepted.child.suite.keyExchange) totals.groups++;
    if (accepted.child.mode === 'transport') totals.transport++;
    if (findNotify(request, 'REKEY_SA')) totals.rekeys++;
  });

  test('the initiator', () => {
    if (!isPlain || !offered.every(isKnown)) return;
    const policy = recordedPolicy(request, true, child.pfs_shared_secret);
    const env = envOf({ spi: readU32(fromHex(child.spi_initiator), 0) });
    const context = contextFor(transcript, child, policy, message, true);
    const { offer, payloads } = offerChild(context, policy, env, { exchange, Ni });
    expect(essence(payloads)).toEqual(
      essence(request).filter((p) => exchange === 'CREATE_CHILD_SA' || (p.type !== 'Nonce' && p.type !== 'KE')),
    );
    const completed = completeChild(context, offer, response, env, { exchange, Nr });
    expect(hexOf(completed.keys, true)).toEqual(keys);
    expect(completed.child.local).toEqual(payloadOf(response, 'TSi').selectors);
    expect(completed.child.remote).toEqual(payloadOf(response, 'TSr').selectors);
    totals.completed++;
    if (
      JSON.stringify(offer.local) !== JSON.stringify(completed.child.local) ||
      JSON.stringify(offer.remote) !== JSON.stringify(completed.child.remote)
    )
      totals.narrowed++;
  });
});

test('how many there were', () => {
  expect(totals).toEqual({ accepted: 106, completed: 106, groups: 12, transport: 1, narrowed: 3, rekeys: 20, unknown: 1 });
});
