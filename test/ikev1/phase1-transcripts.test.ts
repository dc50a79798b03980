/** The machine in the place of strongSwan and of libreswan: with their secrets it says what they said, and believes what they heard. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { type Payload, verifyRsaSignature } from '../../src/ikev1.js';
import type { Ikev1Action } from '../../src/ikev1/events.js';
import { ikev1 } from '../../src/ikev1/ikev1.js';
import { encodePhase1Offer } from '../../src/ikev1/phase1-offer.js';
import type { Ikev1Ask } from '../../src/ikev1/requests.js';
import type { Agreed, Ikev1Sa } from '../../src/ikev1/states.js';
import type { Connection } from '../../src/keying/connection.js';
import { publicKeyOfCertificate } from '../../src/suite/public-key.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { must } from './negotiation-records.js';
import {
  connectionFor,
  envFor,
  identityOf,
  octetsOf,
  type Recorded,
  type Recording,
  recordings,
  sentIn,
  withOffer,
} from './phase1-replay.js';
import { find } from './transcripts.js';

const main = recordings.filter(({ messages }) => messages.length === 6);
const aggressive = recordings.filter(({ messages }) => messages.length === 3);
const isRsa = ({ psk }: Recording): boolean => psk === undefined;
const isOfStrongSwan = ({ name }: Recording): boolean => !name.includes('libreswan');
/** Behind a NAT, or pretending to be: then what it saw of its own address is not in the recording. */
const seesItself = ({ name, hasPaths }: Recording): boolean => hasPaths && name !== 'ikev1-nat' && name !== 'peer-libreswan-ikev1';

/** What RSA needs besides: certificates as they were sent, and trust in those of the other. */
function withRsa(recording: Recording, role: 'initiator' | 'responder'): Partial<Connection> {
  if (!isRsa(recording)) return {};
  const { messages } = recording;
  const certificate = must(find(messages[role === 'initiator' ? 4 : 5]!.payloads, 'CERT')).data;
  const rows = defaultSignatureRows;
  return {
    // strongSwan's CR payloads name the authority that has issued it
    localAuth: { method: 'signature', publicKey: publicKeyOfCertificate(certificate), rows, certificates: [certificate], send: 'if-asked' },
    remoteAuth: { method: 'certificate', rows, authorities: [new Uint8Array(20)] },
  };
}

/** Answers what is asked for as the recorded host did: only its own hash has its signature. */
function answer(recording: Recording, sa: Ikev1Sa, actions: readonly Ikev1Action[], role: 'initiator' | 'responder'): StepLike {
  const asked = actions.find((action) => action.type === 'ask');
  if (asked?.type !== 'ask') return { sa, actions };
  const value = valueFor(recording, asked.ask, role);
  const next = ikev1.step(sa, { type: 'answer', value }, envFor(recording, role));
  return answer(recording, next.sa, next.actions, role);
}
interface StepLike {
  readonly sa: Ikev1Sa;
  readonly actions: readonly Ikev1Action[];
}

function valueFor({ messages }: Recording, ask: Ikev1Ask, role: 'initiator' | 'responder'): unknown {
  if (ask.kind === 'certificates') return 'trusted';
  if (ask.kind !== 'sign-hash') throw new Error(ask.kind);
  const signature = must(find(messages[role === 'initiator' ? 4 : 5]!.payloads, 'SIG')).data;
  expect(verifyRsaSignature(ask.publicKey, ask.hash, signature), 'the hash that the recorded host has signed').toBe(true);
  return signature;
}

function hear(recording: Recording, sa: Ikev1Sa, { raw, path }: Pick<Recorded, 'raw' | 'path'>, role: 'initiator' | 'responder'): StepLike {
  const { actions, sa: next } = ikev1.step(sa, { type: 'datagram', data: raw, from: path.local, to: path.remote }, envFor(recording, role));
  return answer(recording, next, actions, role);
}

/** Where the recorded host goes on in CBC: it pads otherwise than we do. */
function afterIts(sa: Ikev1Sa, { raw }: Recorded): Ikev1Sa {
  return { ...sa, phase1: { ...sa.phase1, iv: raw.slice(-must(sa.phase1.iv).length) } };
}

