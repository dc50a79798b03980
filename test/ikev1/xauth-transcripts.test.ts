/** The machine in the place of either strongSwan of the recorded conversations with XAUTH and Mode Config: it hears what they heard, and says what they said. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, writeU32 } from '../../src/bytes.js';
import { computePhase2Iv, decodeMessage, openMessage, splitHash } from '../../src/ikev1.js';
import type { Ikev1Action } from '../../src/ikev1/events.js';
import { ikev1 } from '../../src/ikev1/ikev1.js';
import { encodePhase1Offer } from '../../src/ikev1/phase1-offer.js';
import { type Ikev1Sa, isAuthenticated } from '../../src/ikev1/states.js';
import { parseAddress } from '../../src/ip.js';
import type { Configuration } from '../../src/keying/configuration.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import { connectionFor, envFor, type Recorded, type Recording, recordings, withOffer } from './phase1-replay.js';
import { transcripts } from './transcripts.js';

const given: Configuration = {
  addresses: [{ address: parseAddress('10.3.0.1') }],
  dns: [parseAddress('10.2.1.53')],
  domains: [],
  nbns: [],
  dhcp: [],
  pCscf: [],
  subnets: [],
  unknown: [],
};
const lastBlock = (raw: Uint8Array): Uint8Array => raw.slice(-16);

/** A message of the Transaction exchange as it was recorded. */
interface Transaction {
  readonly raw: Uint8Array;
  readonly messageId: number;
  /** The payloads inside, without HASH and padding. */
  readonly inside: string;
}

class Side {
  readonly recording: Recording;
  readonly transactions: readonly Transaction[];
  readonly role: 'initiator' | 'responder';
  sa: Ikev1Sa;
  actions: readonly Ikev1Action[] = [];

  constructor(name: string, role: 'initiator' | 'responder') {
    this.role = role;
    this.recording = recordings.find((one) => one.name === name)!;
    this.transactions = transcripts
      .find((one) => one.name === name)!
      .messages.filter(({ raw }) => raw.slice(36, 38) === '06')
      .map(({ raw, plaintext }) => ({
        raw: fromHex(raw),
        messageId: decodeMessage(fromHex(raw)).messageId,
        inside: insideOf(fromHex(plaintext!)),
      }));
    const { messages } = this.recording;
    const connection = connectionFor(this.recording, role, role === 'initiator' ? { configuration: { wants: ['ipv4', 'dns4'] } } : {});
    const [first, second, third, fourth, fifth, sixth] = messages as [Recorded, Recorded, Recorded, Recorded, Recorded, Recorded];
    if (role === 'initiator') {
      const began = ikev1.createIkeSa(connection, { path: first.path }, this.env()).sa;
      this.sa = { ...began, saBody: this.recording.follower.saBody } as Ikev1Sa;
      this.hear({ raw: withOffer(second, encodePhase1Offer(connection)), path: second.path });
      this.hear(fourth);
      this.goOnBehind(fifth);
      this.hear(sixth);
    } else {
      const listener = { connections: [connection], halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 10, perAddress: 10 } };
      this.sa = ikev1.respond({ data: first.raw, from: first.path.local, to: first.path.remote }, listener, this.env()).sa!;
      this.hear(third);
      this.hear(fifth, this.transactions[0]);
    }
  }

  /** Chance is that of the recording; `next`: a message of ours that begins an exchange. */
  private env(next?: Transaction): IkeEnv {
    const env = envFor(this.recording, this.role);
    return {
      ...env,
      random: (target) => {
        if (target.length === 4 && next) writeU32(target, 0, next.messageId);
        else if (target.length === 2)
          target.fill(0); // the Identifier of strongSwan
        else env.random(target);
      },
      configure: () => given,
    };
  }

  private take({ sa, actions }: { sa: Ikev1Sa; actions: readonly Ikev1Action[] }): void {
    this.sa = sa;
    this.actions = actions;
  }

  hear({ raw, path }: Pick<Recorded, 'raw' | 'path'>, next?: Transaction): void {
    this.take(ikev1.step(this.sa, { type: 'datagram', data: raw, from: path.local, to: path.remote }, this.env(next)));
  }

  hearTransaction({ raw }: Transaction, next?: Transaction): void {
    const { path } = this.recording.messages[this.role === 'initiator' ? 5 : 4]!;
    this.hear({ raw, path }, next);
  }

  answer(value: unknown, next?: Transaction): void {
    this.take(ikev1.step(this.sa, { type: 'answer', value }, this.env(next)));
  }

  /** The recorded host pads otherwise than we do, and goes on in CBC behind that. */
  goOnBehind({ raw }: Pick<Recorded, 'raw'>): void {
    this.sa = { ...this.sa, phase1: { ...this.sa.phase1, iv: lastBlock(raw) } };
  }

  /** The n-th message of ours in the last step says what the recorded one says; then the recorded one counts as sent. */
  said(transaction: Transaction, { at = 0, behind }: { at?: number; behind?: Transaction } = {}): void {
    const { sa } = this;
    const sends = this.actions.filter((action) => action.type === 'send');
    const message = decodeMessage(sends[at]!.data);
    expect(message.messageId).toBe(transaction.messageId);
    if (!message.isEncrypted || !isAuthenticated(sa)) throw new Error(sa.state);
    const { cipher, suite } = sa.crypto;
    const iv = behind ? lastBlock(behind.raw) : computePhase2Iv(suite.hash, sa.phase1.iv!, message.messageId);
    expect(insideOf(openMessage(cipher, iv, message).octets)).toBe(transaction.inside);
    const exchanges = sa.exchanges.map((one) => (one.messageId === message.messageId ? { ...one, iv: lastBlock(transaction.raw) } : one));
    this.sa = { ...sa, exchanges };
  }
}

