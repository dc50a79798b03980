/** RFC 4806: OCSP responses in CERT payloads, between two hosts. */
import { describe, expect, it } from 'vitest';
import type { Payload } from '../../src/ike.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows as rows } from '../../src/suite/sign.js';
import { authorityHashes, createCertificateVerifier } from '../../src/x509.js';
import { connectionOf, converse, errorOf, type Talk } from '../ikev2/converse.js';
import { ownOf, signerOf } from '../ikev2/signers.js';
import { certify, keyOf, type Octets, respond, today } from '../x509/maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const responder = certify({ subject: 'CN=Responder', key: keyOf('responder'), eku: ['1.3.6.1.5.5.7.3.9'] }, root);
const signer = signerOf('p256-a');
const leaf = certify({ subject: 'CN=gw', key: { ...keyOf('leaf'), spki: signer.publicKey.spki }, altNames: ['DNS:gw.example.com'] }, root);
const friend = signerOf('ed25519-b');

/** The gateway is asked for OCSP by a friend that wants every certificate to be known as good. */
function talk(ocspResponses: readonly Octets[], ocspResponders: readonly Uint8Array[] | null = [], as = 'initiator'): Promise<Talk> {
  const verify = createCertificateVerifier({ anchors: [root.der], revocation: 'required' });
  const answer = (ask: { readonly kind: string }): unknown =>
    ask.kind === 'certificates' ? verify(ask as Parameters<typeof verify>[0], today) : undefined;
  const own = ownOf({ ...signer, certificates: [leaf.der] }, { ocspResponses });
  const known = { method: 'public-key', keys: [friend.publicKey], rows } as const;
  const demand = {
    method: 'certificate',
    rows,
    authorities: authorityHashes([root.der]),
    ...(ocspResponders && { ocspResponders }),
  } as const;
  const gw = connectionOf(['gw.example.com', 'friend.example'], { localAuth: own, remoteAuth: known });
  const other = connectionOf(['friend.example', 'gw.example.com'], {
    localAuth: ownOf({ ...friend, certificates: [] }),
    remoteAuth: demand,
  });
  return as === 'initiator' ? converse(gw, [other], { b: answer }) : converse(other, [gw], { a: answer });
}

const listed = (payloads: readonly Payload[] | undefined): string[] =>
  (payloads ?? []).flatMap((p) => (p.type === 'CERT' || p.type === 'CERTREQ' ? [`${p.type} ${p.encoding} ${p.data.length}`] : []));
const states = ({ a, b }: Talk): (string | undefined)[] => [a.sa?.state, b.sa?.state];
const good = respond(leaf, root, { signer: responder, certificates: [responder.der] });

describe('RFC 4806 sections 3 and 4: OCSP in IKE_AUTH', () => {
  it('section 4.1: the request has the hashes of the trusted responders, made as those of authorities are', async () => {
    const done = await talk([good], authorityHashes([responder.der, root.der]));
    const request = done.b.said[0]!.find((p) => p.type === 'CERTREQ' && p.encoding === 'OCSP Content');
    expect(request).toMatchObject({ data: Uint8Array.of(...sha1(responder.key.spki), ...sha1(root.key.spki)) });
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('section 4.2: the response comes in a CERT payload of its own, as DER, and says that the certificate is good', async () => {
    for (const as of ['initiator', 'responder']) {
      const done = await talk([good], [], as);
      expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
      expect(listed((as === 'initiator' ? done.a : done.b).said[1]).slice(0, 2)).toEqual([
        `CERT X.509 Certificate - Signature ${leaf.der.length}`,
        `CERT OCSP Content ${good.length}`,
      ]);
    }
  });

  it('section 4.1: what it says counts: revoked, unknown, by nobody who may say it; and its absence', async () => {
    const stranger = certify({ subject: 'CN=Root', key: keyOf('impostor'), ca: true });
    for (const [responses, found] of [
      [[respond(leaf, root, { status: 'revoked' })], 'revoked at'],
      [[respond(leaf, root, { status: 'unknown' })], 'the responder does not know the certificate'],
      [[respond(leaf, stranger)], 'nothing about it'],
      [[], 'nothing about it'],
    ] as const)
      for (const as of ['initiator', 'responder']) {
        const done = await talk(responses, [], as);
        expect(states(done)).toEqual(['CLOSED', 'CLOSED']);
        expect(errorOf(as === 'initiator' ? done.b : done.a).found).toContain(found);
      }
  });

  it('section 4.2: who is not asked sends none', async () => {
    const done = await talk([good], null);
    expect(listed(done.a.said[1])).toEqual([`CERT X.509 Certificate - Signature ${leaf.der.length}`]);
  });
});