function expectKeys({ sa, actions }: StepLike, { follower }: Recording): void {
  const told = actions.flatMap((action) => (action.type === 'ikev1Keys' ? [toHex(action.key)] : []));
  expect(told).toEqual([toHex(follower.encryptionKey!)]);
  const { crypto } = sa as Agreed;
  expect(toHex(crypto.keys.SKEYID)).toBe(toHex(follower.keys!.SKEYID));
  expect(toHex(crypto.keys.SKEYID_d)).toBe(toHex(follower.keys!.SKEYID_d));
  expect(toHex(crypto.keys.SKEYID_a)).toBe(toHex(follower.keys!.SKEYID_a));
  expect(toHex(crypto.keys.SKEYID_e)).toBe(toHex(follower.keys!.SKEYID_e));
  expect(toHex(crypto.firstIv)).toBe(toHex(follower.phase1Iv!));
}

/** The payloads that have to be the same, octet for octet. With encapsulation forced, strongSwan invents what it says of itself. */
function expectSame(ours: Recorded, theirs: Recorded, types: readonly Payload['type'][]): void {
  for (const type of types) expect(octetsOf(ours.payloads, type), type).toEqual(octetsOf(theirs.payloads, type));
  const [destination] = octetsOf(theirs.payloads, 'NAT-D');
  if (destination !== undefined) expect(octetsOf(ours.payloads, 'NAT-D')).toHaveLength(2);
}

describe('RFC 2409 sections 5.1 and 5.4: main mode in the place of the recorded initiator', () => {
  it('has all recordings', () => {
    expect(main.map(({ name }) => name)).toHaveLength(18);
    expect(aggressive.map(({ name }) => name)).toEqual(['ikev1-aggressive-psk-open', 'libreswan ikev1-aggr']);
  });

  for (const recording of main) {
    it(recording.name, () => {
      const { follower, messages } = recording;
      const [first, second, third, fourth, fifth, sixth] = messages as [Recorded, Recorded, Recorded, Recorded, Recorded, Recorded];
      const connection = connectionFor(recording, 'initiator', withRsa(recording, 'initiator'));
      const began = ikev1.createIkeSa(connection, { path: first.path }, envFor(recording, 'initiator')).sa;
      expect(toHex(began.spiI)).toBe(toHex(follower.ckyI));
      // Their offers are not ours, but the proofs cover them.
      const sa = { ...began, saBody: follower.saBody } as Ikev1Sa;
      const answered = withOffer(second, encodePhase1Offer(connection));
      const i2 = hear(recording, sa, { raw: answered, path: second.path }, 'initiator');
      const our3 = sentIn(recording, i2.actions, undefined);
      expectSame(our3, third, ['KE', 'Nonce']);
      if (seesItself(recording)) expect(octetsOf(our3.payloads, 'NAT-D')[0]).toBe(octetsOf(third.payloads, 'NAT-D')[0]);
      if (recording.name === 'ikev1-main-psk-nonat') expect(toHex(our3.raw)).toBe(toHex(third.raw));

      const i3 = hear(recording, i2.sa, fourth, 'initiator');
      expect(i3.sa.state).toBe('MAIN_I3');
      expectKeys(i3, recording);
      const our5 = sentIn(recording, i3.actions, follower.phase1Iv);
      expectSame(our5, fifth, ['ID', 'CERT', 'HASH', 'SIG', 'N']);
      if (!isRsa(recording)) expect(toHex(our5.inside)).toBe(toHex(fifth.inside));
      if (seesItself(recording)) expect(our5.path).toEqual(fifth.path);

      const over = hear(recording, afterIts(i3.sa, fifth), sixth, 'initiator');
      expect(over.sa).toMatchObject({
        state: connection.ikev1?.xauth ? 'XAUTH_CLIENT' : 'ESTABLISHED',
        peerId: identityOf(follower.idBodies[1]!),
        abilities: { natTraversal: 'RFC 3947', dpd: true },
      });
    });
  }
});

