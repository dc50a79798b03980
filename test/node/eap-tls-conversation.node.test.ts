/** EAP-TLS inside whole EAP conversations, as IKE leads them. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { createEapAuthenticator, createEapPeer, decodeEap, eapTls, type EapTlsOptions } from '../../src/eap.js';
import { IpsecError } from '../../src/errors.js';
import type { EapStep } from '../../src/ikev2/requests.js';
import { createNodeTlsEngine } from '../../src/node/eap-tls.js';
import { formatIdentity } from '../../src/traffic-selector.js';
import { type End, ends, root } from './eap-tls-pair.js';

const random = (target: Uint8Array): void => {
  globalThis.crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
};

interface Ends {
  readonly client?: End;
  readonly server?: End;
  readonly isResponderProved?: boolean;
  readonly options?: Partial<EapTlsOptions>;
  /** Puts another packet in the place of the n-th to the peer. */
  readonly inject?: (n: number, packet: Uint8Array) => Uint8Array;
}

async function converse({ client = 'alice', server = 'rsaServer', isResponderProved = false, options, inject }: Ends = {}): Promise<{
  peer: EapStep;
  authenticator: EapStep;
  packets: Uint8Array[];
}> {
  const engine = (end: End): EapTlsOptions['engine'] => createNodeTlsEngine({ ...ends[end], trustAnchors: root });
  const peer = createEapPeer({
    identity: 'somebody',
    methods: [eapTls({ engine: engine(client), roles: ['peer'], serverNames: ['vpn.example.org'], ...options })],
    random,
  });
  const methods = [eapTls({ engine: engine(server), roles: ['authenticator'] })];
  const authenticator = createEapAuthenticator({ methods, random, identify: true });
  const packets: Uint8Array[] = [];
  let step = await authenticator.begin();
  for (;;) {
    const request = step.kind === 'continue' || step.packet !== undefined ? step.packet! : undefined;
    if (request === undefined) throw new Error('an authenticator always has something to say');
    packets.push(request);
    const answer = await peer.receive(inject?.(packets.length - 1, request) ?? request, { isResponderProved });
    if (answer.kind !== 'continue' || step.kind !== 'continue') return { peer: answer, authenticator: step, packets };
    step = await authenticator.receive(answer.packet);
  }
}

describe('RFC 7296 section 2.16 with EAP-TLS', () => {
  test('both have the MSK, and the authenticator knows the peer by its certificate, not by its claim', async () => {
    const { peer, authenticator } = await converse();
    if (peer.kind !== 'success' || authenticator.kind !== 'success') throw new Error('no success');
    expect([peer.isMutual, authenticator.isMutual]).toEqual([true, true]);
    expect(toHex(peer.msk!)).toBe(toHex(authenticator.msk!));
    expect(peer.msk).toHaveLength(64);
    expect(authenticator.identity).toEqual({ type: 'ID_RFC822_ADDR', name: 'alice@example.org' });
  });

  test('a certificate without a subjectAltName gives its subject', async () => {
    const { authenticator } = await converse({ client: 'bob' });
    if (authenticator.kind !== 'success') throw new Error('no success');
    expect(authenticator.identity!.type).toBe('ID_DER_ASN1_DN');
    expect(formatIdentity(authenticator.identity!)).toBe('CN=bob, O=Example, C=CH');
  });

  test('RFC 5216 section 2.1.3: an authenticator that refuses sends an alert, waits for the answer, and then its Failure', async () => {
    const { peer, authenticator, packets } = await converse({ client: 'expiredAlice' });
    expect(authenticator).toMatchObject({ kind: 'failure', error: { found: 'CERT_HAS_EXPIRED' } });
    expect(decodeEap(packets.at(-1)!).code).toBe('Failure');
    expect(peer).toMatchObject({
      kind: 'failure',
      error: { code: 'peer-refused', found: expect.stringMatching(/alert.certificate.unknown/i) as string },
    });
  });

  test('attack row 13: a server that is not the right one', async () => {
    const { peer, authenticator } = await converse({ options: { serverNames: ['gw.example.org'] } });
    expect(peer).toMatchObject({ kind: 'failure', error: { expected: 'gw.example.org' } });
    expect(authenticator.kind).toBe('continue');
    const verifyPeer = (): IpsecError => new IpsecError('authentication-failed', 'not this one');
    const judged = await converse({ options: { verifyPeer } });
    expect(judged.authenticator).toMatchObject({ kind: 'failure', error: { code: 'peer-refused' } });
    expect(judged.peer).toMatchObject({ kind: 'failure', error: { message: 'not this one' } });
  });

  test('attack row 11: a Success at every step before the last', async () => {
    const { packets } = await converse();
    expect(packets.length).toBeGreaterThan(6);
    for (let place = 0; place < packets.length - 1; place++) {
      const inject = (n: number, packet: Uint8Array): Uint8Array => (n === place ? Uint8Array.of(3, packet[1]!, 0, 4) : packet);
      const { peer } = await converse({ inject });
      expect
        .soft(peer, `packet ${place}`)
        .toMatchObject({ kind: 'failure', error: { found: expect.stringMatching(/EAP Success/) as string } });
    }
  });
});
