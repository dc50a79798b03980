/** The rows of the list of known attacks that concern signatures in IKE_AUTH: between two hosts on the machine, with somebody in the middle. */
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes.js';
import { encodeDer, encodeDerUnsigned, SEQUENCE } from '../../src/der.js';
import { IpsecError } from '../../src/errors.js';
import type { OwnSignature, RemoteAuthentication } from '../../src/keying/connection.js';
import type { Claim } from '../../src/ikev2/exchange/ike-auth-claim.js';
import { type Checkable, checkIdentity } from '../../src/ikev2/exchange/ike-auth-methods.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { encodeIkeProposals } from '../../src/ikev2/proposal.js';
import {
  type Ask,
  createNotify,
  createSkContext,
  decodeDigitalSignature,
  encodeDigitalSignature,
  encodeNotifyData,
  encodeSignedOctets,
  type Payload,
  sealSk,
  step,
} from '../../src/ike.js';
import { aes128Gcm16, aes256Gcm16 } from '../../src/suite/aead.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import { decodeEcdsaSignature, defaultSignatureRows as rows, encodeEcdsaSignature, type PublicKey } from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { connectionOf, converse, type End, errorOf, type Middle, type Talk } from '../ikev2/converse.js';
import { answersOf, ownOf, type Signer, signerOf } from '../ikev2/signers.js';
import { ikeProposal, randomOf } from '../ikev2/two-hosts.js';

const [a, b] = [signerOf('p256-a'), signerOf('p256-b')];
const demand: RemoteAuthentication = { method: 'certificate', rows, authorities: [] };
const both = { proposals: [{ ...ikeProposal, encryption: [aes256Gcm16, aes128Gcm16] }] };

function talk(
  middle: Middle,
  signers: readonly [Signer, Signer] = [a, b],
  own: Partial<OwnSignature> = {},
  wanted = demand,
): Promise<Talk> {
  return converse(
    connectionOf(['a.example', 'b.example'], { localAuth: ownOf(signers[0], own), remoteAuth: wanted }, both),
    [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(signers[1], own), remoteAuth: wanted }, both)],
    { a: answersOf(signers[0]), b: answersOf(signers[1]) },
    middle,
  );
}

