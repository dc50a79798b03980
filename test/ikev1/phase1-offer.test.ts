/** What phase 1 offers, chooses and reads, against what strongSwan and libreswan did and against everything that a stranger may send. */
import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import type { PayloadOfType, Phase1Attribute, Transform } from '../../src/ikev1.js';
import { decodePhase1Attributes, encodePhase1Attributes } from '../../src/ikev1.js';
import { authenticationOf } from '../../src/ikev1/phase1-method.js';
import { aggressiveGroup, choosePhase1, encodePhase1Offer, readPhase1Answer } from '../../src/ikev1/phase1-offer.js';
import { attempt } from '../../src/keying/attempt.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { ecp256, modp2048, modp3072 } from '../../src/suite/dh.js';
import { aes128Cbc, aes256Cbc, aes256Ctr } from '../../src/suite/encr.js';
import { hashSha256 } from '../../src/suite/hash.js';
import { tripleDesCbc } from '../../src/suite/legacy.js';
import { prfAes128Cmac, prfHmacSha1, prfHmacSha256, prfHmacSha512 } from '../../src/suite/prf.js';
import {
  connectionFor,
  connectionV1,
  must,
  negotiated,
  octetsOf,
  ownEcdsa,
  ownRsa,
  peerSigns,
  withTransforms,
} from './negotiation-records.js';

const ours = connectionV1({
  proposals: [
    {
      encryption: [aes256Gcm16, aes256Cbc, aes256Ctr, aes128Cbc, tripleDesCbc],
      integrity: [],
      prf: [prfHmacSha256, prfAes128Cmac, prfHmacSha1],
      keyExchange: [modp3072, modp2048],
    },
    { encryption: [aes128Cbc], integrity: [], prf: [prfHmacSha512], keyExchange: [ecp256] },
  ],
});
const offer = encodePhase1Offer(ours);
const offered = must(offer.proposals[0]).transforms as readonly Transform<'KEY_IKE'>[];
const valuesOf = ({ attributes }: Transform) => decodePhase1Attributes(attributes as readonly Phase1Attribute[]);
const plain = {
  encryption: 'AES-CBC',
  keyLength: 256,
  hash: 'SHA2-256',
  group: 14,
  authentication: 'pre-shared key',
  lifetimes: [],
  others: [],
} as const;

/** An offer of transforms with these values. */
function offerOf(...list: Partial<Parameters<typeof encodePhase1Attributes>[0]>[]): PayloadOfType<'SA'> {
  return withTransforms(
    offer,
    list.map((values, i) => ({ transformNum: i + 1, id: 'KEY_IKE', attributes: encodePhase1Attributes({ ...plain, ...values }) })),
  );
}
/** What was refused, in words. */
function why(run: () => unknown): string {
  const found = attempt(run);
  if (!(found instanceof IpsecError)) throw new Error('it was not refused');
  expect(found.code).toBe('no-proposal-chosen');
  return found.message;
}

describe('phase 1 of strongSwan and libreswan', () => {
  test('is all there', () => {
    expect(negotiated.phase1).toHaveLength(21);
  });
  for (const [i, { name, offer: theirs, answer, exchange }] of negotiated.phase1.entries()) {
    const [transform] = must(theirs.proposals[0]).transforms;
    const connection = connectionFor(must(transform));
    test(`${name} ${i}: we choose as the responder did`, () => {
      const choice = choosePhase1(theirs, [connection], exchange === 4 ? 'aggressive' : 'main');
      expect(choice.candidates).toEqual([connection]);
      // strongSwan writes the answer anew: to libreswan, which counts from 0, in an order and with numbers of its own
      expect(octetsOf(choice.answer)).toBe(octetsOf(name === 'peer-libreswan-ikev1' ? theirs : answer));
    });
    test(`${name} ${i}: the answer is what was offered`, () => {
      const suite = readPhase1Answer(answer, theirs, connection);
      const values = valuesOf(must(transform));
      expect(suite.hash.name).toBe(values.hash);
      expect(suite.keyExchange.id).toBe(values.group);
      expect(suite.authentication).toBe(values.authentication);
      expect(suite.lifetimes).toEqual(values.lifetimes);
      expect(suite.prf).toBe(connection.proposals[0]?.prf[0]);
      expect(suite.encryption).toBe(connection.proposals[0]?.encryption[0]);
    });
    test(`${name} ${i}: our offer has the attributes and the order that strongSwan has`, () => {
      if (must(transform).transformNum === 0) return; // libreswan
      const { xauth, ...ikev1 } = must(connection.ikev1);
      const initiator = { ...connection, ikev1: { ...ikev1, ...(xauth && { xauth: 'client' as const }) } };
      const own = must(encodePhase1Offer(initiator).proposals[0]);
      const life = [11, 12, 'Life Type', 'Life Duration'];
      expect(own.transforms).toHaveLength(1);
      expect(own.transforms[0]?.attributes).toEqual(must(transform).attributes.filter(({ type }) => !life.includes(type)));
    });
  }
});

