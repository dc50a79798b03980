import { describe, expect, test } from 'vitest';
import { concat, fromHex, readU16, toHex } from '../../src/bytes.js';
import { createEapAuthenticator, createEapPeer, decodeEap, encodeEap, mschapv2 } from '../../src/eap.js';
import failed from '../../vectors/ikev2/strongswan/ikev2-eap-fail.json' with { type: 'json' };
import passed from '../../vectors/ikev2/strongswan/ikev2-eap-mschapv2-vip.json' with { type: 'json' };
import tls from '../../vectors/ikev2/strongswan/ikev2-eap-tls.json' with { type: 'json' };
import ttls from '../../vectors/ikev2/strongswan/ikev2-eap-ttls-mschapv2.json' with { type: 'json' };
import { errorOf, proved, recorded } from './run.js';

interface Recording {
  readonly messages: readonly {
    readonly plaintext?: string;
    readonly first_payload?: number;
    readonly fragment?: unknown;
    readonly reassembled?: string;
  }[];
}

/** The EAP packets of a conversation, in order, retransmissions once. */
function packetsOf(recording: Recording): readonly string[] {
  const bodies = recording.messages.flatMap(({ plaintext, first_payload, fragment, reassembled }) => {
    if (fragment === undefined) return eapOf(first_payload, plaintext);
    return reassembled === undefined ? [] : eapOf(first_payload, reassembled);
  });
  return bodies.filter((body, i) => body !== bodies[i - 1]);
}

/** The bodies of the payloads of type 48 in a chain. */
function eapOf(first = 0, plaintext = ''): string[] {
  const octets = fromHex(plaintext);
  const found: string[] = [];
  for (let at = 0, type = first; at < octets.length;) {
    const length = readU16(octets, at + 2);
    if (type === 48) found.push(toHex(octets.subarray(at + 4, at + length)));
    type = octets[at]!;
    at += length;
  }
  return found;
}

const mskOf = (derivations: readonly { label: string; data: string }[]): string =>
  derivations.find(({ label }) => label === 'secret')!.data;
const asciiAt = (packet: string, from: number, to?: number): string => new TextDecoder().decode(fromHex(packet).subarray(from, to));

describe('every EAP packet of the transcripts', () => {
  const recordings: Readonly<Record<string, Recording>> = { failed, passed, tls, ttls };
  test.each(Object.keys(recordings))('%s', (name) => {
    const packets = packetsOf(recordings[name]!);
    expect(packets.length).toBeGreaterThan(4);
    for (const packet of packets) expect(toHex(encodeEap(decodeEap(fromHex(packet))))).toBe(packet);
  });
});

describe('ikev2-eap-mschapv2-vip', () => {
  const [askIdentity, identity, challenge, response, success, successResponse, eapSuccess] = packetsOf(passed) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const peerChallenge = fromHex(response).subarray(10, 26);

  test('as peer: what strongSwan answered, and its MSK', async () => {
    const peer = createEapPeer({ identity: 'carol', methods: [mschapv2({ password: 'tuxmux-7731' })], random: recorded(peerChallenge) });
    for (const [request, expected] of [
      [askIdentity, identity],
      [challenge, response],
      [success, successResponse],
    ] as const) {
      expect(await peer.receive(fromHex(request), proved)).toEqual({ kind: 'continue', packet: fromHex(expected) });
    }
    const step = await peer.receive(fromHex(eapSuccess), proved);
    expect(step).toEqual({ kind: 'success', msk: fromHex(mskOf(passed.derivations.a)), isMutual: true });
  });

  test('as authenticator: what strongSwan asked, its MSK and who it is', async () => {
    const { identifier } = decodeEap(fromHex(challenge));
    const method = mschapv2({ passwordOf: (user) => (user === 'carol' ? 'tuxmux-7731' : undefined), serverName: 'strongSwan' });
    const random = recorded(Uint8Array.of(identifier - 1), fromHex(challenge).subarray(10, 26));
    const authenticator = createEapAuthenticator({ methods: [method], random });
    expect(await authenticator.begin()).toEqual({ kind: 'continue', packet: fromHex(challenge) });

    const proof = await authenticator.receive(fromHex(response));
    // all of it but the message for people and the two lengths
    const packet = proof.kind === 'continue' ? toHex(proof.packet) : '';
    expect(asciiAt(packet, 9, 54)).toBe(asciiAt(success, 9, 54));
    expect([packet.slice(0, 4), packet.slice(8, 14)]).toEqual([success.slice(0, 4), success.slice(8, 14)]);

    expect(await authenticator.receive(fromHex(successResponse))).toEqual({
      kind: 'success',
      packet: fromHex(eapSuccess),
      msk: fromHex(mskOf(passed.derivations.b)),
      identity: { type: 'ID_KEY_ID', octets: new TextEncoder().encode('carol') },
      isMutual: true,
    });
  });

  test('as authenticator with the hash of the password alone', async () => {
    const { computeNtPasswordHash } = await import('../../src/eap.js');
    const ntHash = computeNtPasswordHash('tuxmux-7731');
    const random = recorded(Uint8Array.of(0x1a), fromHex(challenge).subarray(10, 26));
    const authenticator = createEapAuthenticator({ methods: [mschapv2({ passwordOf: () => ({ ntHash }) })], random });
    await authenticator.begin();
    expect((await authenticator.receive(fromHex(response))).kind).toBe('continue');
    expect((await authenticator.receive(fromHex(successResponse))).kind).toBe('success');
    expect(ntHash).toEqual(computeNtPasswordHash('tuxmux-7731')); // the caller's own is not wiped
  });
});

