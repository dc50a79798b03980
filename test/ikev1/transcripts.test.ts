/** Conversations of strongSwan and libreswan, followed with the library: every key, every hash, every octet. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  addFragment,
  computeNatDiscovery,
  computeSkeyidPsk,
  createMessageCipher,
  decodeMessage,
  expandEncryptionKey,
  fragmentMessage,
  openMessage,
  type Payload,
  readDpd,
  verifyRsaSignature,
} from '../../src/ikev1.js';
import { parseAddress } from '../../src/ip/address.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hashSha256 } from '../../src/suite/hash.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import { publicKeyOfCertificate } from '../../src/suite/public-key.js';
import { rsaSha256 } from '../../src/suite/sign.js';
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

const named = (name: string): Transcript => transcripts.find((transcript) => transcript.name === name)!;

describe('RFC 2409 section 5.1: RSA signatures', () => {
  it('of both sides are over the hash itself', () => {
    const { followers } = follow(named('ikev1-main-rsa'));
    const [follower] = [...followers.values()];
    expect(follower!.signatures).toHaveLength(2);
    for (const { hash, signature, certificate } of follower!.signatures) {
      const key = publicKeyOfCertificate(certificate!);
      expect(verifyRsaSignature(key, hash, signature)).toBe(true);
      expect(
        verifyRsaSignature(
          key,
          hash.map((octet, i) => (i === 3 ? octet ^ 1 : octet)),
          signature,
        ),
      ).toBe(false);
      expect(
        verifyRsaSignature(
          key,
          hash,
          signature.map((octet, i) => (i === 9 ? octet ^ 1 : octet)),
        ),
      ).toBe(false);
      // what everybody else calls a signature with SHA-256 is none here
      expect(rsaSha256.verify(key, hash, signature)).toBe(false);
    }
  });
});

describe('RFC 2409 section 5: another pre-shared key', () => {
  it('makes another SKEYID, and opens nothing of what the peer sends', () => {
    const transcript = named(failing);
    const [sa] = transcript.ike_sas;
    const nonces = { Ni: fromHex(sa!.nonces[0]), Nr: fromHex(sa!.nonces[1]) };
    const psk = (side: 'a' | 'b'): Uint8Array => secretOf(transcript.secrets[side]['ike-1']!['secret']!);
    expect(toHex(computeSkeyidPsk(prfHmacSha256, psk('a'), nonces))).toBe(sa!.skeyid);
    expect(toHex(computeSkeyidPsk(prfHmacSha256, psk('b'), nonces))).toBe(sa!.peer_b_keys!.skeyid);
    const message = decodeMessage(fromHex(transcript.messages[4]!.raw));
    if (!message.isEncrypted) throw new Error('clear');
    const open = (SKEYID_e: string): unknown => {
      const key = expandEncryptionKey(prfHmacSha256, fromHex(SKEYID_e), aes128Cbc.keyLength);
      return openMessage(createMessageCipher(aes128Cbc, key), fromHex(sa!.phase1_iv), message);
    };
    expect(open(sa!.skeyid_e)).toMatchObject({ payloads: [{ type: 'ID' }, { type: 'HASH' }, { type: 'N' }] });
    expect(() => open(sa!.peer_b_keys!.skeyid_e)).toThrow(IpsecError);
  });
});

describe('RFC 3947 section 3.2: NAT-D of strongSwan', () => {
  it.each(['ikev1-main-psk-nonat', 'ikev1-nat'])('%s', (name) => {
    const { messages, derivations, ike_sas } = named(name);
    const logged = derivations.b.filter(({ label }) => label === 'natd_hash').map(({ data }) => data);
    const [sa] = ike_sas;
    const cookies = { ckyI: fromHex(sa!.spi_i), ckyR: fromHex(sa!.spi_r) };
    for (const { raw, src, sport, dst, dport } of messages.slice(2, 4)) {
      const message = decodeMessage(fromHex(raw));
      if (message.isEncrypted) throw new Error('encrypted');
      const sent = message.payloads.flatMap((payload) => (payload.type === 'NAT-D' ? [toHex(payload.data)] : []));
      const [destination, source] = [
        { address: parseAddress(dst), port: dport },
        { address: parseAddress(src), port: sport },
      ].map((end) => toHex(computeNatDiscovery(hashSha256, { ...cookies, ...end })));
      expect(logged).toContain(sent[0]);
      expect(sent[0]).toBe(destination);
      // the recording was made outside of the NAT, where the initiator's own address is another
      expect(sent[1] === source).toBe(name === 'ikev1-main-psk-nonat');
    }
  });
});

describe('drafts that captures show', () => {
  it('XAUTH and Mode Config', () => {
    const { payloads } = follow(named('ikev1-xauth-psk-modecfg'));
    const attributes = payloads.flatMap((list) => list.flatMap((payload) => (payload.type === 'ATTR' ? [payload] : [])));
    expect(attributes.map(({ cfgType }) => cfgType)).toEqual([
      'ISAKMP_CFG_REQUEST',
      'ISAKMP_CFG_REPLY',
      'ISAKMP_CFG_SET',
      'ISAKMP_CFG_ACK',
      'ISAKMP_CFG_REQUEST',
      'ISAKMP_CFG_REPLY',
    ]);
    const types = attributes.flatMap((payload) => payload.attributes.map(({ type }) => type));
    for (const type of ['XAUTH-USER-NAME', 'XAUTH-USER-PASSWORD', 'XAUTH-STATUS', 'INTERNAL_IP4_ADDRESS']) expect(types).toContain(type);
  });
  it('RFC 3706: each question is answered with its number', () => {
    const transcript = named('ikev1-dpd');
    const { followers, payloads } = follow(transcript);
    const [follower] = [...followers.values()];
    const notes = payloads
      .flat()
      .flatMap((payload) => (payload.type === 'N' && `${payload.notify}`.startsWith('R-U-THERE') ? [payload] : []));
    expect(notes.length).toBeGreaterThanOrEqual(4);
    const numbers = (name: string): number[] =>
      notes.filter(({ notify }) => notify === name).map((payload) => readDpd(payload, follower!).sequence);
    expect(numbers('R-U-THERE-ACK')).toEqual(numbers('R-U-THERE'));
  });
  it('certificates come in fragments', () => {
    const [first] = named('ikev1-main-rsa')
      .messages.slice(4)
      .map(({ raw }) => fromHex(raw));
    const message = decodeMessage(first!);
    expect(message).toMatchObject({
      isEncrypted: false,
      exchange: 'Identity Protection',
      payloads: [{ type: 'FRAG', fragmentNumber: 1, flags: 0 }],
    });
    const recorded = named('ikev1-main-rsa')
      .messages.slice(4, 6)
      .map(({ raw }) => fromHex(raw));
    const together = recorded.reduce<ReturnType<typeof addFragment> | undefined>((sum, raw) => {
      const one = decodeMessage(raw);
      return one.isEncrypted ? sum : addFragment(sum !== undefined && 'set' in sum ? sum.set : undefined, find(one.payloads, 'FRAG')!);
    }, undefined);
    if (together === undefined || 'set' in together) throw new Error('not whole');
    // cut again with the same size they are the same
    expect(fragmentMessage(decodeMessage(together.message), together.message, recorded[0]!.length, 1).map(toHex)).toEqual(
      recorded.map(toHex),
    );
    const whole = follow(named('ikev1-main-rsa')).payloads.find((list) => list.some(({ type }) => type === 'SIG'))!;
    expect(whole.map(({ type }) => type)).toEqual(['ID', 'CERT', 'SIG', 'CR', 'N']);
  });
});
