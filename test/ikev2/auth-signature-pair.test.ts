/** IKE_AUTH with signatures between an initiator and a responder of ours: every method in both roles, and each way in which it goes wrong. */
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { Connection, OwnSignature, RemoteAuthentication } from '../../src/keying/connection.js';
import type { Claim } from '../../src/ikev2/exchange/ike-auth-claim.js';
import { checkSignature } from '../../src/ikev2/exchange/ike-auth-signature.js';
import { findNotify, findPayload } from '../../src/ikev2/pick.js';
import type { Ask, Payload } from '../../src/ike.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows, type PublicKey, publicKeyOfCertificate, type SignatureRow } from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { connectionOf, converse, type End, errorOf, type Middle, namesOf, type Talk } from './converse.js';
import { answersOf, authorityOf, ed448Signer, ownOf, p384Signer, type Signer, signerOf } from './signers.js';

const rowOf = (shortName: string): SignatureRow => defaultSignatureRows.find((row) => row.shortName === shortName)!;
const authority = (name: Parameters<typeof authorityOf>[0]): Uint8Array => sha1(publicKeyOfCertificate(authorityOf(name)).spki);

/** One side: its key, and with what it may sign. */
interface Party {
  readonly signer: Signer;
  readonly own?: Partial<OwnSignature>;
  readonly answer?: (ask: Ask) => unknown;
  readonly demand?: RemoteAuthentication;
  readonly more?: Partial<Connection>;
}

/** What is demanded of a party: with a certificate that, else its key. */
function demandOf({ certificates, publicKey }: Signer, rows: readonly SignatureRow[] = defaultSignatureRows): RemoteAuthentication {
  if (certificates.length === 0) return { method: 'public-key', keys: [publicKey], rows };
  return {
    method: 'certificate',
    rows,
    authorities: [authority(publicKey.type === 'RSA' ? 'rsa' : publicKey.type === 'EC' ? 'p256' : 'ed25519')],
  };
}

function talk(a: Party, b: Party, middle: Middle = {}): Promise<Talk> {
  const one = { localAuth: ownOf(a.signer, a.own), remoteAuth: a.demand ?? demandOf(b.signer) };
  const other = { localAuth: ownOf(b.signer, b.own), remoteAuth: b.demand ?? demandOf(a.signer) };
  return converse(
    connectionOf(['a.example', 'b.example'], one, a.more),
    [connectionOf(['b.example', 'a.example'], other, b.more)],
    { a: a.answer ?? answersOf(a.signer), b: b.answer ?? answersOf(b.signer) },
    middle,
  );
}

const states = ({ a, b }: Talk): (string | undefined)[] => [a.sa?.state, b.sa?.state];
const kindsOf = ({ asks }: End): string => asks.map(({ kind }) => kind).join(' ');
const inToken = ({ publicKey, certificates, pkcs8 }: Signer): Signer => ({ publicKey, certificates, ...(pkcs8 && { pkcs8 }) });