describe('ikev2-eap-fail: the wrong password', () => {
  const [askIdentity, identity, challenge, response, failure] = packetsOf(failed) as [string, string, string, string, string];

  test('as peer: the reason is told, and the Failure is confirmed', async () => {
    const random = recorded(fromHex(response).subarray(10, 26));
    const peer = createEapPeer({ identity: 'carol', methods: [mschapv2({ password: 'tuxmux-7731' })], random });
    expect(await peer.receive(fromHex(askIdentity), proved)).toEqual({ kind: 'continue', packet: fromHex(identity) });
    expect(await peer.receive(fromHex(challenge), proved)).toEqual({ kind: 'continue', packet: fromHex(response) });
    expect(await peer.receive(fromHex(failure), proved)).toEqual({ kind: 'continue', packet: fromHex('023e00061a04') });
    const last = await peer.receive(fromHex('043e0004'), proved);
    expect(errorOf(last)).toBe(
      'authentication-failed: EAP-MSCHAPv2 as "carol": expected the authenticator to take name and password, found error 691 ERROR_AUTHENTICATION_FAILURE, another password would be taken',
    );
  });

  test('as authenticator: a Failure, and no Success after it', async () => {
    const next = fromHex(failure).subarray(21, 53);
    const random = recorded(
      Uint8Array.of(fromHex(challenge)[1]! - 1),
      fromHex(challenge).subarray(10, 26),
      fromHex(new TextDecoder().decode(next)),
    );
    const authenticator = createEapAuthenticator({
      methods: [mschapv2({ passwordOf: () => 'other-password', serverName: 'strongSwan' })],
      random,
    });
    expect(await authenticator.begin()).toEqual({ kind: 'continue', packet: fromHex(challenge) });
    const refusal = await authenticator.receive(fromHex(response));
    const text = refusal.kind === 'continue' ? new TextDecoder().decode(refusal.packet.subarray(9)) : '';
    // strongSwan says R=1, and has no version and no message
    expect(text).toBe(`${asciiAt(failure, 9).replace('R=1', 'R=0')} V=3 M=Authentication failed`);
    expect(errorOf(await authenticator.receive(fromHex('023e00061a04')))).toContain('another password');
  });
});

test('ikev2-eap-ttls-mschapv2: a method that we have not is answered with those that we have', async () => {
  const [askIdentity, identity, start] = packetsOf(ttls) as [string, string, string];
  const peer = createEapPeer({ identity: 'carol', methods: [mschapv2({ password: 'tuxmux-7731' })], random: recorded() });
  expect(await peer.receive(fromHex(askIdentity), proved)).toEqual({ kind: 'continue', packet: fromHex(identity) });
  const nak = encodeEap({ code: 'Response', identifier: fromHex(start)[1]!, type: 3, data: Uint8Array.of(26) });
  expect(await peer.receive(fromHex(start), proved)).toEqual({ kind: 'continue', packet: nak });
  const failure = concat(Uint8Array.of(4, fromHex(start)[1]!), Uint8Array.of(0, 4));
  expect(errorOf(await peer.receive(failure, proved))).toBe(
    'authentication-failed: EAP as "carol": expected EAP-MSCHAP-V2 (26), found an authenticator that wants EAP-TTLS (21)',
  );
});
