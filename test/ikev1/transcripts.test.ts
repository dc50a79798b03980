/** Conversations of strongSwan and libreswan, followed with the library: every key, every hash, every octet. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { addFragment, decodeMessage, type Payload } from '../../src/ikev1.js';
import { find, Follower, type LibreswanTranscript, libreswanTranscripts, secretOf, type Transcript, transcripts } from './transcripts.js';

const failing = 'ikev1-fail-psk';

/** Follows a conversation: one follower for each ISAKMP SA. */
function follow(transcript: Transcript): { followers: Map<string, Follower>; payloads: (readonly Payload[])[] } {
  const followers = new Map<string, Follower>();
  const seen = new Set<string>();
  let fragments: Parameters<typeof addFragment>[0];
  const payloads: (readonly Payload[])[] = [];
  for (const message of transcript.messages) {
    if (seen.has(message.raw)) continue;
    seen.add(message.raw);
    let raw = fromHex(message.raw);
    const frag = decodeMessage(raw);
    const fragment = frag.isEncrypted ? undefined : find(frag.payloads, 'FRAG');
    if (fragment !== undefined) {
      const added = addFragment(fragments, fragment);
      fragments = 'set' in added ? added.set : undefined;
      if (!('message' in added)) continue;
      raw = added.message;
    }
    const cky = toHex(raw.subarray(0, 8));
    let follower = followers.get(cky);
    if (follower === undefined) {
      follower = new Follower(secretsOf(transcript));
      followers.set(cky, follower);
    }
    payloads.push(follower.read(raw, message.plaintext));
  }
  return { followers, payloads };
}

function secretsOf({ secrets, ike_sas, child_sas }: Transcript): ConstructorParameters<typeof Follower>[0] {
  const text = Object.entries({ ...secrets.b, ...secrets.a }).find(([key]) => key.startsWith('ike'))?.[1]['secret'];
  return {
    ...(ike_sas[0]!.algorithms.auth_method !== 3 && text !== undefined && { psk: secretOf(text) }),
    gXy: (ckyI) => fromHex(ike_sas.find((sa) => sa.spi_i === toHex(ckyI))!.shared_secret),
    gQmXy: (child) => fromHex(child_sas[child]!.pfs_shared_secret!),
  };
}

describe('RFC 2409: conversations of strongSwan', () => {
  it('are all here', () => {
    expect(transcripts).toHaveLength(17);
  });
  for (const transcript of transcripts.filter(({ name }) => name !== failing)) {
    it(transcript.name, () => {
      const { followers } = follow(transcript);
      expect(followers.size).toBe(transcript.ike_sas.length);
      for (const sa of transcript.ike_sas) {
        const follower = followers.get(sa.spi_i)!;
        expect(toHex(follower.ckyR)).toBe(sa.spi_r);
        expect([toHex(follower.Ni), toHex(follower.Nr)]).toEqual(sa.nonces);
        expect([toHex(follower.gXi), toHex(follower.gXr)]).toEqual(sa.ke_values);
        expect(toHex(follower.keys!.SKEYID)).toBe(sa.skeyid);
        expect(toHex(follower.keys!.SKEYID_d)).toBe(sa.skeyid_d);
        expect(toHex(follower.keys!.SKEYID_a)).toBe(sa.skeyid_a);
        expect(toHex(follower.keys!.SKEYID_e)).toBe(sa.skeyid_e);
        expect(toHex(follower.encryptionKey!)).toBe(sa.encryption_key);
        expect(toHex(follower.phase1Iv!)).toBe(sa.phase1_iv);
        if (sa.algorithms.auth_method !== 3) expect(follower.verified).toEqual(expect.arrayContaining(['HASH_I', 'HASH_R']));
      }
      const children = [...followers.values()].flatMap((follower) => follower.children);
      for (const child of transcript.child_sas) {
        const found = children.find((c) => c.spiInitiator === child.spi_initiator && c.spiResponder === child.spi_responder)!;
        expect(toHex(found.toResponder.encryption)).toBe(child.encr_i);
        expect(toHex(found.toResponder.integrity)).toBe(child.integ_i);
        expect(toHex(found.toInitiator.encryption)).toBe(child.encr_r);
        expect(toHex(found.toInitiator.integrity)).toBe(child.integ_r);
      }
      expect(children.length).toBeGreaterThanOrEqual(transcript.child_sas.length);
    });
  }
});

describe('RFC 2409: conversations of libreswan', () => {
  for (const transcript of libreswanTranscripts) {
    it(transcript.name, () => {
      const follower = followLibreswan(transcript);
      expect(follower.children).toHaveLength(1);
      const [child] = follower.children;
      const bySpi = new Map(transcript.kernelSAs.map((sa) => [sa.spi.toString(16).padStart(8, '0'), sa]));
      for (const [spi, keys] of [
        [child!.spiInitiator, child!.toInitiator],
        [child!.spiResponder, child!.toResponder],
      ] as const) {
        const kernel = bySpi.get(spi)!;
        expect(toHex(keys.encryption)).toBe(kernel.enc?.keymat ?? '');
        expect(toHex(keys.integrity)).toBe(kernel.auth?.keymat ?? '');
      }
      expect(follower.verified).toEqual(expect.arrayContaining(['HASH_I', 'HASH_R', 'Quick Mode HASH(1)', 'HASH(2)', 'HASH(3)']));
    });
  }
});

function followLibreswan({ psk, dhSharedSecrets, messages }: LibreswanTranscript): Follower {
  const secret = (i: number): Uint8Array => fromHex(dhSharedSecrets[i]!);
  const follower = new Follower({ psk: fromHex(psk), gXy: () => secret(0), gQmXy: (child) => secret(child + 1) });
  const seen = new Set<string>();
  for (const { hex, plain } of messages) {
    if (seen.has(hex)) continue;
    seen.add(hex);
    follower.read(fromHex(hex), plain);
  }
  return follower;
}