describe('RFC 7427, RFC 8420, RFC 7670: every algorithm, as initiator and as responder', () => {
  const rsa = signerOf('rsa-a');
  const cases: readonly (readonly [string, Signer, string])[] = [
    ...['rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'rsa-pss-sha256', 'rsa-pss-sha384', 'rsa-pss-sha512'].map(
      (row) => [row, rsa, row] as const,
    ),
    ['ECDSA on P-256', signerOf('p256-a'), 'ecdsa-sha256'],
    ['ECDSA on P-256 with SHA-512, in a token', inToken(signerOf('p256-a')), 'ecdsa-sha512'],
    ['ECDSA on P-384', p384Signer(1), 'ecdsa-sha384'],
    ['ECDSA on P-521', { ...signerOf('p521-a'), certificates: [] }, 'ecdsa-sha512'],
    ['Ed25519', signerOf('ed25519-a'), 'ed25519'],
    ['Ed448', ed448Signer(1), 'ed448'],
  ];
  const other = signerOf('ed25519-b');

  test.each(cases)('%s', async (_, signer, shortName) => {
    const row = rowOf(shortName);
    const party: Party = { signer, own: { rows: [row] } };
    const isAsked = signer.privateKey === undefined;
    for (const [first, second] of [
      [party, { signer: other }],
      [{ signer: other }, party],
    ] as const) {
      const done = await talk(first, second);
      expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
      const prover = first === party ? done.a : done.b;
      expect(kindsOf(prover)).toBe(
        (first === party ? [isAsked ? 'sign' : '', 'certificates'] : ['certificates', isAsked ? 'sign' : '']).filter(Boolean).join(' '),
      );
      const auth = findPayload(prover.said[1]!, 'AUTH')!;
      expect([auth.method, toHex(auth.data.subarray(1, 1 + auth.data[0]!))]).toEqual(['Digital Signature', toHex(row.algorithmIdentifier)]);
    }
  });

  test('the payloads stand in the order of RFC 7296 appendices C.1 and C.2', async () => {
    const { a, b } = await talk({ signer: rsa }, { signer: signerOf('p256-b') });
    expect(namesOf(b.said[0])).toBe('SA KE Nonce NAT_DETECTION_SOURCE_IP NAT_DETECTION_DESTINATION_IP CERTREQ SIGNATURE_HASH_ALGORITHMS');
    expect(namesOf(a.said[1])).toBe('IDi CERT INITIAL_CONTACT CERTREQ AUTH SA TSi TSr');
    expect(namesOf(b.said[1])).toBe('IDr CERT AUTH SA TSi TSr');
  });

  test('a signature is verified once, however often the handler runs; another key, message or algorithm is another question', async () => {
    const [a, b] = [signerOf('p256-a'), inToken(signerOf('p256-b'))];
    const verified: string[] = [];
    const counting = defaultSignatureRows.map((row) => ({
      ...row,
      verify: (...all: Parameters<SignatureRow['verify']>): boolean => {
        verified.push(toHex(all[0].spki.subarray(-4)));
        return row.verify(...all);
      },
    }));
    const done = await talk({ signer: a, demand: demandOf(b, counting) }, { signer: b, demand: demandOf(a, counting) });
    expect([states(done), kindsOf(done.b)]).toEqual([['ESTABLISHED', 'ESTABLISHED'], 'certificates sign']);
    expect(verified).toEqual([a, b].map(({ publicKey }) => toHex(publicKey.spki.subarray(-4))));
    const auth = findPayload(done.a.said[1]!, 'AUTH')!;
    const id = { type: 'ID_FQDN', name: 'a.example' } as const;
    const claim = { localId: id, peerId: id, hashAlgorithms: { own: ['SHA2-256'], peer: ['SHA2-256'] } } as unknown as Claim;
    const check = (key: PublicKey, octets: Uint8Array): unknown => checkSignature(key, counting, { ...claim, octets }, auth)?.found;
    const wrong = 'one made with another key, or over another exchange';
    expect([check(a.publicKey, new Uint8Array(9)), check(b.publicKey, new Uint8Array(9))]).toEqual([wrong, wrong]);
  });

  test('Auth Method 1 does not say which hash it is: that it may be SHA-1 is said', () => {
    const auth = { type: 'AUTH', method: 'RSA Digital Signature', data: new Uint8Array(256) } as const;
    const id = { type: 'ID_FQDN', name: 'a.example' } as const;
    const claim = {
      localId: id,
      peerId: id,
      octets: new Uint8Array(9),
      hashAlgorithms: { own: ['SHA2-256'], peer: undefined },
    } as unknown as Claim;
    const found = (rows: readonly SignatureRow[]): unknown => checkSignature(rsa.publicKey, rows, claim, auth)?.found;
    expect(found(defaultSignatureRows)).toBe('one made with another key or with SHA-1, or over another exchange');
    expect(found(legacySignatureRows)).toBe('one made with another key, or over another exchange');
  });

  test('RFC 7427 section 4: "different algorithms can be used in different directions"', async () => {
    const done = await talk(
      { signer: rsa, own: { rows: [rowOf('rsa-sha512')] }, demand: demandOf(signerOf('p256-b'), [rowOf('ecdsa-sha256')]) },
      { signer: signerOf('p256-b'), demand: demandOf(rsa, [rowOf('rsa-sha512'), rowOf('rsa-pss-sha512')]) },
    );
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  test('the first of our algorithms that the peer verifies', async () => {
    const done = await talk(
      { signer: rsa, own: { rows: [rowOf('rsa-sha512'), rowOf('rsa-pss-sha256'), rowOf('rsa-sha256')] } },
      {
        signer: other,
        demand: demandOf(rsa, [rowOf('rsa-sha256'), rowOf('rsa-pss-sha256')]),
      },
    );
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect((done.a.asks[0] as Extract<Ask, { kind: 'sign' }>).row.name).toBe('RSASSA-PSS with SHA2-256');
  });
});

describe('RFC 7296 section 2.21.2: what fails, and what our log says', () => {
  const [rsaA, rsaB, p256A, p256B, edA, edB] = ['rsa-a', 'rsa-b', 'p256-a', 'p256-b', 'ed25519-a', 'ed25519-b'].map(signerOf) as [
    Signer,
    Signer,
    Signer,
    Signer,
    Signer,
    Signer,
  ];
  const expectRefusedByB = ({ a, b }: Talk, ...words: string[]): void => {
    expect([b.sa?.state, namesOf(b.said[1])]).toEqual(['CLOSED', 'AUTHENTICATION_FAILED']);
    expect([a.sa?.state, errorOf(a).code]).toEqual(['CLOSED', 'peer-refused']);
    const error = errorOf(b);
    expect(error.code).toBe('authentication-failed');
    for (const word of words) expect(error.message).toContain(word);
    expect(b.actions.some(({ type }) => type === 'established' || type === 'installChild')).toBe(false);
  };
  const expectRefusedByA = ({ a, b }: Talk, ...words: string[]): void => {
    expect([a.sa?.state, namesOf(a.said[2])]).toEqual(['CLOSED', 'AUTHENTICATION_FAILED']);
    expect(b.sa?.state).toBe('CLOSED');
    const error = errorOf(a);
    expect(error.code).toBe('authentication-failed');
    for (const word of words) expect(error.message).toContain(word);
    expect(a.actions.some(({ type }) => type === 'established' || type === 'installChild')).toBe(false);
  };

  test('a private key that is not that of the certificate', async () => {
    const thief: Party = { signer: { ...p256A, privateKey: p256B.privateKey! } };
    expectRefusedByB(await talk(thief, { signer: p256B }), 'ID_FQDN a.example', 'ecdsa-with-SHA256', 'EC P-256', 'another key');
    expectRefusedByA(await talk({ signer: p256B }, thief), 'ID_FQDN b.example', 'another key');
  });

  test('our own private key lives elsewhere and does not fit: nobody else hears of it', async () => {
    const wrong = await talk({ signer: rsaA, answer: answersOf(rsaB) }, { signer: edB });
    expect([wrong.a.sa?.state, wrong.a.said.length]).toEqual(['CLOSED', 1]);
    expect(errorOf(wrong.a).message).toContain(
      'expected a signature with RSASSA-PSS with SHA2-256 of 256 octets that fits our public key, RSA-2048, that of our certificate',
    );
    const responder = await talk({ signer: edB }, { signer: rsaA, answer: answersOf(rsaB) });
    expectRefusedByB(responder, 'that fits our public key');
  });

  test.each([
    ['an error', new IpsecError('timeout', 'the token', { expected: 'a PIN', found: 'none' }), 'expected a PIN'],
    ['nothing', undefined, 'found no octets'],
    ['text', 'signed', 'found no octets'],
    ['too few octets', new Uint8Array(63), 'expected a signature with ecdsa-with-SHA256 of 64 octets, r | s, found 63 octets'],
    ['DER', concat(Uint8Array.of(0x30, 0x45), new Uint8Array(69)), 'found 71 octets, perhaps DER'],
  ])('the question for a signature is answered with %s', async (_, value, message) => {
    const { a } = await talk({ signer: inToken(p256A), answer: () => value }, { signer: edB });
    expect([a.sa?.state, a.said.length]).toEqual(['CLOSED', 1]);
    expect(errorOf(a).message).toContain(message);
  });

  test('an algorithm that is not among those allowed', async () => {
    const strict: Party = { signer: edB, demand: demandOf(rsaA, [rowOf('rsa-pss-sha256')]) };
    expectRefusedByB(
      await talk({ signer: rsaA, own: { rows: [rowOf('rsa-sha256')] } }, strict),
      'RSASSA-PSS with SHA2-256',
      '1.2.840.113549.1.1.11',
    );
  });

  test('a hash that we have not announced', async () => {
    const strict: Party = { signer: edB, demand: demandOf(rsaA, [rowOf('rsa-sha256')]) };
    const { a } = await talk({ signer: rsaA, own: { rows: [rowOf('rsa-sha512')] } }, strict);
    expect(errorOf(a).message).toContain(
      'expected an algorithm whose hash the peer verifies, found sha512WithRSAEncryption, but the peer announced SHA2-256',
    );
    const announced = (payloads: readonly Payload[] | undefined): string => toHex(findNotify(payloads!, 'SIGNATURE_HASH_ALGORITHMS')!.data);
    const both = await talk({ signer: rsaA, own: { rows: [rowOf('rsa-sha256')] } }, strict);
    expect([announced(both.a.said[0]), announced(both.b.said[0])]).toEqual(['0002000300040005', '0002']);
  });

  test('another type of key than the algorithm says', async () => {
    const swap = (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
      from === 'b' ? payloads : payloads.map((p) => (p.type === 'CERT' ? { ...p, data: p256A.certificates[0]! } : p));
    expectRefusedByB(
      await talk({ signer: rsaA }, { signer: edB }, { auth: swap }),
      'expected a signature with EC P-256, found RSASSA-PSS with SHA2-256',
    );
  });

  test('no CERT payload', async () => {
    const silent: Party = { signer: p256A, own: { send: 'never' } };
    expectRefusedByB(
      await talk(silent, { signer: edB }),
      'expected a CERT payload with an X.509 certificate; ours asked for one below our authority, found none',
    );
    expectRefusedByA(await talk({ signer: edB }, silent), 'found none');
  });

  test('certificates in a form that nobody reads are named', async () => {
    const wrapped = (payloads: readonly Payload[]): readonly Payload[] =>
      payloads.map((p) => (p.type === 'CERT' ? { ...p, encoding: 'PKCS #7 wrapped X.509 certificate' } : p));
    expectRefusedByB(await talk({ signer: p256A }, { signer: edB }, { auth: wrapped }), 'found PKCS #7 wrapped X.509 certificate');
    const unknown = (payloads: readonly Payload[]): readonly Payload[] =>
      payloads.map((p) => (p.type === 'CERT' ? { ...p, encoding: 201 } : p));
    expectRefusedByB(await talk({ signer: p256A }, { signer: edB }, { auth: unknown }), 'found encoding 201');
  });

  test('a certificate that is none', async () => {
    const cut = (payloads: readonly Payload[]): readonly Payload[] =>
      payloads.map((p) => (p.type === 'CERT' ? { ...p, data: p.data.subarray(0, 99) } : p));
    expectRefusedByB(await talk({ signer: p256A }, { signer: edB }, { auth: cut }), 'a certificate');
  });

  test('more than 16 CERT payloads', async () => {
    const many = (payloads: readonly Payload[]): readonly Payload[] =>
      payloads.flatMap((p): Payload[] => (p.type === 'CERT' ? Array.from({ length: 17 }, () => p) : [p]));
    expectRefusedByB(await talk({ signer: p256A }, { signer: edB }, { auth: many }), 'at most 16', '17');
  });

  test('RFC 7296 section 1.2: the first certificate is the one, whatever the others are', async () => {
    const behind = (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
      payloads.flatMap((p): Payload[] => (p.type === 'CERT' && from === 'a' ? [{ ...p, data: p256B.certificates[0]! }, p] : [p]));
    const done = await talk({ signer: p256A }, { signer: edB }, { auth: behind });
    expectRefusedByB(done, 'another key');
    expect(kindsOf(done.b)).toBe('');
  });

  test('RFC 4945 section 3.3.10.4: "Implementations MUST support receiving multiple identical CERTs during an exchange."', async () => {
    const twice = (payloads: readonly Payload[]): readonly Payload[] =>
      payloads.flatMap((p): Payload[] => (p.type === 'CERT' ? [p, p] : [p]));
    const done = await talk(
      { signer: p256A, own: { certificates: [...p256A.certificates, authorityOf('p256')] } },
      { signer: edB },
      { auth: twice },
    );
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect((done.b.asks[0] as Extract<Ask, { kind: 'certificates' }>).certificates).toEqual([p256A.certificates[0], authorityOf('p256')]);
  });

  test('the certificate is not trusted: the reason of whoever has looked', async () => {
    const verdict = new IpsecError('authentication-failed', 'the path', {
      expected: 'a certificate below CN=CA',
      found: 'CN=Mallory',
      nearest: 'CN=CB',
    });
    const done = await talk({ signer: p256A }, { signer: edB, answer: answersOf(edB, verdict) });
    expectRefusedByB(done, 'expected a certificate below CN=CA', 'CN=Mallory', 'did you mean CN=CB?');
    expect(errorOf(done.b).cause).toBe(verdict);
    expectRefusedByA(await talk({ signer: edB, answer: answersOf(edB, verdict) }, { signer: p256A }), 'CN=Mallory');
    for (const value of [undefined, true, 'yes', {}, 1])
      expectRefusedByB(
        await talk({ signer: p256A }, { signer: edB, answer: (ask) => (ask.kind === 'certificates' ? value : undefined) }),
        'expected a verdict on the certificate, found none',
      );
  });

  test('the question says who the peer claims to be, and whether that has to stand in the certificate', async () => {
    const loose = {
      peer: {
        ...connectionOf(['b.example', 'a.example'], { localAuth: ownOf(edB), remoteAuth: demandOf(p256A) }).peer,
        authentication: { protocol: 'IKEv2', method: 'certificate', matchCertificate: false },
      },
    };
    const asked = (done: Talk): unknown =>
      done.b.asks.map((ask) => (ask.kind === 'certificates' ? [ask.peerId, ask.matchIdentity] : ask.kind));
    expect(asked(await talk({ signer: p256A }, { signer: edB }))).toEqual([[{ type: 'ID_FQDN', name: 'a.example' }, true]]);
    expect(asked(await talk({ signer: p256A }, { signer: edB, more: loose }))).toEqual([[{ type: 'ID_FQDN', name: 'a.example' }, false]]);
  });

  test('a shared key where a signature is wanted, and the other way round', async () => {
    const secret = new Uint8Array(32).fill(7);
    const shared = { method: 'shared-key', secret } as const;
    const bob = connectionOf(['b.example', 'a.example'], { localAuth: shared, remoteAuth: demandOf(edA) });
    expectRefusedByB(
      await converse(connectionOf(['a.example', 'b.example'], { localAuth: shared, remoteAuth: shared }), [bob]),
      'Digital Signature',
      'found AUTH of method Shared Key Message Integrity Code',
    );
    const keyed = connectionOf(['b.example', 'a.example'], { localAuth: shared, remoteAuth: shared });
    const signing = connectionOf(['a.example', 'b.example'], { localAuth: ownOf(p256A), remoteAuth: shared });
    expectRefusedByB(await converse(signing, [keyed]), 'found AUTH of method ECDSA with SHA-256 on the P-256 curve');
    // Nobody who does without signatures announces hashes, and there is no other method for these keys.
    const { a } = await converse({ ...signing, localAuth: ownOf(edA) }, [keyed]);
    expect(errorOf(a).message).toContain(
      'there is no other method for these keys, found id-Ed25519; the peer sent no SIGNATURE_HASH_ALGORITHMS',
    );
  });

  test('one side signs, the other has a shared key: RFC 7427 is still announced by both', async () => {
    const secret = new Uint8Array(32).fill(7);
    const shared = { method: 'shared-key', secret } as const;
    const done = await converse(
      connectionOf(['a.example', 'b.example'], { localAuth: shared, remoteAuth: demandOf(edB) }),
      [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(edB), remoteAuth: shared })],
      { a: answersOf(edA) },
    );
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(findPayload(done.b.said[1]!, 'AUTH')?.method).toBe('Digital Signature');
    expect(namesOf(done.b.said[0])).not.toContain('CERTREQ');
  });
});

describe('RFC 7670: raw public keys', () => {
  const [edA, edB] = [signerOf('ed25519-a'), signerOf('ed25519-b')];
  const bare = (signer: Signer): Signer => ({ ...signer, certificates: [] });

  test('the key goes along where it is wanted; AUTH has to be made with it', async () => {
    const party: Party = { signer: bare(edA), own: { sendRawKey: true } };
    const done = await talk(party, { signer: bare(edB) });
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(findPayload(done.a.said[1]!, 'CERT')).toMatchObject({ encoding: 'Raw Public Key', data: edA.publicKey.spki });
    expect([kindsOf(done.a), kindsOf(done.b)]).toEqual(['', '']);
  });

  test('a key that nobody has told us of', async () => {
    const stranger: Party = { signer: bare(edA), own: { sendRawKey: true } };
    const { b } = await talk(stranger, { signer: bare(edB), demand: demandOf(bare(signerOf('ed25519-b'))) });
    expect(errorOf(b).message).toContain(
      `expected one of Ed25519 (SHA-1 ${toHex(sha1(edB.publicKey.spki))}), found a raw public key, SHA-1 ${toHex(sha1(edA.publicKey.spki))}`,
    );
  });

  test('one of ours, but AUTH is made with another one of ours', async () => {
    const keys: RemoteAuthentication = { method: 'public-key', keys: [edA.publicKey, edB.publicKey], rows: defaultSignatureRows };
    const swap = (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
      payloads.map((p) => (p.type === 'CERT' && from === 'a' ? { ...p, data: edB.publicKey.spki } : p));
    const party: Party = { signer: bare(edA), own: { sendRawKey: true } };
    expect(states(await talk(party, { signer: bare(edB), demand: keys }))).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(errorOf((await talk(party, { signer: bare(edB), demand: keys }, { auth: swap })).b).message).toContain('another key');
  });

  test('a certificate of a peer whose key is trusted is not looked at', async () => {
    const done = await talk({ signer: edA }, { signer: bare(edB), demand: demandOf(bare(edA)) });
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(kindsOf(done.b)).toBe('');
  });

  test('ID_NULL: "the key itself is used as the identity for the other end"', async () => {
    const nameless = { localAuth: ownOf(bare(edA)), remoteAuth: demandOf(bare(edB)) };
    const bob = connectionOf(['b.example', 'ID_NULL'], { localAuth: ownOf(bare(edB)), remoteAuth: demandOf(bare(edA)) });
    expect(states(await converse(connectionOf(['ID_NULL', 'b.example'], nameless), [bob]))).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });
});
