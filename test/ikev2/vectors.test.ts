/** Messages, payloads and keys of other projects' tests and captures, and of NIST. */
import { sha1 } from '@noble/hashes/legacy.js';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  computeNatDetection,
  computeRekeySkeyseed,
  computeSharedKeyAuth,
  computeSkeyseed,
  createSkContext,
  decodeDigitalSignature,
  decodeHeader,
  decodeMessage,
  decodePayloads,
  deriveChildKeys,
  deriveIkeKeys,
  encodeDigitalSignature,
  encodeMessage,
  encodePayloads,
  encodeSignedOctets,
  type IkeKeys,
  openSk,
  type PayloadOfType,
  sealSk,
  type SkConfig,
  verifySharedKeyAuth,
} from '../../src/ike.js';
import { parseAddress } from '../../src/ip.js';
import { aeadRows, aes128Ccm12, aes256Gcm16 } from '../../src/suite/aead.js';
import { aes128Cbc, aes256Cbc } from '../../src/suite/encr.js';
import { findEncryption } from '../../src/suite/find.js';
import { hmacRow } from '../../src/suite/hmac.js';
import { hmacSha1_96, hmacSha256_128 } from '../../src/suite/integ.js';
import { tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha1, prfHmacSha256, prfPlus } from '../../src/suite/prf.js';
import aospAuth from '../../vectors/ikev2/aosp-ikev2-auth-psk.json' with { type: 'json' };
import aospSk from '../../vectors/ikev2/aosp-ikev2-sk-messages.json' with { type: 'json' };
import free5gc from '../../vectors/ikev2/free5gc-ikev2-sk-message.json' with { type: 'json' };
import goBodies from '../../vectors/ikev2/go-ipsec-payload-bodies.json' with { type: 'json' };
import natHashes from '../../vectors/ikev2/nat-detection-hashes.json' with { type: 'json' };
import openiked from '../../vectors/ikev2/openiked-payloads.json' with { type: 'json' };
import rfc7427 from '../../vectors/ikev2/rfc7427-algorithm-identifiers.json' with { type: 'json' };
import wireshark3des from '../../vectors/ikev2/wireshark-ikev2-decrypt-3des-sha1_160.json' with { type: 'json' };
import wiresharkCcm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes128ccm12.json' with { type: 'json' };
import wiresharkCbc from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256cbc.json' with { type: 'json' };
import wiresharkGcm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256gcm16.json' with { type: 'json' };
import aospKdf from '../../vectors/suite/aosp-ikev2-kdf.json' with { type: 'json' };
import libreswanKdf from '../../vectors/suite/libreswan-cavp-ike-kdf.json' with { type: 'json' };
import nistKdf from '../../vectors/suite/openssl-nist-ikev2-kdf.json' with { type: 'json' };
import rubKdf from '../../vectors/suite/rub-ikev2-kdf.json' with { type: 'json' };

const hexOf = (keys: IkeKeys): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, toHex(key as Uint8Array)]));

interface KdfCase {
  ni?: string;
  nr?: string;
  spiI?: string;
  spiR?: string;
  gir?: string;
  girNew?: string;
  skeyseed?: string;
  dkm?: string;
  dkmChildSa?: string;
  dkmChildSaDh?: string;
  skeyseedRekey?: string;
  hash: string;
}

