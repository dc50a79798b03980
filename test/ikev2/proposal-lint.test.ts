import { describe, expect, test } from 'vitest';
import { type ChildProposal, createProposals, type IkeProposal, lintProposals } from '../../src/ikev2/proposal.js';
import { allRows } from '../../src/suite/all.js';
import { encryptionAlgorithms } from '../../src/iana/encryption.js';
import { integrityAlgorithms } from '../../src/iana/integrity.js';
import { keyExchangeMethods } from '../../src/iana/key-exchange.js';
import { pseudorandomFunctions } from '../../src/iana/prf.js';
import { aes128Gcm16, aes128Gcm16Iiv, aes128GmacEsp, aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519, modp2048 } from '../../src/suite/dh.js';
import { modp1024, modp1024s160, modp1536, modp2048s256, modp768 } from '../../src/suite/dh-legacy.js';
import { aes256Cbc, nullEncryption } from '../../src/suite/encr.js';
import { aes128Gmac, hmacSha1_96, hmacSha256_128, hmacSha512_256 } from '../../src/suite/integ.js';
import { desCbc, hmacMd5_96, hmacSha256_96, tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha1, prfHmacSha256 } from '../../src/suite/prf.js';
import { prfHmacMd5 } from '../../src/suite/prf-legacy.js';

const ike: IkeProposal = { encryption: [aes256Cbc], integrity: [hmacSha256_128], prf: [prfHmacSha256], keyExchange: [curve25519] };
const esp: ChildProposal = { protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [curve25519], esn: [true, false] };
const ah: ChildProposal = { ...esp, protocol: 'AH', encryption: [], integrity: [hmacSha256_128] };
const short = (findings: ReturnType<typeof lintProposals>): string[] =>
  findings.map(({ path, level, message, rfc }) => `${path} ${level}: ${message} (${rfc})`);
const lintIke = (change: Partial<IkeProposal>): string[] => short(lintProposals({ ike: [{ ...ike, ...change }] }));
const lintChild = (change: Partial<ChildProposal>, base = esp): string[] => short(lintProposals({ child: [{ ...base, ...change }] }));

test('nothing is said against the defaults', () => {
  expect(lintProposals(createProposals(allRows))).toEqual([]);
  expect(lintProposals({})).toEqual([]);
  expect([...lintIke({}), ...lintChild({}), ...lintChild({}, ah)]).toEqual([]);
});

test('where: the path goes in front', () => {
  const findings = lintProposals({ ike: [ike, { ...ike, keyExchange: [curve25519, modp768] }] }, 'connections.0');
  expect(findings.map(({ path }) => path)).toEqual(['connections.0.ike.1.keyExchange.1']);
});

describe('RFC 8247 section 2: algorithms of IKE', () => {
  test('MUST NOT is an error, SHOULD NOT a warning, MUST- a warning', () => {
    expect(lintIke({ encryption: [desCbc, tripleDesCbc, aes256Cbc] })).toEqual([
      'ike.0.encryption.0 error: ENCR_DES is at MUST NOT for IKE (RFC 8247 section 2.1)',
    ]);
    expect(lintIke({ prf: [prfHmacMd5, prfHmacSha1, prfHmacSha256] })).toEqual([
      'ike.0.prf.0 error: PRF_HMAC_MD5 is at MUST NOT for IKE (RFC 8247 section 2.2)',
      'ike.0.prf.1 warning: PRF_HMAC_SHA1 is at MUST-: only for peers that have nothing newer (RFC 8247 section 2.2)',
    ]);
    expect(lintIke({ integrity: [hmacMd5_96, hmacSha1_96, hmacSha256_128] })).toEqual([
      'ike.0.integrity.0 error: AUTH_HMAC_MD5_96 is at MUST NOT for IKE (RFC 8247 section 2.3)',
      'ike.0.integrity.1 warning: AUTH_HMAC_SHA1_96 is at MUST-: only for peers that have nothing newer (RFC 8247 section 2.3)',
    ]);
    const levels = [modp768, modp1024, modp1536, modp1024s160, modp2048s256, modp2048].map(
      (row) => lintIke({ keyExchange: [row] })[0]?.split(' ')[1],
    );
    expect(levels).toEqual(['error:', 'warning:', 'warning:', 'error:', 'warning:', undefined]);
  });
  test('every row of the registries at MUST NOT or SHOULD NOT, or deprecated by RFC 9395, is found', () => {
    const of = (table: typeof encryptionAlgorithms, member: keyof IkeProposal, like: object): void => {
      for (const row of table) {
        const found = lintIke({ [member]: [{ ...like, ...row }] }).filter(
          (text) => text.startsWith(`ike.0.${member}.0`) && /MUST NOT|SHOULD NOT|deprecated/.test(text),
        );
        const wanted = row.ike === 'MUST NOT' || row.ike === 'SHOULD NOT' || row.deprecated !== undefined;
        expect([row.name, found.length]).toEqual([row.name, wanted ? 1 : 0]);
      }
    };
    of(
      encryptionAlgorithms.filter(({ id }) => id < 14),
      'encryption',
      aes256Cbc,
    );
    of(pseudorandomFunctions, 'prf', prfHmacSha256);
    of(
      integrityAlgorithms.filter(({ id }) => id > 0),
      'integrity',
      hmacSha256_128,
    );
    of(
      keyExchangeMethods.filter(({ id }) => id > 0),
      'keyExchange',
      curve25519,
    );
  });
  test('what does not serve IKE', () => {
    expect(lintIke({ encryption: [nullEncryption] })).toEqual([
      'ike.0.encryption.0 error: ENCR_NULL does not encrypt (RFC 8247 section 2.1)',
    ]);
    expect(lintIke({ encryption: [aes128GmacEsp], integrity: [] })).toEqual([
      'ike.0.encryption.0 error: ENCR_NULL_AUTH_AES_GMAC does not encrypt (RFC 8247 section 2.1)',
    ]);
    expect(lintIke({ encryption: [aes128Gcm16Iiv], integrity: [] })).toEqual([
      'ike.0.encryption.0 error: ENCR_AES_GCM_16_IIV is for ESP alone (RFC 8750 section 7)',
    ]);
    expect(lintIke({ integrity: [hmacSha256_128, hmacSha256_96] })).toEqual([
      "ike.0.integrity.1 error: AUTH_HMAC_SHA2_256_96 has no number of IANA's, so that it cannot be negotiated (RFC 7296 section 3.3.2)",
    ]);
  });
  test('integrity: missing, or without effect', () => {
    expect(lintIke({ integrity: [] })).toEqual(['ike.0.integrity error: ENCR_AES_CBC needs an integrity algorithm (RFC 8247 section 2.1)']);
    expect(lintIke({ encryption: [aes256Gcm16] })).toEqual([
      'ike.0.integrity warning: without effect: every cipher is a combined-mode one (RFC 5282 section 8)',
    ]);
    expect(lintIke({ encryption: [aes256Gcm16, aes256Cbc] })).toEqual([]);
  });
  test('empty lists, and algorithms that stand there twice', () => {
    expect(lintIke({ encryption: [], prf: [], keyExchange: [] })).toEqual([
      'ike.0.encryption error: empty: a mandatory Transform Type would be missing (RFC 7296 section 3.3.3)',
      'ike.0.prf error: empty: a mandatory Transform Type would be missing (RFC 7296 section 3.3.3)',
      'ike.0.keyExchange error: empty: a mandatory Transform Type would be missing (RFC 7296 section 3.3.3)',
    ]);
    expect(lintIke({ encryption: [aes256Gcm16, aes128Gcm16, { ...aes256Gcm16, engine: 'other' }], integrity: [] })).toEqual([
      'ike.0.encryption.2 warning: ENCR_AES_GCM_16 stands there twice (RFC 7296 section 3.3)',
    ]);
  });
});