describe('RFC 2409 section 5: the offer', () => {
  test('is one proposal, with one transform for each suite, best first', () => {
    expect(offer).toMatchObject({ type: 'SA', doi: 'IPSEC', situation: 1 });
    expect(offer.proposals).toHaveLength(1);
    expect(offer.proposals[0]).toMatchObject({ proposalNum: 1, protocol: 'ISAKMP', spi: new Uint8Array(0) });
    expect(offered.map(({ transformNum }) => transformNum)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    const suites = offered.map(valuesOf).map(({ encryption, keyLength, hash, group }) => [encryption, keyLength, hash, group]);
    expect(suites.slice(0, 5)).toEqual([
      ['AES-CBC', 256, 'SHA2-256', 15],
      ['AES-CBC', 256, 'SHA2-256', 14],
      ['AES-CBC', 256, 'SHA', 15],
      ['AES-CBC', 256, 'SHA', 14],
      ['AES-CBC', 128, 'SHA2-256', 15],
    ]);
    // RFC 2409 appendix A: no Key Length with a key of one length
    expect(suites[8]).toEqual(['3DES-CBC', undefined, 'SHA2-256', 15]);
    expect(suites[12]).toEqual(['AES-CBC', 128, 'SHA2-512', 19]);
  });
  test('says a lifetime that ends', () => {
    expect(offered.flatMap((t) => valuesOf(t).lifetimes)).toEqual([]);
    const limited = (lifetime: number) =>
      must(encodePhase1Offer({ ...ours, options: { ...ours.options, lifetime } }).proposals[0]?.transforms[0]);
    expect(valuesOf(limited(3_600_999)).lifetimes).toEqual([{ type: 'seconds', duration: 3600 }]);
    expect(valuesOf(limited(86_400_000)).lifetimes).toEqual([{ type: 'seconds', duration: 86_400 }]);
    expect(valuesOf(limited(1)).lifetimes).toEqual([{ type: 'seconds', duration: 1 }]);
    expect(valuesOf(limited(1e15)).lifetimes).toEqual([{ type: 'seconds', duration: 0xffffffff }]);
  });
  test('has two rows of one algorithm once', () => {
    const twice = [
      {
        encryption: [aes256Cbc, { ...aes256Cbc, engine: 'other' }],
        integrity: [],
        prf: [prfHmacSha256],
        keyExchange: [modp2048, modp2048],
      },
    ];
    expect(encodePhase1Offer({ ...ours, proposals: twice }).proposals[0]?.transforms).toHaveLength(1);
  });
  test('of nothing is refused, and so is one of too much', () => {
    const none = { ...ours, proposals: [{ encryption: [aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [modp2048] }] };
    expect(() => encodePhase1Offer(none)).toThrow(/invalid-config|a cipher in CBC/);
    expect(() => aggressiveGroup(none)).toThrow('a cipher in CBC');
    expect(() => encodePhase1Offer({ ...ours, ikev1: { mode: 'main', hashes: [] } })).toThrow('none with all three');
    const groups = Array.from({ length: 86 }, (_, i) => ({ ...modp2048, id: 1000 + i }));
    const many = [{ encryption: [aes256Cbc, aes128Cbc, tripleDesCbc], integrity: [], prf: [prfHmacSha256], keyExchange: groups }];
    expect(() => encodePhase1Offer({ ...ours, proposals: many })).toThrow('at most 255 transforms');
    const most = [{ encryption: [aes256Cbc, aes128Cbc, tripleDesCbc], integrity: [], prf: [prfHmacSha256], keyExchange: groups.slice(1) }];
    expect(encodePhase1Offer({ ...ours, proposals: most }).proposals[0]?.transforms).toHaveLength(255);
  });
  test('of aggressive mode has the group of its KE payload, and no other', () => {
    const connection = connectionV1({ proposals: ours.proposals, localAuth: ownRsa, remoteAuth: peerSigns }, { mode: 'aggressive' });
    expect(aggressiveGroup(connection)).toBe(modp3072);
    const transforms = must(encodePhase1Offer(connection).proposals[0]).transforms as readonly Transform[];
    expect(transforms.map((t) => valuesOf(t).group)).toEqual([15, 15, 15, 15, 15, 15]);
  });
  test('of aggressive mode with a pre-shared key wants the flag', () => {
    const error = attempt(() => encodePhase1Offer({ ...ours, ikev1: { mode: 'aggressive', hashes: [hashSha256] } }));
    expect(error).toMatchObject({ code: 'unsafe-config', path: 'ikev1.unsafeAggressivePsk' });
    const withXauth = attempt(() => encodePhase1Offer({ ...ours, ikev1: { mode: 'aggressive', hashes: [hashSha256], xauth: 'client' } }));
    expect(withXauth).toMatchObject({ code: 'unsafe-config' });
    expect(
      encodePhase1Offer({ ...ours, ikev1: { mode: 'aggressive', hashes: [hashSha256], unsafeAggressivePsk: true } }).proposals,
    ).toHaveLength(1);
  });
});

describe('Authentication Method', () => {
  const signed = { localAuth: ownRsa, remoteAuth: peerSigns };
  const methods = (changes: Parameters<typeof connectionV1>[0], xauth?: 'client' | 'server') => {
    const connection = connectionV1(changes, { xauth });
    return [authenticationOf(connection, 'initiator'), authenticationOf(connection, 'responder')];
  };
  test('follows from both authentications, and is the same for both sides', () => {
    expect(methods({})).toEqual(['pre-shared key', 'pre-shared key']);
    expect(methods({ localAuth: { method: 'shared-key', secret: new Uint8Array(16) } })).toEqual(['pre-shared key', 'pre-shared key']);
    expect(methods(signed)).toEqual(['RSA signatures', 'RSA signatures']);
    expect(methods({ ...signed, remoteAuth: { method: 'public-key', keys: [], rows: [] } })).toEqual(['RSA signatures', 'RSA signatures']);
    expect(methods({ ...signed, localAuth: ownEcdsa('P-256') })[0]).toBe('ECDSA with SHA-256 on the P-256 curve');
    expect(methods({ ...signed, localAuth: ownEcdsa('P-384') })[0]).toBe('ECDSA with SHA-384 on the P-384 curve');
    expect(methods({ ...signed, localAuth: ownEcdsa('P-521') })[0]).toBe('ECDSA with SHA-512 on the P-521 curve');
  });
  test('says with XAUTH which side is the client', () => {
    expect(methods({}, 'client')).toEqual(['XAUTHInitPreShared', 'XAUTHRespPreShared']);
    expect(methods({}, 'server')).toEqual(['XAUTHRespPreShared', 'XAUTHInitPreShared']);
    expect(methods(signed, 'client')).toEqual(['XAUTHInitRSA', 'XAUTHRespRSA']);
    expect(methods(signed, 'server')).toEqual(['XAUTHRespRSA', 'XAUTHInitRSA']);
    expect(methods({ localAuth: { method: 'null' }, remoteAuth: peerSigns }, 'client')).toEqual(['HybridInitRSA', 'HybridRespRSA']);
    expect(methods({ localAuth: ownRsa, remoteAuth: { method: 'null' } }, 'server')).toEqual(['HybridRespRSA', 'HybridInitRSA']);
  });
  test('is none for what does not go together', () => {
    const refused: [Parameters<typeof connectionV1>[0], ('client' | 'server')?][] = [
      [{ localAuth: ownRsa }],
      [{ remoteAuth: peerSigns }],
      [{ ...signed, localAuth: ownEcdsa('P-256') }, 'client'],
      [{ localAuth: { method: 'null' }, remoteAuth: peerSigns }],
      [{ localAuth: { method: 'null' }, remoteAuth: peerSigns }, 'server'],
      [{ localAuth: ownRsa, remoteAuth: { method: 'null' } }, 'client'],
      [{ localAuth: ownEcdsa('P-256'), remoteAuth: { method: 'null' } }, 'server'],
      [{ localAuth: { method: 'null' }, remoteAuth: { method: 'null' } }, 'client'],
      [{ localAuth: { method: 'null' }, remoteAuth: { method: 'null' } }, 'server'],
      [{ localAuth: { method: 'eap' }, remoteAuth: { method: 'eap' } }],
      [{ ...signed, localAuth: { ...ownRsa, publicKey: { type: 'Ed25519', point: new Uint8Array(32), spki: new Uint8Array(0) } } }],
    ];
    for (const [changes, xauth] of refused) expect(() => methods(changes, xauth)).toThrow('the authentication of connection test');
  });
});

describe('RFC 2409 section 5: the choice of the responder', () => {
  test('is by our order, never by that of the peer', () => {
    const backwards = withTransforms(offer, [...offered].reverse());
    const { suite, answer } = choosePhase1(backwards, [ours], 'main');
    expect(answer.proposals[0]?.transforms).toEqual([offered[0]]);
    expect(suite).toMatchObject({ encryption: aes256Cbc, prf: prfHmacSha256, keyExchange: modp3072, authentication: 'pre-shared key' });
    const last = withTransforms(offer, [must(offered[12]), must(offered[11])]);
    expect(choosePhase1(last, [ours], 'main').answer.proposals[0]?.transforms).toEqual([offered[11]]);
  });
  test('is answered with the very transform, under its numbers and without SPI', () => {
    const transform = { ...must(offered[3]), transformNum: 200, attributes: [...must(offered[3]).attributes].reverse() };
    const sa = withTransforms(offer, [transform]);
    const odd = { ...sa, proposals: [{ ...must(sa.proposals[0]), proposalNum: 7, spi: new Uint8Array(16).fill(9) }] } as typeof sa;
    expect(choosePhase1(odd, [ours], 'main').answer).toEqual({
      type: 'SA',
      doi: 'IPSEC',
      situation: 1,
      proposals: [{ proposalNum: 7, protocol: 'ISAKMP', spi: new Uint8Array(0), transforms: [transform] }],
    });
  });
  test('is that of the first connection that some transform suits; candidates are all that agree', () => {
    const weak = connectionV1({
      name: 'weak',
      proposals: [{ encryption: [aes128Cbc], integrity: [], prf: [prfHmacSha1], keyExchange: [modp2048] }],
    });
    const rsa = { ...ours, name: 'rsa', localAuth: ownRsa, remoteAuth: peerSigns };
    const other = connectionV1({
      name: 'other',
      proposals: [{ encryption: [tripleDesCbc], integrity: [], prf: [prfHmacSha1], keyExchange: [modp2048] }],
    });
    const { suite, candidates } = choosePhase1(offer, [rsa, weak, other, ours], 'main');
    expect(suite).toMatchObject({ encryption: aes128Cbc, prf: prfHmacSha1, keyExchange: modp2048 });
    expect(candidates).toEqual([weak, ours]);
  });
  test('passes over connections of IKEv2', () => {
    const two = { ...ours, version: undefined };
    expect(why(() => choosePhase1(offer, [two, { ...ours, version: 2 }, { ...ours, ikev1: undefined }], 'main'))).toContain(
      'it is not for IKEv1',
    );
  });
  test('takes lifetimes as they come', () => {
    const lifetimes = [{ type: 'seconds', duration: 100_000 } as const, { type: 'kilobytes', duration: 7 } as const];
    expect(choosePhase1(offerOf({ lifetimes }), [ours], 'main').suite.lifetimes).toEqual(lifetimes);
  });
  test('is never public key encryption or DSS, and says so by name', () => {
    for (const authentication of [
      'Encryption with RSA',
      'Revised encryption with RSA',
      'DSS signatures',
      'ECDSA signatures',
      'XAUTHInitRSAEncryption',
      'XAUTHInitRSARevisedEncryption',
      'HybridInitDSS',
    ] as const) {
      for (const connection of [ours, { ...ours, localAuth: ownRsa, remoteAuth: peerSigns }])
        expect(why(() => choosePhase1(offerOf({ authentication }), [connection], 'main'))).toContain(
          `wants ${authentication}, which is refused always`,
        );
    }
  });
  test('is aggressive mode only for connections that want it, with a pre-shared key only where that is asked for', () => {
    const aggressive = { ...ours, ikev1: { mode: 'aggressive', hashes: must(ours.ikev1).hashes } } as const;
    const unsafe = { ...aggressive, ikev1: { ...aggressive.ikev1, unsafeAggressivePsk: true } };
    const signed = { ...aggressive, localAuth: ownRsa, remoteAuth: peerSigns };
    const main = connectionV1({ proposals: ours.proposals }, { unsafeAggressivePsk: true });
    expect(why(() => choosePhase1(offer, [main], 'aggressive'))).toContain('it does not take aggressive mode');
    expect(why(() => choosePhase1(offer, [aggressive], 'aggressive'))).toContain('passwords could be tried offline');
    expect(choosePhase1(offer, [ours, aggressive, unsafe], 'aggressive').candidates).toEqual([unsafe]);
    expect(choosePhase1(offer, [aggressive], 'main').candidates).toEqual([aggressive]);
    expect(choosePhase1(offerOf({ authentication: 'RSA signatures' }), [signed], 'aggressive').candidates).toEqual([signed]);
    const server = { ...aggressive, ikev1: { ...aggressive.ikev1, xauth: 'server' } } as const;
    expect(why(() => choosePhase1(offerOf({ authentication: 'XAUTHInitPreShared' }), [server], 'aggressive'))).toContain(
      'unsafeAggressivePsk',
    );
    expect(choosePhase1(offerOf({ authentication: 'XAUTHInitPreShared' }), [server], 'main').candidates).toEqual([server]);
  });
  test('says what comes nearest, and both lists', () => {
    const words = why(() => choosePhase1(offerOf({ group: 5 }, { hash: 'MD5', group: 2 }), [ours], 'main'));
    expect(words).toContain('phase 1 in main mode: transform 1 comes nearest to connection test, but its group is none of ours');
    expect(words).toContain('found proposal 1: ISAKMP: #1 AES-CBC (256), SHA2-256, 1536-bit MODP Group, pre-shared key or #2 ');
    expect(words).toContain('expected test: AES-CBC (256) or AES-CBC (128) or 3DES-CBC; PRF_HMAC_SHA2_256 ');
    expect(why(() => choosePhase1(offerOf({}), [{ ...ours, localAuth: ownRsa, remoteAuth: peerSigns }], 'main'))).toContain(
      'its method is pre-shared key, ours is RSA signatures',
    );
    expect(why(() => choosePhase1(offerOf({ keyLength: 128, hash: 'SHA2-512' }), [ours], 'main'))).toContain(
      'no record of ours holds all of it at once',
    );
    expect(why(() => choosePhase1(offer, [], 'main'))).toContain('there is no connection for these addresses');
  });
});

describe('RFC 2408 section 4.2: hostile offers of phase 1', () => {
  const refused = (transform: Partial<Transform>): string =>
    why(() => choosePhase1(withTransforms(offer, [{ ...must(offered[0]), ...transform }]), [ours], 'main'));
  const attributes = must(offered[0]).attributes;
  test('with groups of their own, or attributes that nobody knows, are passed over', () => {
    for (const type of ['Group Type', 'PRF', 'Field Size', 99, 16_384] as const)
      expect(refused({ attributes: [...attributes, { type, value: 1 }] })).toContain('an attribute that is not negotiated');
    expect(refused({ attributes: [...attributes, { type: 'Group Prime/Irreducible Polynomial', value: new Uint8Array(1000) }] })).toContain(
      'not negotiated',
    );
    const good = must(offered[1]);
    const mixed = withTransforms(offer, [{ ...must(offered[0]), attributes: [...attributes, { type: 99, value: 1 }] }, good]);
    expect(choosePhase1(mixed, [ours], 'main').answer.proposals[0]?.transforms).toEqual([good]);
  });
  test('that contradict themselves, or say too little, or name what nobody has', () => {
    expect(refused({ attributes: [...attributes, { type: 'Hash Algorithm', value: 1 }] })).toContain('for the second time');
    expect(refused({ attributes: [...attributes, { type: 'Life Duration', value: 1 }] })).toContain('Life Type in front');
    expect(refused({ attributes: [...attributes, { type: 'Life Type', value: 77 }, { type: 'Life Duration', value: 1 }] })).toContain(
      'its life type is 77',
    );
    expect(refused({ attributes: [{ type: 'Encryption Algorithm', value: Uint8Array.of(0, 7, 0) }] })).toContain('a number of two octets');
    for (const missing of attributes)
      expect(refused({ attributes: attributes.filter((one) => one !== missing) })).toContain('comes nearest');
    for (const changed of attributes)
      expect(refused({ attributes: attributes.map((one) => (one === changed ? { ...one, value: 0xfff0 } : one)) })).toContain(
        'comes nearest',
      );
    expect(refused({ attributes: [] })).toContain('comes nearest');
    expect(refused({ id: 'AH_MD5' })).toContain('its Transform-Id is AH_MD5');
    expect(refused({ id: 7 })).toContain('its Transform-Id is 7');
  });
  test('with a Key Length for a cipher that has one length of key', () => {
    expect(why(() => choosePhase1(offerOf({ encryption: '3DES-CBC', keyLength: 192 }), [ours], 'main'))).toContain(
      'its cipher is none of ours',
    );
    expect(why(() => choosePhase1(offerOf({ keyLength: undefined }), [ours], 'main'))).toContain('its cipher is none of ours');
  });
  test('with a life type that has no duration, which says nothing', () => {
    const sa = withTransforms(offer, [{ ...must(offered[0]), attributes: [...attributes, { type: 'Life Type', value: 1 }] }]);
    expect(choosePhase1(sa, [ours], 'main').suite.lifetimes).toEqual([]);
  });
  test('with one number twice: the first counts', () => {
    const sa = withTransforms(offer, [must(offered[12]), { ...must(offered[0]), transformNum: must(offered[12]).transformNum }]);
    expect(choosePhase1(sa, [ours], 'main').answer.proposals[0]?.transforms).toEqual([offered[12]]);
  });
  test('with several proposals, none, another protocol, DOI or situation', () => {
    const [proposal] = offer.proposals;
    const of = (changes: Partial<PayloadOfType<'SA'>>) => why(() => choosePhase1({ ...offer, ...changes }, [ours], 'main'));
    expect(of({ proposals: [must(proposal), must(proposal)] })).toContain('one proposal, for ISAKMP');
    expect(of({ proposals: [] })).toContain('no proposal');
    expect(of({ proposals: [{ proposalNum: 1, protocol: 'ESP', spi: new Uint8Array(4), transforms: [] }] })).toContain(
      'one proposal, for ISAKMP',
    );
    expect(of({ proposals: [{ ...must(proposal), transforms: [] }] })).toContain('no transform');
    expect(of({ doi: 'GDOI' })).toContain('DOI GDOI');
    expect(of({ situation: 3, proposals: [] })).toContain('situation 3');
  });
  test('that are as long as can be cost little and leave a line of bounded length', () => {
    const transforms = Array.from({ length: 255 }, (_, i) => ({
      transformNum: i,
      id: 'KEY_IKE' as const,
      attributes: Array.from({ length: 60 }, (_, k) => ({ type: 1000 + k, value: new Uint8Array(40) })),
    }));
    const connections = Array.from({ length: 300 }, (_, i) => ({ ...ours, name: `connection ${i}` }));
    expect(why(() => choosePhase1(withTransforms(offer, transforms), connections, 'main')).length).toBeLessThan(10_000);
  });
});

describe('RFC 2408 section 4.2: the answer of phase 1', () => {
  const answerOf = (...transforms: Transform[]) => withTransforms(offer, transforms);
  const second = must(offered[1]);
  const refused = (transform: Partial<Transform>) => why(() => readPhase1Answer(answerOf({ ...second, ...transform }), offer, ours));
  test('is one of the transforms that were offered', () => {
    for (const transform of offered) {
      const suite = readPhase1Answer(answerOf(transform), offer, ours);
      expect(suite.keyExchange.id).toBe(valuesOf(transform).group);
      expect(suite.encryption.keyLength * 8).toBe(valuesOf(transform).keyLength ?? 192);
    }
  });
  test('with an attribute changed, added, taken away or doubled is refused', () => {
    const { attributes } = second;
    for (const one of attributes) {
      expect(refused({ attributes: attributes.map((other) => (other === one ? { ...one, value: 0xfff0 } : other)) })).toContain(
        '#2 AES-CBC (256), SHA2-256',
      );
      refused({ attributes: attributes.filter((other) => other !== one) });
      refused({ attributes: [...attributes, one] });
      refused({ attributes: attributes.map((other) => (other === one ? { ...one, value: Uint8Array.of(0, Number(one.value)) } : other)) });
    }
    refused({ attributes: [...attributes, { type: 'PRF', value: 1 }] });
    refused({ attributes: [...attributes, { type: 'Life Type', value: 1 }] });
    refused({ attributes: [...attributes, { type: 'Life Duration', value: 0 }] });
    refused({ attributes: [...attributes, { type: 'Life Type', value: 1 }, { type: 'Life Duration', value: 3600 }] });
    refused({ attributes: [...attributes, { type: 'Life Type', value: 2 }, { type: 'Life Duration', value: 0 }] });
    refused({ id: 9 });
  });
  test('that mixes two transforms is refused', () => {
    const third = must(offered[4]);
    const mixed = second.attributes.map((one) =>
      one.type === 'Key Length' ? must(third.attributes.find(({ type }) => type === 'Key Length')) : one,
    );
    const strong = encodePhase1Offer({
      ...ours,
      proposals: [{ encryption: [aes256Cbc], integrity: [], prf: [prfHmacSha256], keyExchange: [modp2048] }],
    });
    expect(() => readPhase1Answer(answerOf({ ...second, attributes: mixed }), strong, ours)).toThrow('AES-CBC (256)');
  });
  test('with two transforms, or none, or two proposals, is refused', () => {
    const one = must(answerOf(second).proposals[0]);
    const of = (changes: Partial<PayloadOfType<'SA'>>) => why(() => readPhase1Answer({ ...answerOf(second), ...changes }, offer, ours));
    expect(why(() => readPhase1Answer(answerOf(second, must(offered[2])), offer, ours))).toContain('with one transform');
    expect(why(() => readPhase1Answer(answerOf(), offer, ours))).toContain('with one transform');
    of({ proposals: [one, one] });
    of({ proposals: [] });
    of({ doi: 'ISAKMP' });
    of({ situation: 2, proposals: [] });
    of({ proposals: [{ proposalNum: 1, protocol: 'ESP', spi: new Uint8Array(4), transforms: [] }] });
  });
  test('may have other numbers, another order and an SPI: they decide nothing', () => {
    const attributes = [...second.attributes].reverse();
    const answer = answerOf({ ...second, transformNum: 1, attributes });
    const odd = {
      ...answer,
      proposals: [{ ...must(answer.proposals[0]), proposalNum: 9, spi: new Uint8Array(8).fill(1) }],
    } as typeof answer;
    expect(readPhase1Answer(odd, offer, ours)).toMatchObject({ keyExchange: modp2048, encryption: aes256Cbc });
  });
  test('may encode a duration anew, and say that there is none', () => {
    const limited = encodePhase1Offer({ ...ours, options: { ...ours.options, lifetime: 3_600_000 } });
    const transform = must(limited.proposals[0]?.transforms[0]) as Transform;
    const long = transform.attributes.map((one) =>
      one.type === 'Life Duration' ? { ...one, value: Uint8Array.of(0, 0, 0x0e, 0x10) } : one,
    );
    const suite = readPhase1Answer(withTransforms(limited, [{ ...transform, attributes: long }]), limited, ours);
    expect(suite.lifetimes).toEqual([{ type: 'seconds', duration: 3600 }]);
    const longer = transform.attributes.map((one) => (one.type === 'Life Duration' ? { ...one, value: 3601 } : one));
    why(() => readPhase1Answer(withTransforms(limited, [{ ...transform, attributes: longer }]), limited, ours));
    why(() => readPhase1Answer(withTransforms(limited, [{ ...transform, attributes: transform.attributes.slice(0, -2) }]), limited, ours));
    const none = [...second.attributes, { type: 'Life Type', value: 1 }, { type: 'Life Duration', value: 0 }] as const;
    expect(readPhase1Answer(answerOf({ ...second, attributes: none }), offer, ours).lifetimes).toEqual([]);
  });
});