const isOpen = ({ actions }: End): boolean => actions.some(({ type }) => type === 'established');
/** The two ends have told nobody that there is an IKE SA; or the responder has, and the initiator has ended it. */
function expectEnd({ a: one, b: other }: Talk): void {
  expect(isOpen(one)).toBe(false);
  expect([one.sa?.state, other.sa?.state]).toEqual(['CLOSED', 'CLOSED']);
}
const only =
  (side: 'a' | 'b', change: (payloads: readonly Payload[]) => readonly Payload[]) =>
  (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
    from === side ? change(payloads) : payloads;
const without = (notify: string) => (payloads: readonly Payload[]) => payloads.filter((p) => p.type !== 'N' || p.notify !== notify);
const withHashes =
  (...algorithms: ('SHA1' | 'SHA2-256')[]) =>
  (payloads: readonly Payload[]) => [
    ...without('SIGNATURE_HASH_ALGORITHMS')(payloads),
    createNotify('SIGNATURE_HASH_ALGORITHMS', encodeNotifyData('SIGNATURE_HASH_ALGORITHMS', { algorithms })),
  ];
/** Of what is offered only the weaker cipher. */
const weaker = (payloads: readonly Payload[]): readonly Payload[] =>
  payloads.map((p): Payload => {
    if (p.type !== 'SA') return p;
    const isStrong = ({ type, attributes }: (typeof p.proposals)[0]['transforms'][0]): boolean =>
      type === 'ENCR' && attributes[0]?.value === 256;
    return {
      ...p,
      proposals: p.proposals.map((proposal) => ({ ...proposal, transforms: proposal.transforms.filter((t) => !isStrong(t)) })),
    };
  });
const auth = (change: (data: Uint8Array, payload: Extract<Payload, { type: 'AUTH' }>) => Payload) => (payloads: readonly Payload[]) =>
  payloads.map((p) => (p.type === 'AUTH' ? change(p.data, p) : p));

describe('row 23: who is in the middle takes something out of IKE_SA_INIT', () => {
  it('of the request: the responder sees it by AUTH, whatever it is', async () => {
    const changes = [
      weaker,
      without('SIGNATURE_HASH_ALGORITHMS'),
      withHashes('SHA2-256'),
      without('NAT_DETECTION_SOURCE_IP'),
      (p: readonly Payload[]) => [...p, createNotify('REDIRECT_SUPPORTED')],
    ];
    for (const change of changes) {
      const done = await talk({ init: only('a', change) });
      expectEnd(done);
      expect(isOpen(done.b)).toBe(false);
      expect(errorOf(done.b).message).toContain(change === changes[1] ? 'ecdsa' : 'over another exchange');
    }
  });

  it('of the response: the initiator sees it by AUTH, whatever it is', async () => {
    for (const change of [
      withHashes('SHA2-256'),
      without('NAT_DETECTION_SOURCE_IP'),
      (p: readonly Payload[]) => p.filter(({ type }) => type !== 'CERTREQ'),
      (p: readonly Payload[]) => [...p, createNotify('CHILDLESS_IKEV2_SUPPORTED')],
    ]) {
      const done = await talk({ init: only('b', change) }, [a, b], {}, { ...demand, authorities: [new Uint8Array(20)] });
      expectEnd(done);
      expect(errorOf(done.a).message).toContain('over another exchange');
    }
  });

  it('of the response, the hash algorithms, so that the initiator signs by an older method: the responder sees that, too', async () => {
    const done = await talk({ init: only('b', without('SIGNATURE_HASH_ALGORITHMS')) });
    expectEnd(done);
    expect([isOpen(done.b), findPayload(done.a.said[1]!, 'AUTH')?.method]).toEqual([false, 'ECDSA with SHA-256 on the P-256 curve']);
    expect(errorOf(done.b).message).toContain('expected Digital Signature, for both sides announced hash algorithms (RFC 7427 section 3)');
  });

  it('of both: each side by the other`s AUTH', async () => {
    const done = await talk({ init: without('SIGNATURE_HASH_ALGORITHMS') });
    expectEnd(done);
    expect(isOpen(done.b)).toBe(false);
  });

  it('SHA-1 is announced in the name of the other: nobody signs with it who was not told to', async () => {
    const rsa = signerOf('rsa-a');
    const done = await talk({ init: only('b', withHashes('SHA1')) }, [rsa, b]);
    expect([done.a.sa?.state, done.a.said.length]).toEqual(['CLOSED', 1]);
    expect(errorOf(done.a).message).toContain('but the peer announced SHA1');
    // Even with the row: the responder has not announced it, and takes nothing with it.
    const willing = await talk({ init: only('b', withHashes('SHA1')) }, [rsa, b], { rows: [...legacySignatureRows, ...rows] });
    expectEnd(willing);
    expect(errorOf(willing.b).message).toContain('1.2.840.113549.1.1.5');
  });
});

describe('rows 14 and 15: signatures that are none', () => {
  const forged = async (
    change: (data: Uint8Array, payload: Extract<Payload, { type: 'AUTH' }>) => Payload,
    signers: readonly [Signer, Signer] = [a, b],
  ): Promise<void> => {
    for (const side of ['a', 'b'] as const) {
      const done = await talk({ auth: only(side, auth(change)) }, signers);
      expectEnd(done);
      const checker = side === 'a' ? done.b : done.a;
      expect(isOpen(checker)).toBe(false);
      expect(errorOf(checker).code).toBe('authentication-failed');
      expect(checker.asks.filter(({ kind }) => kind === 'certificates' && checker === done.a)).toEqual([]);
    }
  };
  const reshaped =
    (change: (signature: Uint8Array) => Uint8Array) =>
    (data: Uint8Array): Payload => {
      const { algorithmIdentifier, signature } = decodeDigitalSignature(data);
      return {
        type: 'AUTH',
        method: 'Digital Signature',
        data: encodeDigitalSignature({ algorithmIdentifier, signature: change(signature) }),
      };
    };
  const zero = encodeDerUnsigned(new Uint8Array(1));
  const one = encodeDerUnsigned(Uint8Array.of(1));

  it.each([
    ['r and s are zero', () => encodeDer(SEQUENCE, zero, zero)],
    ['r and s are one', () => encodeDer(SEQUENCE, one, one)],
    ['nothing', () => new Uint8Array(0)],
    ['r | s, as in RFC 4754', (der: Uint8Array) => decodeEcdsaSignature(der, 'P-256')],
    ['an octet more', (der: Uint8Array) => concat(der, Uint8Array.of(0))],
    ['an octet less', (der: Uint8Array) => der.subarray(0, -1)],
    ['a third number', (der: Uint8Array) => encodeDer(SEQUENCE, der.subarray(2), one)],
    ['a length longer than needed', (der: Uint8Array) => concat(Uint8Array.of(0x30, 0x81), der.subarray(1))],
    ['numbers longer than the order', () => encodeDer(SEQUENCE, encodeDerUnsigned(new Uint8Array(33).fill(1)), one)],
  ])('ECDSA: %s', async (_, change) => forged(reshaped(change)));

  it.each([
    ['zeros', (s: Uint8Array) => new Uint8Array(s.length)],
    ['one', (s: Uint8Array) => concat(new Uint8Array(s.length - 1), Uint8Array.of(1))],
    ['more than the modulus', (s: Uint8Array) => new Uint8Array(s.length).fill(255)],
    ['an octet more', (s: Uint8Array) => concat(Uint8Array.of(0), s)],
    ['nothing', () => new Uint8Array(0)],
  ])('RSA: %s', async (_, change) => forged(reshaped(change), [signerOf('rsa-a'), signerOf('rsa-b')]));

  it.each([
    ['no data', new Uint8Array(0)],
    ['a length and no more', Uint8Array.of(12)],
    ['no algorithm', Uint8Array.of(0, 1, 2, 3)],
    ['an algorithm that is no DER', Uint8Array.of(3, 0xff, 0xff, 0xff, 1)],
    ['an algorithm that claims to be longer', Uint8Array.of(4, 0x30, 0x82, 0xff, 0xff, 1)],
    ['an algorithm of nobody', concat(Uint8Array.of(5, 0x30, 3, 6, 1, 0x2a), new Uint8Array(64))],
    ['an algorithm without an identifier', Uint8Array.of(2, 0x30, 0)],
  ])('Digital Signature: %s', async (_, data) => forged((__, payload) => ({ ...payload, data })));

  it('every other Auth Method, known or not', async () => {
    for (const method of [
      0,
      'RSA Digital Signature',
      'Shared Key Message Integrity Code',
      'DSS Digital Signature',
      'ECDSA with SHA-384 on the P-384 curve',
      'NULL Authentication',
      15,
      255,
    ] as const)
      await forged((_, payload) => ({ ...payload, method }));
  });

  it('the algorithm of another type of key, and another hash than was signed with', async () => {
    for (const name of ['ecdsa-with-SHA384', 'sha256WithRSAEncryption', 'RSASSA-PSS with SHA2-256', 'id-Ed25519']) {
      const { algorithmIdentifier } = rows.find((row) => row.name === name)!;
      await forged((data, payload) => ({
        ...payload,
        data: encodeDigitalSignature({ ...decodeDigitalSignature(data), algorithmIdentifier }),
      }));
    }
  });

  it('the signature of the other side, sent back to it', async () => {
    let recorded: Payload | undefined;
    const reflect: Middle = {
      auth: (payloads, from) => {
        if (from === 'a') recorded = findPayload(payloads, 'AUTH');
        return from === 'a'
          ? payloads
          : payloads.map((p) =>
              p.type === 'AUTH' || p.type === 'CERT' ? (p.type === 'AUTH' ? recorded! : { ...p, data: a.certificates[0]! }) : p,
            );
      },
    };
    const done = await talk(reflect);
    expectEnd(done);
    expect(errorOf(done.a).message).toContain('over another exchange');
  });

  it('a signature of yesterday over another exchange', async () => {
    const yesterday = await talk({});
    expect(isOpen(yesterday.a)).toBe(true);
    const old = findPayload(yesterday.a.said[1]!, 'AUTH')!;
    const other = connectionOf(['a.example', 'b.example'], { localAuth: ownOf(a), remoteAuth: demand }); // one proposal less: another IKE_SA_INIT
    const done = await converse(
      other,
      [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(b), remoteAuth: demand })],
      { a: answersOf(a), b: answersOf(b) },
      {
        auth: only(
          'a',
          auth(() => old),
        ),
      },
    );
    expectEnd(done);
    expect(errorOf(done.b).message).toContain('over another exchange');
  });

  it('the name of another: AUTH covers IDi', async () => {
    const rename = only('a', (payloads) =>
      payloads.map((p) => (p.type === 'IDi' ? { type: 'IDi', idType: 'ID_FQDN', data: new TextEncoder().encode('c.example') } : p)),
    );
    const anybody = connectionOf(['b.example', '*'], { localAuth: ownOf(b), remoteAuth: demand });
    const done = await converse(
      connectionOf(['a.example', 'b.example'], { localAuth: ownOf(a), remoteAuth: demand }),
      [anybody],
      { a: answersOf(a), b: answersOf(b) },
      { auth: rename },
    );
    expectEnd(done);
  });

  it('a key of low order for Ed25519, with a signature that fits every message', async () => {
    const point = concat(Uint8Array.of(1), new Uint8Array(31));
    const spki = concat(Uint8Array.of(0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0), point);
    const raw: PublicKey = { type: 'Ed25519', point, spki };
    const ed = signerOf('ed25519-a');
    const swap = only('a', (payloads) =>
      payloads.flatMap((p): Payload[] => {
        if (p.type === 'CERT') return [{ type: 'CERT', encoding: 'X.509 Certificate - Signature', data: certificateWith(spki) }];
        if (p.type !== 'AUTH') return [p];
        return [
          { ...p, data: encodeDigitalSignature({ ...decodeDigitalSignature(p.data), signature: concat(raw.point, new Uint8Array(32)) }) },
        ];
      }),
    );
    const done = await talk({ auth: swap }, [ed, b]);
    expectEnd(done);
    expect(errorOf(done.b).message).toContain('low order');
  });
});

