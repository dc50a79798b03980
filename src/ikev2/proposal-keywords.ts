/**
 * The short names that administrators know from the configurations of strongSwan: `aes256gcm16`, `prfsha384`, `ecp256`.
 *
 * @module
 */
import type { AlgorithmKind } from '../keying/proposal-types.js';

/** What a keyword stands for. */
export interface Keyword {
  /** The kind of transform. */
  readonly kind: AlgorithmKind | 'esn';
  /** IANA's Transform ID. */
  readonly id: number;
  /** Bits of the key, where the algorithm has several lengths. */
  readonly keyLength?: number;
}

/** Every keyword, in lower case. */
export const keywords: ReadonlyMap<string, Keyword> = /* @__PURE__ */ new Map(/* @__PURE__ */ allKeywords());

function* allKeywords(): Generator<[string, Keyword]> {
  yield* ciphers();
  yield* several('integrity', {
    1: ['md5'],
    2: ['sha1', 'sha'],
    5: ['aesxcbc'],
    6: ['md5_128'],
    7: ['sha1_160'],
    8: ['aescmac'],
    12: ['sha256', 'sha2_256', 'sha256_96', 'sha2_256_96'],
    13: ['sha384', 'sha2_384'],
    14: ['sha512', 'sha2_512'],
  });
  yield* several('prf', {
    1: ['prfmd5'],
    2: ['prfsha1'],
    4: ['prfaesxcbc'],
    5: ['prfsha256'],
    6: ['prfsha384'],
    7: ['prfsha512'],
    8: ['prfaescmac'],
  });
  yield* several('keyExchange', {
    0: ['none', 'modpnone'],
    1: ['modp768'],
    2: ['modp1024'],
    5: ['modp1536'],
    14: ['modp2048'],
    15: ['modp3072'],
    16: ['modp4096'],
    17: ['modp6144'],
    18: ['modp8192'],
    19: ['ecp256'],
    20: ['ecp384'],
    21: ['ecp521'],
    22: ['modp1024s160'],
    23: ['modp2048s224'],
    24: ['modp2048s256'],
    25: ['ecp192'],
    26: ['ecp224'],
    27: ['ecp224bp'],
    28: ['ecp256bp'],
    29: ['ecp384bp'],
    30: ['ecp512bp'],
    31: ['curve25519', 'x25519'],
    32: ['curve448', 'x448'],
  });
  yield* several('esn', { 0: ['noesn'], 1: ['esn'] });
}

/**
 * Families of ciphers: a length of key, a mode, and for CCM and GCM the length of the ICV in octets or in bits, 16 octets when left out.
 */
function* ciphers(): Generator<[string, Keyword]> {
  yield* several('encryption', { 2: ['des'], 3: ['3des'], 11: ['null'], 28: ['chacha20poly1305'] });
  for (const keyLength of [128, 192, 256]) {
    const one = (name: string, id: number): [string, Keyword] => [name, { kind: 'encryption', id, keyLength }];
    for (const [family, cbc, ctr, ccm] of [
      ['aes', 12, 13, 14],
      ['camellia', 23, 24, 25],
    ] as const) {
      const name = `${family}${keyLength}`;
      yield one(name, cbc);
      if (keyLength === 128) yield one(family, cbc);
      yield one(`${name}ctr`, ctr);
      yield* lengthsOfIcv(`${name}ccm`, ccm, one);
    }
    yield* lengthsOfIcv(`aes${keyLength}gcm`, 18, one);
    yield one(`aes${keyLength}gmac`, 21);
  }
}

/** @param id of the 8-octet ICV; those of 12 and 16 octets have the next two numbers. */
function* lengthsOfIcv(name: string, id: number, one: (name: string, id: number) => [string, Keyword]): Generator<[string, Keyword]> {
  for (const [step, octets] of [8, 12, 16].entries()) {
    yield one(`${name}${octets}`, id + step);
    yield one(`${name}${octets * 8}`, id + step);
  }
  yield one(name, id + 2);
}

function* several(kind: Keyword['kind'], names: Readonly<Record<number, readonly string[]>>): Generator<[string, Keyword]> {
  for (const [id, list] of Object.entries(names)) for (const name of list) yield [name, { kind, id: Number(id) }];
}