/** What stands behind the HASH payload, as it says of itself. */
function insideOf(octets: Uint8Array): string {
  const { message } = splitHash(8, octets);
  return toHex(message).slice(0, 2 * (message[2]! * 256 + message[3]!));
}

describe('XAUTH and Mode Config in the place of the recorded client', () => {
  it('ikev1-xauth-psk-modecfg', () => {
    const side = new Side('ikev1-xauth-psk-modecfg', 'initiator');
    const [request, reply, set, ack, pull, pulled] = side.transactions as [
      Transaction,
      Transaction,
      Transaction,
      Transaction,
      Transaction,
      Transaction,
    ];
    expect(side.sa.state).toBe('XAUTH_CLIENT');
    side.hearTransaction(request);
    expect(side.actions).toMatchObject([{ type: 'ask', ask: { kind: 'xauth', role: 'client' } }]);
    side.answer({ user: 'carol', password: new TextEncoder().encode('xauth-secret-42') });
    side.said(reply, { behind: request });
    side.hearTransaction(set, pull);
    side.said(ack, { behind: set });
    expect(side.sa).toMatchObject({ state: 'CONFIG_CLIENT', user: 'carol' });
    side.said(pull, { at: 1 });
    side.hearTransaction(pulled);
    expect(side.sa).toMatchObject({ state: 'ESTABLISHED', assigned: given });
  });

  it('ikev1-xauth-fail', () => {
    const side = new Side('ikev1-xauth-fail', 'initiator');
    const [request, reply, set] = side.transactions as [Transaction, Transaction, Transaction];
    side.hearTransaction(request);
    side.answer({ user: 'carol', password: new TextEncoder().encode('nope') });
    side.said(reply, { behind: request });
    side.hearTransaction(set);
    expect(side.sa.state).toBe('CLOSED');
    expect(side.actions.filter(({ type }) => type === 'send')).toHaveLength(1);
    expect(side.actions).toMatchObject([{ type: 'send' }, { type: 'wipe' }, { type: 'closed', error: { code: 'authentication-failed' } }]);
  });
});

describe('XAUTH and Mode Config in the place of the recorded gateway', () => {
  it('ikev1-xauth-psk-modecfg', () => {
    const side = new Side('ikev1-xauth-psk-modecfg', 'responder');
    const [request, reply, set, ack, pull, pulled] = side.transactions as [
      Transaction,
      Transaction,
      Transaction,
      Transaction,
      Transaction,
      Transaction,
    ];
    side.said(request, { at: 1 });
    side.goOnBehind(side.recording.messages[5]!);
    side.hearTransaction(reply);
    const asked = side.actions.find((action) => action.type === 'ask')?.ask;
    expect(asked).toMatchObject({ kind: 'xauth', role: 'server', user: 'carol' });
    side.answer('accepted', set);
    side.said(set);
    side.hearTransaction(ack);
    expect(side.sa).toMatchObject({ state: 'ESTABLISHED', user: 'carol', initialContact: true });
    side.hearTransaction(pull);
    side.said(pulled, { behind: pull });
    expect(side.sa).toMatchObject({ state: 'ESTABLISHED', leased: [parseAddress('10.3.0.1')] });
  });

  it('ikev1-xauth-fail', () => {
    const side = new Side('ikev1-xauth-fail', 'responder');
    const [request, reply, set, ack] = side.transactions as [Transaction, Transaction, Transaction, Transaction];
    side.said(request, { at: 1 });
    side.goOnBehind(side.recording.messages[5]!);
    side.hearTransaction(reply);
    side.answer('wrong', set);
    side.said(set);
    side.hearTransaction(ack);
    expect(side.sa.state).toBe('CLOSED');
    expect(side.actions.find((action) => action.type === 'closed')?.error).toMatchObject({ code: 'authentication-failed' });
  });
});
