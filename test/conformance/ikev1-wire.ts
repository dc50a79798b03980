/** What passes between two hosts of IKEv1, read with their keys; and what a peer would have to send that keeps no rule. */
import { wipe } from '../../src/bytes.js';
import { openMessage, sealMessage, createMessageCipher, computePhase2Iv, type MessageCipher } from '../../src/ikev1/cipher.js';
import { computeHash1, computeHash2, encodeHashed } from '../../src/ikev1/hashes.js';
import { expandEncryptionKey } from '../../src/ikev1/keys.js';
import {
  decodeMessage,
  encodeMessage,
  type EncodedPayloads,
  encodePayloads,
  type Ikev1Header,
  type Ikev1Message,
} from '../../src/ikev1/message.js';
import type { Payload, PayloadOfType } from '../../src/ikev1/payload-cases.js';
import type { Phase1Suite } from '../../src/ikev1/states.js';
import type { Path } from '../../src/keying/path.js';
import { deliver, establishedOf, type Host, pathOf, receive, saOf } from '../ikev1/two-hosts.js';

/** One message, opened. */
export interface Spoken {
  readonly from: 'a' | 'b';
  readonly header: Ikev1Message;
  readonly isEncrypted: boolean;
  readonly payloads: readonly Payload[];
  readonly path: Path;
  readonly raw: Uint8Array;
}

interface Keys {
  readonly SKEYID_a: Uint8Array;
  readonly cipher: MessageCipher;
  readonly suite: Phase1Suite;
  readonly firstIv: Uint8Array;
}

/** What the network makes of a message. */
export interface Change {
  readonly payloads?: (p: readonly Payload[]) => readonly Payload[];
  readonly raw?: (octets: Uint8Array) => Uint8Array;
  /** A NAT. */
  readonly path?: (path: Path, from: 'a' | 'b') => Path;
}

/** Listens to two hosts; one IKE SA. */
export interface Wire {
  /** Delivers the oldest message of a host; with `change`, other payloads in its place, or another datagram. */
  readonly pass: (from: Host, change?: Change) => Spoken;
  /** Says something to a host as its peer: see {@link say}. */
  readonly say: typeof say;
  /** Delivers everything; what was said. */
  readonly talk: (change?: Change) => Spoken[];
}

