import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import {
  chooseChildProposal,
  chooseIkeProposal,
  createProposals,
  encodeChildProposals,
  encodeIkeProposals,
  formatChildProposal,
  formatIkeProposal,
  lintProposals,
  parseChildProposal,
  parseChildProposals,
  parseIkeProposal,
  parseIkeProposals,
  type SuiteRow,
} from '../../src/ikev2/proposal.js';
import { keywords } from '../../src/ikev2/proposal-keywords.js';
import { aes128Gcm16, aes256Gcm16, aeadRows } from '../../src/suite/aead.js';
import { curve25519, keyExchangeRows, modp2048 } from '../../src/suite/dh.js';
import { aes256Cbc, encrRows } from '../../src/suite/encr.js';
import { hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { prfHmacSha256, prfHmacSha384, prfRows } from '../../src/suite/prf.js';
import { allRows } from './proposal-records.js';

const rows = [...aeadRows, ...encrRows, ...integRows, ...prfRows, ...keyExchangeRows];
const ike = (value: unknown, of: readonly SuiteRow[] = rows): string => formatIkeProposal(parseIkeProposal(value, of));
const child = (value: unknown): string => formatChildProposal(parseChildProposal(value, rows));
function errorOf(run: () => unknown): IpsecError {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('nothing thrown');
}
const says = (value: unknown, read: (value: unknown, rows: readonly SuiteRow[], path: string) => unknown = parseIkeProposal): string => {
  const { code, message } = errorOf(() => read(value, rows, 'ike.0'));
  return `${code}: ${message}`;
};

describe('text', () => {
  test('keywords of any kind in any order, each kind in order of preference', () => {
    expect(ike('aes256gcm16-prfsha384-curve25519')).toBe('IKE: ENCR_AES_GCM_16 (256); PRF_HMAC_SHA2_384; Curve25519');
    expect(ike('x25519-AES256-sha512-aes128-modp2048-sha256-prfsha256')).toBe(
      'IKE: ENCR_AES_CBC (256) or ENCR_AES_CBC (128); AUTH_HMAC_SHA2_512_256 or AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_256; Curve25519 or 2048-bit MODP Group',
    );
  });
  test('without a pseudorandom function: the one like the integrity algorithm', () => {
    expect(ike('aes256-sha256-sha512-modp2048')).toContain('; PRF_HMAC_SHA2_256 or PRF_HMAC_SHA2_512; ');
    expect(ike('aes128-aesxcbc-aescmac-modp2048')).toContain('; PRF_AES128_XCBC or PRF_AES128_CMAC; ');
    expect(says('aes256gcm16-curve25519')).toBe(
      'invalid-config: a proposal for IKE: expected a pseudorandom function, such as prfsha256, found none (ike.0)',
    );
  });
  test('Child SAs: ESP, or AH when it says so; groups and ESN when they are named', () => {
    expect(child('aes256gcm16')).toBe('ESP: ENCR_AES_GCM_16 (256); ESN or no ESN');
    expect(child('esp:aes256-sha256-ecp256-none-noesn')).toBe(
      'ESP: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; 256-bit random ECP group or no group; no ESN',
    );
    expect(child('aes128gmac-esn-noesn')).toBe('ESP: ENCR_NULL_AUTH_AES_GMAC (128); ESN or no ESN');
    expect(child(' AH:aes256gmac-sha256-modp2048-esn')).toBe('AH: AUTH_AES_256_GMAC or AUTH_HMAC_SHA2_256_128; 2048-bit MODP Group; ESN');
    expect(child('null-sha256')).toBe('ESP: ENCR_NULL; AUTH_HMAC_SHA2_256_128; ESN or no ESN');
  });
  test('every keyword stands for a number that IANA has given out, and for our rows of that number', () => {
    expect(keywords.size).toBeGreaterThan(100);
    for (const row of allRows) {
      if (row.id === 0 || (row.kind === 'integrity' && row.ivLength > 0)) continue;
      if ('implicitIv' in row && row.implicitIv) continue;
      const kind = row.kind === 'aead' || row.kind === 'cipher' ? 'encryption' : row.kind === 'ke' ? 'keyExchange' : row.kind;
      const bits = kind === 'encryption' && 'keyLength' in row ? row.keyLength * 8 : undefined;
      const named = [...keywords].filter(
        ([, k]) => k.kind === kind && k.id === row.id && (k.keyLength === undefined || k.keyLength === bits),
      );
      expect(named, row.name).not.toEqual([]);
      if (row.kind === 'ke' && !row.shortName.startsWith('brainpool')) expect(named.map(([word]) => word)).toContain(row.shortName);
    }
    expect([keywords.get('aes256gcm')?.id, keywords.get('aes256gcm96')?.id, keywords.get('camellia192ccm64')?.id]).toEqual([20, 19, 25]);
  });
});

describe('JSON', () => {
  test("IANA's names, with the bits of the key behind or beside them, or keywords", () => {
    const wanted = 'IKE: ENCR_AES_GCM_16 (256); PRF_HMAC_SHA2_384; Curve25519 or 2048-bit MODP Group';
    for (const encryption of ['ENCR_AES_GCM_16-256', 'aes256gcm16', { name: 'ENCR_AES_GCM_16', keyLength: 256 }, { name: 'aes256gcm' }]) {
      const rest = { prf: ['PRF_HMAC_SHA2_384'], keyExchange: ['Curve25519', '2048-bit MODP Group'] };
      expect(ike({ encryption, ...rest })).toBe(wanted);
      expect(ike({ encryption: [encryption], ...rest, keyExchange: ['curve25519', 'modp2048'] })).toBe(wanted);
    }
  });
  test('a cipher without a length of key: every length at hand, the longest first', () => {
    expect(ike({ encryption: 'ENCR_AES_CBC', integrity: 'sha256', keyExchange: 'x25519' })).toMatch(
      /^IKE: ENCR_AES_CBC \(256\) or ENCR_AES_CBC \(192\) or ENCR_AES_CBC \(128\); /,
    );
    const two = [aes128Gcm16, aes256Gcm16, { ...aes256Gcm16, engine: 'other' }, prfHmacSha256, curve25519];
    expect(parseIkeProposal({ encryption: 'ENCR_AES_GCM_16', prf: 'prfsha256', keyExchange: 'x25519' }, two).encryption).toEqual([
      aes256Gcm16,
      aes128Gcm16,
    ]);
  });
  test('Child SAs', () => {
    expect(child({ encryption: 'ENCR_CHACHA20_POLY1305' })).toBe('ESP: ENCR_CHACHA20_POLY1305; ESN or no ESN');
    expect(child({ protocol: 'AH', integrity: ['AUTH_HMAC_SHA2_256_128'], keyExchange: ['ecp256', 'none'], esn: true })).toBe(
      'AH: AUTH_HMAC_SHA2_256_128; 256-bit random ECP group or no group; ESN',
    );
    expect(child({ encryption: 'aes128gcm16', esn: [false, true, false] })).toBe('ESP: ENCR_AES_GCM_16 (128); no ESN or ESN');
  });
  test('members that mean nothing are told of', () => {
    const warnings: string[] = [];
    parseIkeProposal({ encrypton: [], encryption: 'aes128gcm16', prf: 'prfsha256', keyExchange: 'x25519' }, rows, 'a.b', (w) =>
      warnings.push(w.message),
    );
    parseChildProposal({ prf: 'prfsha256', encryption: 'aes128gcm16' }, rows, 'a.c', (w) => warnings.push(w.message));
    expect(warnings).toEqual([
      'an unknown member, ignored: did you mean encryption? (a.b.encrypton)',
      'an unknown member, ignored (a.c.prf)',
    ]);
  });
});

describe('RFC 8221 section 6: peers that cut AUTH_HMAC_SHA2_256_128 to 96 bits', () => {
  test('the algorithm of 96 bits goes under the number of the other, when it is named', () => {
    for (const value of ['aes256-sha256_96', { encryption: 'aes256', integrity: ['AUTH_HMAC_SHA2_256_96'] }, 'aes256-sha2_256_96-sha256']) {
      const record = parseChildProposal(value, allRows);
      expect(formatChildProposal(record)).toContain('; AUTH_HMAC_SHA2_256_96');
      const offered = encodeChildProposals([record], () => Uint8Array.of(0, 0, 1, 0), { keyExchange: false });
      expect(offered[0]!.transforms.filter(({ type }) => type === 'INTEG')).toEqual([{ type: 'INTEG', id: 12, attributes: [] }]);
      expect(chooseChildProposal(offered, [record], { keyExchange: false })?.chosen.integrity?.icvLength).toBe(12);
      expect(lintProposals({ child: [record] })).toContainEqual({
        path: 'child.0.integrity.0',
        level: 'warning',
        message: 'AUTH_HMAC_SHA2_256_96 goes as AUTH_HMAC_SHA2_256_128: for peers with that bug alone',
        rfc: 'RFC 8221 section 6',
      });
    }
  });
  test('not in IKE, which never had the bug, and not without the row', () => {
    expect(errorOf(() => parseIkeProposal('aes256-sha256_96-modp2048', allRows)).found).toBe('AUTH_HMAC_SHA2_256_96');
    expect(errorOf(() => parseChildProposal('aes256-sha256_96', rows)).code).toBe('unknown-algorithm');
  });
});

describe('what is wrong, where, and what was meant', () => {
  const good = { encryption: ['aes256'], integrity: ['sha256'], prf: ['prfsha256'], keyExchange: ['x25519'] };
  test.each<[unknown, string]>([
    [
      'aes256gmc16-prfsha256-x25519',
      'unknown-algorithm: a word of a proposal: expected words such as aes256gcm16, sha256, prfsha384, curve25519, with hyphens between them, found "aes256gmc16", did you mean aes256gcm16? (ike.0)',
    ],
    [
      '',
      'unknown-algorithm: a word of a proposal: expected words such as aes256gcm16, sha256, prfsha384, curve25519, with hyphens between them, found "" (ike.0)',
    ],
    ['3des-sha1-modp2048', 'unknown-algorithm: a cipher that is not at hand: expected '],
    [
      'aes256-sha256-modp2048-esn',
      'invalid-config: a proposal for IKE: expected a cipher, an integrity algorithm, a pseudorandom function, a group, found "esn" (ike.0)',
    ],
    ['aes256-modp2048-prfsha256', 'unsafe-config: a proposal: expected an integrity algorithm for ENCR_AES_CBC, found none (ike.0)'],
    ['aes256-sha256', 'invalid-config: a proposal: expected at least one, found none (ike.0)'],
    ['null-sha256-modp2048', 'unsafe-config: a proposal: expected a cipher that may protect an IKE SA, found ENCR_NULL (ike.0)'],
    [17, 'invalid-config: a proposal: expected an object, or text such as "aes256gcm16-prfsha384-curve25519", found 17 (ike.0)'],
    [
      ['aes256'],
      'invalid-config: a proposal: expected an object, or text such as "aes256gcm16-prfsha384-curve25519", found ["aes256"] (ike.0)',
    ],
    [
      { ...good, encryption: ['ENCR_AES_CBC-256', 'ENCR_AES_GCM16'] },
      'unknown-algorithm: a cipher: found "ENCR_AES_GCM16", did you mean ENCR_AES_GCM_16? (ike.0.encryption.1)',
    ],
    [{ ...good, encryption: 'ENCR_AES_CBC-512' }, 'unknown-algorithm: a cipher that is not at hand: expected '],
    [
      { ...good, encryption: [{ name: 'ENCR_AES_CBC', keyLength: '256' }] },
      'invalid-config: a key length: expected bits, found "256" (ike.0.encryption.0.keyLength)',
    ],
    [{ ...good, encryption: [null] }, 'invalid-config: a cipher: expected its name, found null (ike.0.encryption.0)'],
    [
      { ...good, encryption: ['aes256', 'null'] },
      'unsafe-config: a proposal: expected a cipher that may protect an IKE SA, found ENCR_NULL (ike.0.encryption.1)',
    ],
    [
      { ...good, integrity: [] },
      'unsafe-config: a proposal: expected an integrity algorithm for ENCR_AES_CBC, found none (ike.0.integrity)',
    ],
    [{ ...good, prf: 'sha256' }, 'invalid-config: a pseudorandom function: found "sha256", which is an integrity algorithm (ike.0.prf)'],
    [{ ...good, keyExchange: ['none'] }, 'unknown-algorithm: a group that is not at hand: expected curve25519, '],
    [{ ...good, keyExchange: undefined }, 'invalid-config: a proposal: expected at least one, found none (ike.0.keyExchange)'],
    [
      { ...good, keyExchange: ['24-bit MODP Group'] },
      'unknown-algorithm: a group: found "24-bit MODP Group", did you mean 1024-bit MODP Group? (ike.0.keyExchange.0)',
    ],
  ])('IKE: %j', (value, message) => {
    expect(says(value).slice(0, message.length)).toBe(message);
  });
  test.each<[unknown, string]>([
    [
      'aes256gcm16-prfsha256',
      'invalid-config: a proposal for ESP: expected a cipher, an integrity algorithm, a group, esn or noesn, found "prfsha256" (ike.0)',
    ],
    [
      'ah:aes256-sha256',
      'invalid-config: a proposal for AH: expected an integrity algorithm, a group, esn or noesn, found "aes256" (ike.0)',
    ],
    ['ah:modp2048', 'invalid-config: a proposal: expected at least one, found none (ike.0)'],
    ['aes256', 'unsafe-config: a proposal: expected an integrity algorithm for ENCR_AES_CBC, found none (ike.0)'],
    [{ protocol: 'IPCOMP' }, 'invalid-config: a protocol: expected ESP, AH, found "IPCOMP" (ike.0.protocol)'],
    [{ protocol: 'AH', integrity: 'sha256', encryption: ['aes256'] }, 'invalid-config: a proposal: expected no cipher (ike.0.encryption)'],
    [
      { encryption: ['aes256'], integrity: ['AUTH_AES_128_GMAC'] },
      'invalid-config: a proposal: expected one that is not for AH alone, found AUTH_AES_128_GMAC (ike.0.integrity.0)',
    ],
    [
      { encryption: 'aes256gcm16', esn: 'yes' },
      'invalid-config: "esn": expected true, false, or a list of them in order of preference, found "yes" (ike.0.esn)',
    ],
    [
      { encryption: 'aes256gcm16', esn: [] },
      'invalid-config: "esn": expected true, false, or a list of them in order of preference, found [] (ike.0.esn)',
    ],
    [{}, 'invalid-config: a proposal: expected at least one, found none (ike.0.encryption)'],
    [true, 'invalid-config: a proposal: expected an object, or text such as "aes256gcm16-curve25519", found true (ike.0)'],
  ])('Child SA: %j', (value, message) => {
    expect(says(value, parseChildProposal)).toBe(message);
  });
});

test('whatever stands in a configuration, nothing but an IpsecError comes out', () => {
  const word = fc.oneof(
    fc.constantFrom(...keywords.keys(), 'ENCR_AES_CBC', 'ENCR_AES_CBC-256', '__proto__', 'constructor', ''),
    fc.string(),
  );
  const text = fc.array(word, { maxLength: 6 }).map((words) => words.join('-'));
  const member = fc.oneof(fc.anything(), word, fc.array(word));
  const members = { protocol: member, encryption: member, integrity: member, prf: member, keyExchange: member, esn: member };
  fc.assert(
    fc.property(fc.oneof(fc.anything(), text, fc.record(members, { requiredKeys: [] })), (value) => {
      for (const parse of [parseIkeProposals, parseChildProposals])
        try {
          parse(value, allRows);
        } catch (error) {
          expect(error).toBeInstanceOf(IpsecError);
        }
    }),
    { numRuns: 2000 },
  );
});

describe('several', () => {
  test('one, a list, text with commas, or nothing for the default', () => {
    expect(parseIkeProposals('aes256-sha256-modp2048, aes128gcm16-prfsha256-x25519', rows)).toHaveLength(2);
    expect(parseIkeProposals(['aes256-sha256-modp2048', 'default'], rows)).toHaveLength(2);
    expect(parseIkeProposals({ encryption: 'aes128gcm16', prf: 'prfsha256', keyExchange: 'x25519' }, rows)).toHaveLength(1);
    expect(parseIkeProposals(undefined, rows)).toEqual(createProposals(rows).ike);
    expect(parseChildProposals('default', rows)).toEqual(createProposals(rows).child);
    expect(parseChildProposals('aes256gcm16,default,ah:sha256', rows).map(({ protocol }) => protocol)).toEqual(['ESP', 'ESP', 'AH']);
  });
  test('errors say which', () => {
    expect(errorOf(() => parseIkeProposals([], rows, 'p')).message).toBe('proposals: expected at least one, found [] (p)');
    expect(errorOf(() => parseIkeProposals('default,aes', rows, 'p')).path).toBe('p.1');
    expect(errorOf(() => parseIkeProposals('aes', rows, 'p')).path).toBe('p');
    expect(errorOf(() => parseChildProposals([{ encryption: ['x'] }], rows, 'p')).path).toBe('p.0.encryption.0');
  });
});

describe('defaults', () => {
  test('two wire proposals each; both ends with the defaults agree on the first of everything', () => {
    const { ike: forIke, child: forChild } = createProposals(allRows);
    const offered = encodeIkeProposals(forIke);
    expect(offered).toHaveLength(2);
    expect(chooseIkeProposal(offered, forIke)?.chosen).toEqual({ encryption: aes256Gcm16, prf: prfHmacSha256, keyExchange: curve25519 });
    const spi = Uint8Array.of(0, 0, 1, 0);
    for (const keyExchange of [true, false]) {
      const choice = chooseChildProposal(
        encodeChildProposals(forChild, () => spi, { keyExchange }),
        forChild,
        { keyExchange },
      );
      expect(choice?.chosen).toEqual({
        protocol: 'ESP',
        encryption: aes256Gcm16,
        esn: true,
        ...(keyExchange && { keyExchange: curve25519 }),
      });
    }
  });
  test('other rows of the same names make the same lists', () => {
    const others = rows.map((row) => ({ ...row, engine: 'other' }));
    const made = createProposals(others);
    expect(JSON.stringify(made)).toBe(JSON.stringify(createProposals(rows)).replaceAll('"noble"', '"other"'));
    expect(createProposals([...others, ...rows])).toEqual(made);
  });
  test('what is not at hand is left out; without any of a kind there is no default', () => {
    const few = createProposals([aes256Cbc, hmacSha256_128, prfHmacSha384, modp2048]);
    expect(few.ike.map(formatIkeProposal)).toEqual([
      'IKE: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_384; 2048-bit MODP Group',
    ]);
    expect(errorOf(() => createProposals(encrRows)).code).toBe('invalid-argument');
  });
});