describe('RFC 8221: ESP and AH', () => {
  test('levels', () => {
    expect(lintChild({ encryption: [tripleDesCbc, desCbc], integrity: [hmacMd5_96] })).toEqual([
      'child.0.encryption.0 warning: ENCR_3DES is at SHOULD NOT for ESP (RFC 8221 section 5)',
      'child.0.encryption.1 error: ENCR_DES is at MUST NOT for ESP (RFC 8221 section 5)',
      'child.0.integrity.0 error: AUTH_HMAC_MD5_96 is at MUST NOT for ESP (RFC 8221 section 6)',
    ]);
    expect(lintChild({ keyExchange: [modp768] })).toEqual([
      'child.0.keyExchange.0 error: 768-bit MODP Group is at MUST NOT for ESP (RFC 8247 section 2.4)',
    ]);
  });
  test('encryption without authentication, authentication without encryption', () => {
    expect(lintChild({ encryption: [aes256Cbc] })).toEqual([
      'child.0.integrity error: ENCR_AES_CBC needs an integrity algorithm (RFC 8221 section 4)',
    ]);
    expect(lintChild({ encryption: [nullEncryption, aes128GmacEsp], integrity: [hmacSha256_128] })).toEqual([
      'child.0.encryption.0 warning: ENCR_NULL does not encrypt: everybody on the way can read the packets (RFC 8221 section 5)',
      'child.0.encryption.1 warning: ENCR_NULL_AUTH_AES_GMAC does not encrypt: everybody on the way can read the packets (RFC 8221 section 5)',
    ]);
    expect(lintChild({ encryption: [aes256Gcm16] }, ah)).toEqual(['child.0.encryption error: AH encrypts nothing (RFC 4302)']);
    expect(lintChild({ integrity: [aes128Gmac] }, ah)).toEqual([]);
    expect(lintChild({ encryption: [aes256Cbc], integrity: [aes128Gmac] })).toEqual([
      'child.0.integrity.0 error: AUTH_AES_128_GMAC is for AH alone (RFC 4543 section 5.3)',
    ]);
  });
  test('the truncation bug', () => {
    expect(lintChild({ encryption: [aes256Cbc], integrity: [hmacSha512_256, hmacSha256_128] })).toEqual([]);
    expect(lintChild({ encryption: [aes256Cbc], integrity: [hmacSha256_128, hmacSha512_256] })).toEqual([
      'child.0.integrity.0 warning: AUTH_HMAC_SHA2_256_128, which some peers cut to 96 bits, stands before AUTH_HMAC_SHA2_512_256 (RFC 8221 section 6)',
    ]);
  });
  test('no perfect forward secrecy; one kind of sequence numbers', () => {
    for (const keyExchange of [[], ['none' as const]])
      expect(lintChild({ keyExchange })).toEqual([
        'child.0.keyExchange warning: no group: without perfect forward secrecy, and a peer that insists on it refuses at the first rekey (RFC 7296 section 1.3.1)',
      ]);
    expect(lintChild({ esn: [true] })).toEqual(['child.0.esn warning: insists on ESN, which not every peer has (RFC 7296 section 3.3.2)']);
    expect(lintChild({ esn: [false] })).toEqual([
      'child.0.esn warning: without ESN an SA ends after 2^32 packets at the latest (RFC 4303 section 3.3.3)',
    ]);
    expect(lintChild({ encryption: [], esn: [] })).toHaveLength(2);
    expect(lintChild({ integrity: [] }, ah)).toHaveLength(1);
  });
});