describe('RFC 2409 sections 5.1 and 5.4: main mode in the place of the recorded responder', () => {
  for (const recording of main) {
    it(recording.name, () => {
      const { follower, messages, hasPaths } = recording;
      const [first, second, third, fourth, fifth, sixth] = messages as [Recorded, Recorded, Recorded, Recorded, Recorded, Recorded];
      const connection = connectionFor(recording, 'responder', withRsa(recording, 'responder'));
      const env = envFor(recording, 'responder');
      const listener = { connections: [connection], halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 10, perAddress: 10 } };
      const began = ikev1.respond({ data: first.raw, from: first.path.local, to: first.path.remote }, listener, env);
      const our2 = sentIn(recording, began.actions, undefined);
      // strongSwan sends libreswan's attributes back in an order of its own.
      if (recording.name !== 'peer-libreswan-ikev1') expectSame(our2, second, ['SA']);
      expect(began.sa?.state).toBe('MAIN_R1');

      const r2 = hear(recording, began.sa!, third, 'responder');
      expect(r2.sa.state).toBe('MAIN_R2');
      expectKeys(r2, recording);
      const our4 = sentIn(recording, r2.actions, undefined);
      expectSame(our4, fourth, ['KE', 'Nonce']);
      if (hasPaths) expect(octetsOf(our4.payloads, 'NAT-D')[0]).toBe(octetsOf(fourth.payloads, 'NAT-D')[0]);
      if (recording.name === 'ikev1-main-psk-nonat') expect(toHex(our4.raw)).toBe(toHex(fourth.raw));

      const over = hear(recording, r2.sa, fifth, 'responder');
      const our6 = sentIn(recording, over.actions, fifth.raw.slice(-must(follower.phase1Iv).length));
      expect(toHex(our6.inside)).toBe(toHex(sixth.inside));
      expect(our6.path).toEqual(sixth.path);
      expect(over.sa).toMatchObject({
        state: connection.ikev1?.xauth ? 'XAUTH_SERVER' : 'ESTABLISHED',
        peerId: identityOf(follower.idBodies[0]!),
        initialContact: connection.options.initialContact,
        // a lifetime of 0 seconds, as strongSwan's is here, is none
        ...(!connection.ikev1?.xauth && isOfStrongSwan(recording) && { deadlines: { expire: Infinity } }),
        path: { local: fifth.path.remote, remote: fifth.path.local },
      });
      if (recording.name === 'ikev1-nat') expect(over.sa).toMatchObject({ nat: { remote: true, local: false, follow: true } });
      if (recording.name === 'ikev1-main-psk-nonat') expect(over.sa).toMatchObject({ nat: { remote: false, local: false } });
    });
  }
});

describe('RFC 2409 section 5.4: aggressive mode', () => {
  for (const recording of aggressive) {
    const { follower, messages } = recording;
    const [first, second, third] = messages as [Recorded, Recorded, Recorded];

    it(`${recording.name} in the place of the initiator`, () => {
      const connection = connectionFor(recording, 'initiator');
      const began = ikev1.createIkeSa(connection, { path: first.path }, envFor(recording, 'initiator'));
      const our1 = sentIn(recording, began.actions, undefined);
      expectSame(our1, first, ['KE', 'Nonce']);
      const sa = { ...began.sa, saBody: follower.saBody, idBody: follower.idBodies[0] } as Ikev1Sa;
      const over = hear(recording, sa, { raw: withOffer(second, encodePhase1Offer(connection)), path: second.path }, 'initiator');
      expectKeys(over, recording);
      const our3 = sentIn(recording, over.actions, follower.phase1Iv);
      expectSame(our3, third, ['HASH']);
      if (recording.hasPaths) {
        expect(octetsOf(our3.payloads, 'NAT-D')[0]).toBe(octetsOf(third.payloads, 'NAT-D')[0]);
        expect(our3.path).toEqual(third.path);
      }
      expect(over.sa).toMatchObject({ state: 'ESTABLISHED', peerId: identityOf(follower.idBodies[1]!) });
    });

    it(`${recording.name} in the place of the responder`, () => {
      const connection = connectionFor(recording, 'responder');
      const env = envFor(recording, 'responder');
      const listener = { connections: [connection], halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 10, perAddress: 10 } };
      const began = ikev1.respond({ data: first.raw, from: first.path.local, to: first.path.remote }, listener, env);
      expect(began.sa?.state).toBe('AGGRESSIVE_R1');
      expectKeys({ sa: began.sa!, actions: began.actions }, recording);
      const our2 = sentIn(recording, began.actions, undefined);
      expectSame(our2, second, ['SA', 'KE', 'Nonce', 'ID', 'HASH']);
      const over = hear(recording, began.sa!, third, 'responder');
      expect(over.sa).toMatchObject({ state: 'ESTABLISHED', peerId: identityOf(follower.idBodies[0]!) });
    });
  }
});