export function wireOf(hosts: { readonly a: Host; readonly b: Host }): Wire {
  let keys: Keys | undefined;
  let phase1Iv: Uint8Array | undefined;
  const ivs = new Map<number, Uint8Array>();
  const firstNonces = new Map<number, Uint8Array>();
  const other = (host: Host): Host => (host === hosts.a ? hosts.b : hosts.a);

  const learn = (): void => {
    for (const host of [hosts.a, hosts.b]) {
      const sa = host.sas.size > 0 ? saOf(host) : undefined;
      if (keys !== undefined || sa === undefined || !('crypto' in sa)) continue;
      const { suite, keys: secrets, firstIv } = sa.crypto;
      const key = expandEncryptionKey(suite.prf, secrets.SKEYID_e, suite.encryption.keyLength);
      if (suite.encryption.kind === 'cipher' && key.some((octet) => octet !== 0))
        keys = { SKEYID_a: secrets.SKEYID_a.slice(), cipher: createMessageCipher(suite.encryption, key), suite, firstIv: firstIv.slice() };
      wipe(key);
    }
  };
  const read = (from: Host, raw: Uint8Array, path: Path): { spoken: Spoken; iv: Uint8Array | undefined } => {
    learn();
    const header = decodeMessage(raw);
    const common = { from: from.name, header, path, raw, isEncrypted: header.isEncrypted };
    if (!header.isEncrypted) return { spoken: { ...common, payloads: header.payloads }, iv: undefined };
    if (keys === undefined) throw new Error('encrypted, before there are keys');
    const { messageId } = header;
    const known = messageId === 0 ? phase1Iv : ivs.get(messageId);
    const iv = known ?? (messageId === 0 ? keys.firstIv : computePhase2Iv(keys.suite.hash, phase1Iv!, messageId));
    const opened = openMessage(keys.cipher, iv, header);
    if (messageId === 0) phase1Iv = opened.nextIv;
    else ivs.set(messageId, opened.nextIv);
    return { spoken: { ...common, payloads: opened.payloads }, iv };
  };
  /** Payloads with changes, and in phase 2 with the HASH that goes with them. */
  const again = (id: number, payloads: readonly Payload[], change: (p: readonly Payload[]) => readonly Payload[]): EncodedPayloads => {
    if (id === 0) return encodePayloads(change(payloads));
    const { suite, SKEYID_a } = keys!;
    const Ni = firstNonces.get(id);
    return encodeHashed(change(payloads.slice(1)), (m) =>
      Ni ? computeHash2(suite.prf, SKEYID_a, id, Ni, m) : computeHash1(suite.prf, SKEYID_a, id, m),
    );
  };
  const pass: Wire['pass'] = (from, change = {}) => {
    const { data, path } = from.outbox[0]!;
    const { spoken, iv } = read(from, data, path);
    let octets = data;
    if (change.payloads) {
      const { header, payloads } = spoken;
      if (iv === undefined) octets = encodeMessage({ ...header, payloads: change.payloads(payloads) });
      else {
        const sealed = sealMessage(keys!.cipher, iv, header, again(header.messageId, payloads, change.payloads));
        octets = sealed.octets;
        if (header.messageId === 0) phase1Iv = sealed.nextIv;
        else ivs.set(header.messageId, sealed.nextIv);
      }
    }
    octets = change.raw?.(octets.slice()) ?? octets;
    const nonce = spoken.payloads.find(({ type }) => type === 'Nonce');
    const { messageId } = spoken.header;
    if (messageId !== 0 && nonce?.type === 'Nonce' && !firstNonces.has(messageId)) firstNonces.set(messageId, nonce.data.slice());
    deliver(from, other(from), () => ({ data: octets, path: change.path?.(path, from.name) ?? path }));
    return spoken;
  };
  const talk: Wire['talk'] = (change) => {
    const all: Spoken[] = [];
    for (;;) {
      const from = [hosts.a, hosts.b].find(({ outbox }) => outbox.length > 0);
      if (from === undefined || all.length > 200) return all;
      all.push(pass(from, change));
    }
  };
  const saying: Wire['say'] = (from, to, payloads, options) => {
    const { messageId, nextIv } = say(from, to, payloads, options);
    ivs.set(messageId, nextIv);
    return { messageId, nextIv };
  };
  return { pass, talk, say: saying };
}

/** The payloads of one type in a message. */
export function allOf<Type extends Payload['type']>({ payloads }: Pick<Spoken, 'payloads'>, type: Type): PayloadOfType<Type>[] {
  return payloads.filter((payload): payload is PayloadOfType<Type> => payload.type === type);
}
/** The first payload of a type. */
export function oneOf<Type extends Payload['type']>(spoken: Pick<Spoken, 'payloads'>, type: Type): PayloadOfType<Type> {
  const [found] = allOf(spoken, type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}

/** A host that is established says something in an exchange of its own, under its keys, whatever it is. */
export function say(
  from: Host,
  to: Host,
  payloads: readonly Payload[],
  {
    messageId = 0x77,
    exchange = 'Informational',
    path = pathOf(from.name),
  }: { messageId?: number; exchange?: Ikev1Header['exchange']; path?: Path } = {},
): { readonly messageId: number; readonly nextIv: Uint8Array } {
  const { crypto, spiI, spiR, phase1 } = establishedOf(from);
  const { cipher, suite, keys } = crypto;
  const header = { ckyI: spiI, ckyR: spiR, exchange, messageId, authenticationOnly: false, commit: false };
  const hashed = encodeHashed(payloads, (message) => computeHash1(suite.prf, keys.SKEYID_a, messageId, message));
  const { octets, nextIv } = sealMessage(cipher, computePhase2Iv(suite.hash, phase1.iv!, messageId), header, hashed);
  receive(to, { data: octets, path });
  return { messageId, nextIv };
}

/** The same in the clear. */
export function shout(from: Host, to: Host, payloads: readonly Payload[], fields: Partial<Ikev1Header> = {}): void {
  const { spiI, spiR } = saOf(from);
  const header = {
    ckyI: spiI,
    ckyR: spiR,
    exchange: 'Informational',
    messageId: 0,
    authenticationOnly: false,
    commit: false,
    ...fields,
  } as const;
  receive(to, { data: encodeMessage({ ...header, payloads }), path: pathOf(from.name) });
}