describe('row 10: exchanges that are out of turn while AUTH is looked at', () => {
  const exchanges = ['IKE_SA_INIT', 'IKE_AUTH', 'CREATE_CHILD_SA', 'INFORMATIONAL'] as const;
  const rekey = (): Payload[] => [
    { type: 'SA', proposals: encodeIkeProposals([ikeProposal], new Uint8Array(8).fill(9)) },
    { type: 'Nonce', data: new Uint8Array(32).fill(9) },
    { type: 'KE', method: 31, data: new Uint8Array(32).fill(9) },
  ];
  const wishes: readonly (() => Payload[])[] = [
    rekey,
    () => [],
    () => [{ type: 'D', protocol: 'IKE', spis: [] }],
    () => [createNotify('INITIAL_CONTACT')],
  ];

  /** The other side, which has the keys of the IKE SA and has proved nothing, sends all kinds of requests and answers. */
  const outOfTurn = (end: End): string[] => {
    const { sa, actions, env, endpoint, name } = end;
    const logged = actions.find((action) => action.type === 'keys')!;
    const isInitiator = name === 'b';
    const context = createSkContext({
      encryption: logged.suite.encryption,
      encryptionKey: isInitiator ? logged.keys.SK_ei : logged.keys.SK_er,
    });
    const from = { address: Uint8Array.of(203, 0, 113, 1), port: 500 };
    const seen: string[] = [];
    for (const exchange of exchanges)
      for (const isResponse of [false, true])
        for (const messageId of [0, 1, 2, 3])
          for (const wish of wishes) {
            const { spiI, spiR } = logged;
            const data = sealSk(context, { spiI, spiR, exchange, isInitiator, isResponse, messageId }, wish(), randomOf(5));
            const { sa: next, actions: done } = step(sa!, { type: 'datagram', data, from, to: endpoint }, env);
            if (next.state !== sa!.state || done.some(({ type }) => type !== 'audit'))
              seen.push(`${exchange} ${String(isResponse)} ${messageId}: ${next.state} ${done.map(({ type }) => type).join(' ')}`);
          }
    return seen;
  };

  it('another identity in a second request does not get the verdict on the first', async () => {
    const verdicts: unknown[] = [];
    const late = (ask: Ask, end: End): unknown => {
      if (ask.kind !== 'certificates') return answersOf(b)(ask);
      verdicts.push(ask.peerId);
      // The same initiator says, with a signature of its own over the same exchange, that it is somebody else.
      const logged = end.actions.find((action) => action.type === 'keys')!;
      const header = { spiI: logged.spiI, spiR: logged.spiR, exchange: 'IKE_AUTH', isInitiator: true, isResponse: false } as const;
      const context = createSkContext({ encryption: logged.suite.encryption, encryptionKey: logged.keys.SK_ei });
      const { sa } = end;
      if (sa?.state !== 'INIT_ANSWERED') throw new Error('not waiting');
      const id = { type: 'IDi', idType: 'ID_FQDN', data: new TextEncoder().encode('root.example') } as const;
      const octets = encodeSignedOctets(logged.suite.prf, {
        message: sa.message1,
        nonce: sa.Nr,
        idBody: concat(Uint8Array.of(2, 0, 0, 0), id.data),
        SK_p: logged.keys.SK_pi,
      });
      const row = rows.find(({ name }) => name === 'ecdsa-with-SHA256')!;
      const signature = encodeEcdsaSignature(row.sign!(a.publicKey, a.privateKey!, octets));
      const data = encodeDigitalSignature({ algorithmIdentifier: row.algorithmIdentifier, signature });
      const payloads: Payload[] = [
        id,
        { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: a.certificates[0]! },
        { type: 'AUTH', method: 'Digital Signature', data },
      ];
      const second = sealSk(context, { ...header, messageId: 2 }, payloads, randomOf(6));
      const result = step(
        sa,
        { type: 'datagram', data: second, from: { address: Uint8Array.of(192, 0, 2, 1), port: 500 }, to: end.endpoint },
        end.env,
      );
      expect(result.actions.map(({ type }) => type)).toEqual(['audit']);
      end.sa = result.sa;
      return 'trusted';
    };
    const anybody = connectionOf(['b.example', '*'], { localAuth: ownOf(b), remoteAuth: demand });
    const done = await converse(connectionOf(['a.example', 'b.example'], { localAuth: ownOf(a), remoteAuth: demand }), [anybody], {
      a: answersOf(a),
      b: late,
    });
    expect([verdicts, done.b.sa?.state === 'ESTABLISHED' && done.b.sa.peerId]).toEqual([
      [{ type: 'ID_FQDN', name: 'a.example' }],
      { type: 'ID_FQDN', name: 'a.example' },
    ]);
  });

  it('no request and no answer moves an IKE SA whose peer has not been authenticated', async () => {
    const seen: string[][] = [];
    const watch =
      (signer: Signer) =>
      (ask: Ask, end: End): unknown => {
        if (end.sa?.state === 'INIT_ANSWERED' || end.sa?.state === 'AUTH_SENT') seen.push([end.name, end.sa.state, ...outOfTurn(end)]);
        return answersOf(signer)(ask);
      };
    const token = ({ publicKey, certificates, pkcs8 }: Signer): Signer => ({ publicKey, certificates, ...(pkcs8 && { pkcs8 }) });
    const done = await converse(
      connectionOf(['a.example', 'b.example'], { localAuth: ownOf(a), remoteAuth: demand }),
      [connectionOf(['b.example', 'a.example'], { localAuth: ownOf(token(b)), remoteAuth: demand })],
      { a: watch(a), b: watch(b) },
    );
    expect(seen).toEqual([
      ['b', 'INIT_ANSWERED'],
      ['b', 'INIT_ANSWERED'],
      ['a', 'AUTH_SENT'],
    ]);
    expect([isOpen(done.a), isOpen(done.b)]).toEqual([true, true]);
  });
});