describe('RFC 7296 section 2.14, 2.17 and 2.18: keys of NIST, by OpenSSL and libreswan', () => {
  const cases: readonly KdfCase[] = [...nistKdf.cases, ...libreswanKdf.cases.filter((c) => c.kdf === 'IKEv2')];
  test.each(cases.map((c) => [c.hash, c] as const))('%s', (hash, c) => {
    // The derived keying material of NIST is as long as the keys of these algorithms are together.
    const is256 = hash === 'sha256';
    const row = is256 ? prfHmacSha256 : prfHmacSha1;
    const algorithms = is256 ? { encryption: aes256Cbc, integrity: hmacSha256_128 } : { encryption: aes128Cbc, integrity: hmacSha1_96 };
    const [Ni, Nr, gIr, gIrNew] = [c.ni, c.nr, c.gir, c.girNew].map((text) => fromHex(text!)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const skeyseed = computeSkeyseed(row, { Ni, Nr, gIr });
    expect(toHex(skeyseed)).toBe(c.skeyseed);
    const keys = deriveIkeKeys(row, algorithms, skeyseed, { Ni, Nr, spiI: fromHex(c.spiI!), spiR: fromHex(c.spiR!) });
    expect(toHex(concat(...(Object.values(keys) as Uint8Array[])))).toBe(c.dkm);
    const child = (gIrOfChild?: Uint8Array): string => {
      const { initiator, responder } = deriveChildKeys(row, algorithms, keys.SK_d, { Ni, Nr, ...(gIrOfChild && { gIr: gIrOfChild }) });
      return toHex(concat(initiator.encryption, initiator.integrity, responder.encryption, responder.integrity));
    };
    expect(c.dkmChildSa!.startsWith(child())).toBe(true);
    expect(c.dkmChildSaDh!.startsWith(child(gIrNew))).toBe(true);
    expect(toHex(computeRekeySkeyseed(row, keys.SK_d, { Ni, Nr, gIr: gIrNew }))).toBe(c.skeyseedRekey);
  });

  test('AOSP and RUB: the keys of two real exchanges', () => {
    const aosp = aospKdf.cases.find((c) => c.skeyseed !== undefined)!;
    for (const c of [aosp, rubKdf.cases[0]!]) {
      const [Ni, Nr, gIr, spiI, spiR] = [c.ni, c.nr, c.sharedSecret, c.spiI, c.spiR].map((text) => fromHex(text)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]; // prettier-ignore
      const skeyseed = computeSkeyseed(prfHmacSha1, { Ni, Nr, gIr });
      expect(toHex(skeyseed)).toBe(c.skeyseed);
      const keys = deriveIkeKeys(prfHmacSha1, { encryption: aes128Cbc, integrity: hmacSha1_96 }, skeyseed, { Ni, Nr, spiI, spiR });
      expect(hexOf(keys)).toEqual({
        SK_d: c.skD,
        SK_ai: c.skAi,
        SK_ar: c.skAr,
        SK_ei: c.skEi,
        SK_er: c.skEr,
        SK_pi: c.skPi,
        SK_pr: c.skPr,
      });
    }
    const { initiator, responder } = deriveChildKeys(prfHmacSha1, { encryption: aes128Cbc, integrity: hmacSha1_96 }, fromHex(aosp.skD), {
      Ni: fromHex(aosp.ni),
      Nr: fromHex(aosp.nr),
    });
    expect([initiator.encryption, initiator.integrity, responder.encryption, responder.integrity].map(toHex)).toEqual([
      aosp.childEncI,
      aosp.childIntegI,
      aosp.childEncR,
      aosp.childIntegR,
    ]);
  });
});

describe('RFC 7296 section 2.15', () => {
  test('AOSP: the signed octets and AUTH of an initiator', () => {
    const c = aospAuth.cases[0]!;
    const octets = encodeSignedOctets(prfHmacSha1, {
      message: fromHex(c.realMessage),
      nonce: fromHex(c.nr),
      idBody: fromHex(c.idPayloadBody),
      SK_p: fromHex(c.skPi),
    });
    expect(toHex(octets)).toBe(c.signedOctets);
    expect(toHex(computeSharedKeyAuth(prfHmacSha1, fromHex(c.psk), octets))).toBe(c.authData);
    expect(verifySharedKeyAuth(prfHmacSha1, fromHex(c.psk), octets, fromHex(c.authData))).toBe(true);
    expect(verifySharedKeyAuth(prfHmacSha1, fromHex(c.psk), octets, fromHex(c.authData).subarray(1))).toBe(false);
    expect(verifySharedKeyAuth(prfHmacSha1, fromHex(c.psk), octets, new Uint8Array(0))).toBe(false);
    const [auth] = decodePayloads(39, fromHex(`00${c.authPayload.slice(2)}`));
    expect(auth).toEqual({ type: 'AUTH', method: 'Shared Key Message Integrity Code', data: fromHex(c.authData) });
  });
});

describe('RFC 7296 section 3.14 and RFC 5282: messages with their keys', () => {
  const hmacSha1_160 = hmacRow('AUTH_HMAC_SHA1_160', 7, sha1, 20);
  const sets = [
    ['Wireshark, AES-CCM-128 with 12 octets of ICV', wiresharkCcm, { encryption: aes128Ccm12 }],
    ['Wireshark, AES-GCM-256', wiresharkGcm, { encryption: aes256Gcm16 }],
    ['Wireshark, AES-CBC-256', wiresharkCbc, { encryption: aes256Cbc, integrity: hmacSha256_128 }],
    ['Wireshark, 3DES with HMAC-SHA1-160', wireshark3des, { encryption: tripleDesCbc, integrity: hmacSha1_160 }],
  ] as const;

  test.each(sets)('%s', (_, set, algorithms) => {
    const { skEi, skEr, skAi = '', skAr = '' } = set.sa as { skEi: string; skEr: string; skAi?: string; skAr?: string };
    const auths: string[] = [];
    let opened = 0;
    for (const c of set.cases) {
      const message = decodeMessage(fromHex(c.ikeMessage));
      expect(toHex(encodeMessage(message))).toBe(c.ikeMessage);
      if (c.sk === undefined) continue;
      const { isInitiator } = message;
      const config: SkConfig = {
        ...algorithms,
        encryptionKey: fromHex(isInitiator ? skEi : skEr),
        integrityKey: fromHex(isInitiator ? skAi : skAr),
        ...(algorithms.encryption.kind === 'aead' && { firstIv: fromHex(c.sk.iv) }),
      };
      const result = openSk(createSkContext(config), message);
      if (!result.ok) throw new Error(result.reason);
      opened++;
      expect([toHex(result.octets), result.firstPayload]).toEqual([c.sk.innerPayloads, c.sk.firstPayload]);
      const payloads = decodePayloads(result.firstPayload, result.octets);
      expect(toHex(encodePayloads(payloads).octets)).toBe(c.sk.innerPayloads);
      for (const p of payloads) if (p.type === 'AUTH') auths.push(toHex(p.data));
      // Sealed again with the same IV: the same octets, where the padding is the least and zero.
      const again = sealSk(createSkContext(config), message, payloads, (iv) => {
        iv.set(fromHex(c.sk.iv));
      });
      if (algorithms.encryption.kind === 'aead' && c.sk.padLength === 0) expect(toHex(again)).toBe(c.ikeMessage);
    }
    expect(opened).toBe(set.cases.filter((c) => c.sk !== undefined).length);
    expect(auths).toContain(set.expectedAuthDataInWiresharkTest);
  });

  test('AOSP: padding that is not the least, and AES-GCM', () => {
    for (const c of aospSk.cases) {
      const { cipher, key, salt = '', integKey } = c as { cipher: string; key: string; salt?: string; integKey?: string };
      const config: SkConfig = cipher.includes('GCM')
        ? { encryption: findEncryption(aeadRows, 'ENCR_AES_GCM_16', (key + salt).length / 2), encryptionKey: fromHex(key + salt) }
        : { encryption: aes128Cbc, encryptionKey: fromHex(key), integrity: hmacSha1_96, integrityKey: fromHex(integKey!) };
      const result = openSk(createSkContext(config), decodeMessage(fromHex(c.ikeMessage)));
      expect(result.ok && toHex(result.octets)).toBe(c.innerPayloads);
    }
  });

  test('free5gc: AES-CBC-256 with HMAC-SHA1-96', () => {
    const c = free5gc.cases[0]!;
    const message = decodeMessage(fromHex(c.ikeMessage));
    const [key, integrityKey] = message.isInitiator ? [c.skEi, c.skAi] : [c.skEr, c.skAr];
    const context = createSkContext({
      encryption: aes256Cbc,
      encryptionKey: fromHex(key),
      integrity: hmacSha1_96,
      integrityKey: fromHex(integrityKey),
    });
    const result = openSk(context, message);
    if (!result.ok) throw new Error(result.reason);
    expect(toHex(result.octets)).toBe(c.sk.innerPayloads);
    expect(decodePayloads(result.firstPayload, result.octets)).toMatchObject([{ type: 'EAP', code: 'Response', identifier: 0x3b }]);
  });
});

describe('payloads by themselves', () => {
  const numbers: Record<string, number> = {
    SAPayload: 33,
    KEPayload: 34,
    IDiPayload: 35,
    CertPayload: 37,
    CertRequestPayload: 38,
    AuthPayload: 39,
    NoncePayload: 40,
    NotifyPayload: 41,
    DeletePayload: 42,
    VendorIDPayload: 43,
    TSiPayload: 44,
    ConfigPayload: 47,
  };
  test.each(goBodies.cases.map((c) => [c.name, c] as const))('go-ipsec %s', (_, { payload, body }) => {
    const length = (4 + body.length / 2).toString(16).padStart(4, '0');
    const octets = fromHex(`0000${length}${body}`);
    const payloads = decodePayloads(numbers[payload]!, octets);
    expect(encodePayloads(payloads)).toEqual({ octets, firstPayload: numbers[payload] });
  });

  const openikedNumbers: Record<string, number> = {
    saxform: 33,
    ke: 34,
    notify: 41,
    id: 35,
    certreq: 38,
    auth: 39,
    vendor: 43,
    ts: 44,
    sk: 46,
    cp: 47,
  };
  test.each(openiked.cases.filter((c) => c.name.endsWith('_pld')).map((c) => [c.name, c] as const))('%s', (name, { payload }) => {
    const type = openikedNumbers[/openiked (.*)_pld/.exec(name)![1]!]!;
    const octets = fromHex(payload);
    if (type === 46) {
      expect(() => decodePayloads(type, octets)).toThrow('no other Encrypted payload in it');
      return;
    }
    // Some of these are several payloads, of which the last names a successor that is not there.
    const attempt = (): unknown => encodePayloads(decodePayloads(type, octets)).octets;
    try {
      expect(attempt()).toEqual(octets);
    } catch (error) {
      expect(error).toBeInstanceOf(IpsecError);
      expect(['truncated', 'trailing-octets']).toContain((error as IpsecError).code);
    }
  });

  test('openiked valid_packet', () => {
    const octets = fromHex(openiked.cases.find((c) => c.name === 'openiked valid_packet')!.payload);
    const message = decodeMessage(octets);
    expect(message.payloads.map((p) => p.type)).toEqual(['SA', 'KE', 'Nonce', 'N', 'N']);
    expect(encodeMessage(message)).toEqual(octets);
  });

  test('RFC 7427 section 3: every AlgorithmIdentifier of its appendix', () => {
    for (const { algorithmIdentifier } of rfc7427.cases) {
      const signature = Uint8Array.of(1, 2, 3);
      const value = { algorithmIdentifier: fromHex(algorithmIdentifier), signature };
      const octets = encodeDigitalSignature(value);
      expect(toHex(octets)).toBe((algorithmIdentifier.length / 2).toString(16).padStart(2, '0') + algorithmIdentifier + '010203');
      expect(decodeDigitalSignature(octets)).toEqual(value);
    }
    expect(() => decodeDigitalSignature(fromHex('05010203'))).toThrow(IpsecError);
  });
});

describe('RFC 7296 section 2.23: NAT detection in captures', () => {
  const cases = natHashes.cases.filter((c) => c.ikeVersion === 2);
  test(`${cases.length} hashes: those that match, and those that a NAT made wrong`, () => {
    for (const c of cases) {
      const hash = computeNatDetection({ spiI: fromHex(c.spiI!), spiR: fromHex(c.spiR!), address: parseAddress(c.address), port: c.port });
      expect(toHex(hash) === c.natDetectionData).toBe(c.matches);
    }
    expect(cases.length).toBeGreaterThan(10);
  });
});

describe('messages of captures and of other projects', () => {
  interface Set {
    cases: {
      message?: string;
      ikeMessage?: string | true;
      value?: string;
      payloadTypes?: number[];
      wellFormed?: boolean;
      kind?: string;
      version?: string;
    }[];
  }
  const files = import.meta.glob<Set>(['../../vectors/ikev2/*.json', '../../vectors/ikev2/aosp/*.json'], {
    eager: true,
    import: 'default',
  });
  const hexOfMessage = (c: Set['cases'][number]): string | undefined => c.message ?? (c.ikeMessage === true ? c.value : c.ikeMessage);
  const outcome = { encodedAgain: 0, otherOctets: 0, refused: 0, otherVersions: 0 };

  test.each(Object.entries(files))('%s', (_, set) => {
    for (const c of set.cases) {
      const hex = hexOfMessage(c);
      if (hex === undefined) continue;
      const octets = fromHex(hex);
      const version = octets.length > 17 ? octets[17]! >>> 4 : 0;
      try {
        const message = decodeMessage(octets);
        expect(decodeHeader(octets)).toMatchObject({ majorVersion: 2, messageId: message.messageId, length: octets.length });
        if (c.payloadTypes && message.payloads.at(-1)?.type !== 'SK') expect(message.payloads.length).toBe(c.payloadTypes.length);
        if (toHex(encodeMessage(message)) === hex) outcome.encodedAgain++;
        else outcome.otherOctets++;
      } catch (error) {
        if (!(error instanceof IpsecError)) throw error;
        if (version !== 2) outcome.otherVersions++;
        else outcome.refused++;
      }
    }
  });

  test('most are encoded again octet for octet', () => {
    // Refused: an ID payload that is too short (tcpdump's ikev2-id-normal).
    expect(outcome).toEqual({ encodedAgain: 76, otherOctets: 0, refused: 1, otherVersions: 61 });
  });

  test('AOSP: an unknown payload is kept, and a critical one is found', () => {
    const init = files['../../vectors/ikev2/aosp/IkeMessageTest.json']!.cases.find((c) => c.ikeMessage !== undefined)!.value!;
    const octets = fromHex(init);
    octets[16] = 0xff;
    expect(decodeMessage(octets).payloads[0]).toMatchObject({ type: 'unknown', payloadType: 255 });
    octets[29] = 0x80;
    expect(decodeMessage(octets).payloads[0]).toMatchObject({ type: 'unknown', payloadType: 255, critical: true });
    const known = fromHex(init);
    known[29] = 0x80;
    expect((decodeMessage(known).payloads[0] as PayloadOfType<'SA'>).critical).toBe(true);
    for (const [at, value] of [
      [31, 0],
      [31, 3],
      [30, 0xff],
      [27, 0x4f],
    ] as const) {
      // prettier-ignore
      const bad = fromHex(init);
      bad[at] = value;
      expect(() => decodeMessage(bad)).toThrow(IpsecError);
    }
  });
});

test('prf+ is what the keys are cut from', () => {
  const row = prfHmacSha256;
  const input = {
    Ni: new Uint8Array(16).fill(1),
    Nr: new Uint8Array(16).fill(2),
    spiI: new Uint8Array(8).fill(3),
    spiR: new Uint8Array(8).fill(4),
  };
  const seed = concat(input.Ni, input.Nr, input.spiI, input.spiR);
  const skeyseed = new Uint8Array(32).fill(5);
  const keys = deriveIkeKeys(row, { encryption: aes256Gcm16 }, skeyseed, input);
  expect(toHex(concat(...(Object.values(keys) as Uint8Array[])))).toBe(toHex(prfPlus(row, skeyseed, seed, 3 * 32 + 2 * 36)));
});
