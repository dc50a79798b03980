import { describe, expect, it } from 'vitest';
import { createProposals } from '../../src/ikev2/proposal.js';
import { encryptionAlgorithms } from '../../src/iana/encryption.js';
import { integrityAlgorithms } from '../../src/iana/integrity.js';
import { keyExchangeMethods } from '../../src/iana/key-exchange.js';
import { pseudorandomFunctions } from '../../src/iana/prf.js';
import { aeadRows } from '../../src/suite/aead.js';
import { keyExchangeRows } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { checkIdentity } from '../../src/ikev2/exchange/ike-auth-methods.js';
import { computeSharedKeyAuth } from '../../src/ikev2/auth.js';
import { decodeNotifyData } from '../../src/ikev2/notify-data.js';
import { findNotify } from '../../src/ikev2/pick.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { prfHmacSha256, prfRows } from '../../src/suite/prf.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { connectionOf, converse } from '../ikev2/converse.js';
import { answersOf, ownOf, signerOf } from '../ikev2/signers.js';
import { legacyPrfRows } from '../../src/suite/prf-legacy.js';

/** Tables of levels: iana/ has them as the RFC prints them (iana.test.ts and ike.test.ts). */
const tables = { encryption: encryptionAlgorithms, prf: pseudorandomFunctions, integrity: integrityAlgorithms, group: keyExchangeMethods };
const standard = { encryption: [...aeadRows, ...encrRows], prf: prfRows, integrity: integRows, group: keyExchangeRows };
const legacy = { encryption: legacyRows, prf: legacyPrfRows, integrity: legacyRows, group: legacyKeyExchangeRows };
const kinds = ['encryption', 'prf', 'integrity', 'group'] as const;
const keysOf = (name: string): number[] => standard.encryption.filter((row) => row.name === name).map((row) => row.keyLength * 8);
const at = (kind: (typeof kinds)[number], level: RegExp): string[] =>
  tables[kind].filter((row) => level.test(row.ike ?? '')).map(({ name }) => name);
const has = (rows: readonly { readonly name: string }[], name: string): boolean => rows.some((row) => row.name === name);

describe('RFC 8247 section 2: what is there', () => {
  it.each(kinds)('every MUST and SHOULD: %s', (kind) => {
    const wanted = at(kind, /^(?:MUST-?|SHOULD\+?)$/);
    expect(wanted.length).toBeGreaterThan(1);
    for (const name of wanted) expect([name, has(standard[kind], name)]).toEqual([name, true]);
  });
  it('section 2.1: 128-bit and 256-bit keys of AES-CBC and AES-GCM, 128-bit keys of AES-CCM with an ICV of 8 octets', () => {
    for (const name of ['ENCR_AES_CBC', 'ENCR_AES_GCM_16']) expect(keysOf(name)).toEqual(expect.arrayContaining([128, 256]));
    expect(keysOf('ENCR_AES_CCM_8')).toContain(128);
  });
});

describe('RFC 8247 section 2: what is not there', () => {
  it.each(kinds)('the standard lists have nothing that MUST NOT or SHOULD NOT be: %s', (kind) => {
    const discouraged = at(kind, /NOT$/).filter((name) => name !== 'ENCR_NULL'); // for ESP, where it is a MUST
    for (const name of discouraged) expect([name, has(standard[kind], name)]).toEqual([name, false]);
    const proposals = createProposals([
      ...aeadRows,
      ...encrRows,
      ...integRows,
      ...prfRows,
      ...keyExchangeRows,
      ...legacyRows,
      ...legacyKeyExchangeRows,
    ]);
    const offered = proposals.ike.flatMap((p) => [...p.encryption, ...p.integrity, ...p.prf, ...p.keyExchange]).map(({ name }) => name);
    expect(offered.length).toBeGreaterThan(8);
    for (const name of at(kind, /NOT$/)) expect(offered).not.toContain(name);
  });
  it('AUTH_DES_MAC and AUTH_KPDK_MD5 are nowhere', () => {
    for (const name of ['AUTH_DES_MAC', 'AUTH_KPDK_MD5'])
      expect([name, has(legacy.integrity, name), has(integRows, name)]).toEqual([name, false, false]);
  });
});

describe('RFC 8247 section 3', () => {
  it('a shared key is a shared key: no other method passes for it', () => {
    const secret = new Uint8Array(32).fill(1);
    const octets = new Uint8Array(99);
    const id = { type: 'ID_FQDN', name: 'host.example' } as const;
    const hashAlgorithms = { own: undefined, peer: undefined };
    const who = { localId: id, peerId: id, round: 0, matchCertificate: true, sourceAddress: undefined };
    const known = { ...who, hashAlgorithms, payloads: [], answers: [] };
    const claim = { prf: prfHmacSha256, octets, SK_p: secret, ...known };
    const data = computeSharedKeyAuth(prfHmacSha256, secret, octets);
    const checked = (method: number | 'Shared Key Message Integrity Code'): unknown =>
      checkIdentity({ method: 'shared-key', secret }, claim, { type: 'AUTH', method, data });
    expect(checked('Shared Key Message Integrity Code')).toBe('right');
    for (const method of [1, 3, 9, 10, 11, 12, 13, 14]) expect(checked(method)).toMatchObject({ error: { code: 'authentication-failed' } });
  });

  it('section 3.2: the standard rows have RSASSA-PSS with SHA2-256 before RSASSA-PKCS1-v1_5, ECDSA with SHA2-256, and nothing with SHA-1', () => {
    const names = defaultSignatureRows.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['RSASSA-PSS with SHA2-256', 'ecdsa-with-SHA256', 'ecdsa-with-SHA384', 'ecdsa-with-SHA512']),
    );
    expect(names.indexOf('RSASSA-PSS with SHA2-256')).toBeLessThan(names.indexOf('sha256WithRSAEncryption'));
    expect(new Set(defaultSignatureRows.map(({ hash }) => hash))).toEqual(new Set(['SHA2-256', 'SHA2-384', 'SHA2-512', 'Identity']));
  });

  it('SIGNATURE_HASH_ALGORITHMS names SHA2-256 and SHA2-512, and not SHA1', async () => {
    const [a, b] = [signerOf('p256-a'), signerOf('p256-b')];
    const remoteAuth = { method: 'certificate', rows: defaultSignatureRows, authorities: [] } as const;
    const done = await converse(
      connectionOf(['a.example', 'b.example'], { localAuth: ownOf(a), remoteAuth }),
      [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(b), remoteAuth })],
      { a: answersOf(a), b: answersOf(b) },
    );
    for (const { said } of [done.a, done.b]) {
      const { algorithms } = decodeNotifyData('SIGNATURE_HASH_ALGORITHMS', findNotify(said[0]!, 'SIGNATURE_HASH_ALGORITHMS')!.data);
      expect(algorithms).toEqual(['SHA2-256', 'SHA2-384', 'SHA2-512', 'Identity']);
    }
  });
});
