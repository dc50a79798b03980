/**
 * Where a signature has no randomness in it, ours are those of strongSwan: made with its private keys by OpenSSL, asked for as a token would be.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { claimOf } from '../../src/ikev2/exchange/ike-auth-established.js';
import { proveIdentity } from '../../src/ikev2/exchange/ike-auth-methods.js';
import { createIdPayload, identityOf } from '../../src/ikev2/peer.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { decodePublicKey, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { initiatorOf, responderOf, signatureRecords } from './auth-records.js';
import { authOf, ownSignatureOf, privatePemOf, publicKeyOf, saidBy, signatureConnectionOf } from './signature-records.js';

const sides = ['initiator', 'responder'] as const;
const hashes: Readonly<Record<string, string>> = { SHA1: 'sha1', 'SHA2-256': 'sha256', 'SHA2-384': 'sha384', 'SHA2-512': 'sha512' };
const compared: string[] = [];

test.each(signatureRecords.flatMap((record) => sides.map((side) => [record.name, side, record] as const)))('%s, %s', (_, side, record) => {
  const { method } = authOf(record, side);
  if (method === 'Shared Key Message Integrity Code') return;
  const key = createPrivateKey(privatePemOf(record, side));
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  expect(toHex(publicKeyOf(record, side).spki)).toBe(toHex(spki));
  const certificate = findPayload(saidBy(record, side), 'CERT');
  if (certificate) expect(publicKeyOfCertificate(certificate.data)).toEqual(decodePublicKey(spki));
  const id = findPayload(saidBy(record, side), side === 'initiator' ? 'IDi' : 'IDr')!;
  const connection = signatureConnectionOf(record, side);
  const sa = side === 'initiator' ? initiatorOf(record, connection) : responderOf(record, [connection]);
  const facts = { connection, localId: connection.localId, peerId: connection.localId, payloads: [], answers: [] };
  const claim = claimOf(sa, { id: createIdPayload(id.type, identityOf(id)), ...facts });
  const own = ownSignatureOf(record, side);
  const proof = proveIdentity(own, claim);
  if ('error' in proof) throw proof.error;
  if ('auth' in proof) {
    expect([own.publicKey.type, proof.auth]).toEqual(['Ed25519', authOf(record, side)]);
    compared.push('Ed25519');
    return;
  }
  const { ask } = proof;
  if (ask.kind !== 'sign') throw new Error(ask.kind);
  const isRepeatable = ask.row.name.endsWith('WithRSAEncryption');
  if (!isRepeatable) return;
  const value = new Uint8Array(sign(hashes[ask.row.hash], ask.octets, key));
  expect(proveIdentity(own, { ...claim, answers: [{ ask, value }] })).toMatchObject({ auth: authOf(record, side) });
  compared.push(ask.row.name);
});

test('all of them together', () => {
  const count = (name: string): number => compared.filter((other) => other === name).length;
  expect(['Ed25519', 'sha1WithRSAEncryption', 'sha256WithRSAEncryption', 'sha384WithRSAEncryption'].map(count)).toEqual([2, 2, 7, 4]);
});