describe('rows 18 and 38: AUTH and CERT payloads of any octets', () => {
  it('end as an error for the log, whatever they hold', () => {
    const random = randomOf(11);
    const octets = (length: number): Uint8Array => {
      const data = new Uint8Array(length);
      random(data);
      return data;
    };
    const id = { type: 'ID_FQDN', name: 'a.example' } as const;
    const methods = [
      1,
      'Digital Signature',
      'RSA Digital Signature',
      'ECDSA with SHA-256 on the P-256 curve',
      'ECDSA with SHA-521',
    ] as const;
    const demands: RemoteAuthentication[] = [
      demand,
      { ...demand, hashAndUrl: true },
      { method: 'public-key', keys: [a.publicKey, signerOf('rsa-a').publicKey], rows: [...rows, ...legacySignatureRows] },
    ];
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const [pick] = octets(1) as unknown as [number];
      const mutate = (data: Uint8Array): Uint8Array => {
        const copy = data.slice(0, pick % 3 === 0 ? (pick * data.length) >> 8 : data.length);
        for (const at of octets(1 + (pick & 3))) if (copy.length > 0) copy[(at * copy.length) >> 8]! ^= 1 << (at & 7);
        return copy;
      };
      const algorithm = rows[pick % rows.length]!.algorithmIdentifier;
      const signature = encodeDigitalSignature({ algorithmIdentifier: mutate(algorithm), signature: octets(pick) });
      const method = methods[i % methods.length]!;
      const auth = { type: 'AUTH', method: method === 'ECDSA with SHA-521' ? 11 : method, data: i % 2 ? signature : octets(pick) } as const;
      const certificate = i % 5 === 0 ? octets(pick) : mutate((i % 3 === 0 ? signerOf('rsa-a') : a).certificates[0]!);
      const encoding = (['X.509 Certificate - Signature', 'Raw Public Key', 'Hash and URL of X.509 certificate', 201] as const)[i % 4]!;
      const payloads: Payload[] = [{ type: 'CERT', encoding, data: certificate }];
      const hashAlgorithms = i % 7 === 0 ? { own: undefined, peer: undefined } : { own: ['SHA2-256', 'SHA2-512'], peer: ['SHA2-256'] };
      const claim: Claim = {
        prf: prfHmacSha256,
        octets: octets(50),
        SK_p: octets(32),
        localId: id,
        peerId: id,
        round: 0,
        matchCertificate: true,
        sourceAddress: undefined,
        hashAlgorithms,
        payloads,
        answers: [],
      };
      const checked = checkIdentity(demands[i % 3] as Checkable, claim, auth);
      if (checked === 'right') throw new Error(`case ${i} was taken`);
      if ('ask' in checked) expect(checked.ask.kind).toBe('fetch-certificate');
      else {
        expect(checked.error).toBeInstanceOf(IpsecError);
        expect(checked.error.code).toBe('authentication-failed');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2900);
  });
});

/** As much of a certificate as the way to its key needs. */
function certificateWith(spki: Uint8Array): Uint8Array {
  const empty = encodeDer(SEQUENCE);
  const tbs = encodeDer(SEQUENCE, encodeDerUnsigned(Uint8Array.of(1)), empty, empty, empty, empty, spki);
  return encodeDer(SEQUENCE, tbs, empty, encodeDer(0x03, Uint8Array.of(0)));
}
