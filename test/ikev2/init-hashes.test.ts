/** What SIGNATURE_HASH_ALGORITHMS names: RFC 7427 section 4, RFC 8420 section 3. */
import { describe, expect, test } from 'vitest';
import type { LocalAuthentication, RemoteAuthentication } from '../../src/keying/connection.js';
import { hashAlgorithmsNotify, hashAlgorithmsOf } from '../../src/ikev2/exchange/init-extensions.js';
import { defaultSignatureRows as rows, type SignatureRow } from '../../src/suite/sign.js';
import { connectionOf } from './converse.js';
import { ownOf, signerOf } from './signers.js';

const own = (used: readonly SignatureRow[] = rows): LocalAuthentication => ownOf(signerOf('rsa-a'), { rows: used });
const shared = { method: 'shared-key', secret: Uint8Array.of(1) } as const;
const wants = (...types: SignatureRow['keyType'][]): RemoteAuthentication => ({
  method: 'certificate',
  rows: rows.filter(({ keyType }) => types.includes(keyType)),
  authorities: [],
});
const named = (...connections: (readonly [LocalAuthentication, RemoteAuthentication])[]): unknown =>
  hashAlgorithmsOf(
    hashAlgorithmsNotify(connections.map(([localAuth, remoteAuth]) => connectionOf(['a.example', 'b.example'], { localAuth, remoteAuth }))),
  );

describe('RFC 7427 section 4: "Both ends send their list of supported hash algorithms."', () => {
  test('those that we verify, in IANA`s order, whatever we sign with', () => {
    expect(named([own(), wants('EC')])).toEqual(['SHA2-256', 'SHA2-384', 'SHA2-512']);
    expect(named([shared, { method: 'public-key', keys: [], rows: rows.filter(({ name }) => name === 'ecdsa-with-SHA384') }])).toEqual([
      'SHA2-384',
    ]);
  });

  test('a responder: those of all connections that the peer may be for', () => {
    const one = { method: 'public-key', keys: [], rows: rows.filter(({ name }) => name === 'ecdsa-with-SHA384') } as const;
    expect(named([shared, shared], [own(), one], [own(), wants('Ed448')])).toEqual(['SHA2-384', 'Identity']);
  });

  test('who signs and verifies nothing names its own: without the notification it could not use RFC 7427', () => {
    expect(named([own(rows.filter(({ name }) => name === 'sha512WithRSAEncryption')), shared])).toEqual(['SHA2-512']);
  });

  test('who does neither says nothing', () => {
    expect(named([shared, shared])).toBeUndefined();
    expect(named([{ method: 'eap' }, { method: 'eap' }], [{ method: 'null' }, { method: 'null' }])).toBeUndefined();
  });

  test('what is demanded besides (RFC 4739) counts', () => {
    const id = { type: 'any' } as const;
    const more = connectionOf(
      ['a.example', 'b.example'],
      { localAuth: shared, remoteAuth: shared },
      { furtherDemands: [{ id, auth: wants('Ed25519') }] },
    );
    expect(hashAlgorithmsOf(hashAlgorithmsNotify([more]))).toEqual(['Identity']);
  });
});

test('RFC 8420 section 3: Identity for EdDSA, and nothing else for EdDSA alone', () => {
  expect(named([own(), wants('Ed25519', 'Ed448')])).toEqual(['Identity']);
  expect(named([own(), wants('RSA', 'EC')])).not.toContain('Identity');
  expect(named([own(), wants('EC', 'Ed25519')])).toContain('Identity');
});
