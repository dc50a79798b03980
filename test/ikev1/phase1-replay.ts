/** Recorded conversations of strongSwan and libreswan, so that the machine can take the place of either side in phase 1. */
import { fromHex, toHex } from '../../src/bytes.js';
import { phase1Encryption } from '../../src/iana/ikev1-attributes.js';
import {
  createMessageCipher,
  decodeMessage,
  decodePhase1Attributes,
  encodeMessage,
  encodePayloads,
  openMessage,
  type Payload,
  type PayloadOfType,
} from '../../src/ikev1.js';
import type { Ikev1Action } from '../../src/ikev1/events.js';
import { parseAddress } from '../../src/ip.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import type { Path } from '../../src/keying/path.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { allCiphers, allGroups, allHashes, must } from './negotiation-records.js';
import { find, Follower, libreswanTranscripts, secretOf, transcripts } from './transcripts.js';
import { connectionOf } from './two-hosts.js';

/** One message of phase 1. */
export interface Recorded {
  readonly raw: Uint8Array;
  /** The payloads inside, without padding. */
  readonly inside: Uint8Array;
  readonly payloads: readonly Payload[];
  /** From the one who sent it. */
  readonly path: Path;
}

/** A phase 1 that was recorded. */
export interface Recording {
  readonly name: string;
  readonly follower: Follower;
  readonly messages: readonly Recorded[];
  readonly gXy: Uint8Array;
  readonly psk: Uint8Array | undefined;
  /** Whether NAT-D payloads are made of these addresses. */
  readonly hasPaths: boolean;
}

const strongswan = transcripts
  .filter(({ name }) => name !== 'ikev1-fail-psk')
  .flatMap((transcript) =>
    transcript.ike_sas.map((sa, i): Recording => {
      const text = Object.entries({ ...transcript.secrets.b, ...transcript.secrets.a }).find(([key]) => key.startsWith('ike'))?.[1][
        'secret'
      ];
      const psk = sa.algorithms.auth_method === 3 ? undefined : secretOf(must(text));
      const mine = transcript.messages.filter((message) => message.raw.startsWith(sa.spi_i));
      const follower = new Follower({ ...(psk && { psk }), gXy: () => fromHex(sa.shared_secret), gQmXy: () => fromHex(sa.shared_secret) });
      const seen = new Set<string>();
      const messages = mine.flatMap((message): Recorded[] => {
        const { reassembled_message: whole } = message as { readonly reassembled_message?: string };
        const raw = fromHex(whole ?? message.raw);
        const isPart = whole === undefined && (message.payloads ?? []).some(({ name }) => name === 'FRAG');
        if (isPart || seen.has(message.raw) || toHex(raw.subarray(20, 24)) !== '00000000' || raw[18] === 5) return [];
        seen.add(message.raw);
        const end = (address: string, port: number): Path['local'] => ({ address: parseAddress(address), port });
        return [
          recorded(follower, raw, message.plaintext, { local: end(message.src, message.sport), remote: end(message.dst, message.dport) }),
        ];
      });
      const name = `${transcript.name}${transcript.ike_sas.length > 1 ? ` ${i + 1}` : ''}`;
      return { name, follower, messages, gXy: fromHex(sa.shared_secret), psk, hasPaths: true };
    }),
  );

const nowhere: Path = {
  local: { address: parseAddress('192.0.2.1'), port: 500 },
  remote: { address: parseAddress('192.0.2.2'), port: 500 },
};

const libreswan = libreswanTranscripts.map(({ name, psk, dhSharedSecrets, messages }): Recording => {
  const gXy = fromHex(dhSharedSecrets[0]!);
  const follower = new Follower({ psk: fromHex(psk), gXy: () => gXy, gQmXy: () => gXy });
  const phase1 = messages.filter(({ hex, retransmission }) => hex.slice(40, 48) === '00000000' && !retransmission);
  return {
    name: `libreswan ${name}`,
    follower,
    messages: phase1.map(({ hex, plain }, i) =>
      recorded(follower, fromHex(hex), plain, i % 2 === 0 ? nowhere : { local: nowhere.remote, remote: nowhere.local }),
    ),
    gXy,
    psk: fromHex(psk),
    hasPaths: false,
  };
});

/** Every phase 1 that was recorded from its first message to its last. */
export const recordings: readonly Recording[] = [...strongswan, ...libreswan];

function recorded(follower: Follower, raw: Uint8Array, plaintext: string | undefined, path: Path): Recorded {
  const payloads = follower.read(raw, plaintext);
  return { raw, inside: encodePayloads(payloads).octets, payloads, path };
}

/** A group whose one public value and one shared secret were recorded. */
function recordedGroup(row: KeyExchangeRow, publicValue: Uint8Array, shared: Uint8Array, expected: Uint8Array): KeyExchangeRow {
  const exchange = {
    publicValue,
    secrets: [],
    destroy: () => undefined,
    shared: (peer: Uint8Array) => {
      if (toHex(peer) !== toHex(expected)) throw new Error('another public value than the recorded one');
      return shared.slice();
    },
  };
  return { ...row, generate: () => exchange, from: () => exchange };
}

/** What the recorded hosts agreed on, as a connection of the one that is ours. */
export function connectionFor(recording: Recording, role: 'initiator' | 'responder', more: Partial<Connection> = {}): Connection {
  const { follower, messages, gXy, psk } = recording;
  const chosen = must(find(messages[1]!.payloads, 'SA')).proposals[0]!;
  if (chosen.protocol !== 'ISAKMP') throw new Error('another proposal');
  const values = decodePhase1Attributes(chosen.transforms[0]!.attributes);
  const cipher = must(phase1Encryption.find((row) => row.name === values.encryption)).ikev2;
  const encryption = must(
    allCiphers.find((row) => row.name === cipher && (values.keyLength === undefined || row.keyLength === values.keyLength / 8)),
  );
  const hash = must(allHashes.find((row) => row.name === values.hash));
  const group = must(allGroups.find((row) => row.id === values.group));
  const [ours, theirs] = role === 'initiator' ? [follower.gXi, follower.gXr] : [follower.gXr, follower.gXi];
  const keyExchange = recordedGroup(group, ours, gXy, theirs);
  const [idI, idR] = follower.idBodies.map((body) => identityOf(body));
  const isXauth = String(values.authentication).startsWith('XAUTH');
  const isAggressive = messages.length === 3;
  const auth = { method: 'shared-key', secret: psk ?? new Uint8Array(1) } as const;
  return connectionOf(role === 'initiator' ? 'a' : 'b', {
    ikev1: {
      hashes: allHashes,
      ...(isXauth && { xauth: role === 'initiator' ? 'client' : 'server' }),
      ...(isAggressive && { mode: 'aggressive', unsafeAggressivePsk: true }),
    },
    connection: {
      localId: role === 'initiator' ? idI! : idR!,
      localAuth: auth,
      remoteAuth: auth,
      proposals: [{ encryption: [encryption], integrity: [], prf: [hash.prf], keyExchange: [keyExchange] }],
      children: [],
      ...more,
    },
    options: { initialContact: messages.some(({ payloads }) => find(payloads, 'N')?.notify === 'INITIAL-CONTACT') },
  });
}

/** Who an ID payload's body says. */
export function identityOf(body: Uint8Array): Connection['localId'] {
  const data = body.subarray(4);
  return parseIdentity(body[0] === 1 ? [...data].join('.') : `ID_FQDN:${new TextDecoder().decode(data)}`);
}

/** Surroundings whose chance is the recorded one: a cookie of 8 octets, a nonce of 32. */
export function envFor({ follower }: Recording, role: 'initiator' | 'responder'): IkeEnv {
  const [cookie, nonce] = role === 'initiator' ? [follower.ckyI, follower.Ni] : [follower.ckyR, follower.Nr];
  let next = 1;
  return {
    now: 1000,
    random: (target) => {
      if (target.length === 8) target.set(cookie);
      else if (target.length === 32) target.set(nonce);
      else target.fill(next++);
    },
    allocateSpi: () => 0x1000,
    allocateCpi: () => 300,
    connections: [],
  };
}

/** The message that is sent, opened with the recorded keys. */
export function sentIn({ follower }: Recording, actions: readonly Ikev1Action[], iv: Uint8Array | undefined): Recorded {
  const sent = actions.filter((action) => action.type === 'send');
  if (sent[0]?.type !== 'send') throw new Error(`nothing sent: ${JSON.stringify(actions.map(({ type }) => type))}`);
  const { data: raw, path } = sent[0];
  const message = decodeMessage(raw);
  if (!message.isEncrypted) return { raw, inside: encodePayloads(message.payloads).octets, payloads: message.payloads, path };
  const cipher = createMessageCipher(cipherRowOf(follower), must(follower.encryptionKey));
  const { payloads, octets } = openMessage(cipher, must(iv), message);
  return { raw, inside: octets, payloads, path };
}

function cipherRowOf(follower: Follower): Parameters<typeof createMessageCipher>[0] {
  const block = must(follower.phase1Iv).length;
  const key = must(follower.encryptionKey).length;
  const row = allCiphers.find(
    (one) => one.kind === 'cipher' && one.blockSize === block && one.keyLength === key && one.ivKind === 'random',
  );
  if (row?.kind !== 'cipher') throw new Error('no cipher');
  return row;
}

/** The octets of all payloads of a type, with their bodies as they are on the wire. */
export function octetsOf(payloads: readonly Payload[], type: Payload['type']): string[] {
  return payloads.filter((payload) => payload.type === type).map((payload) => toHex(encodePayloads([payload]).octets));
}

/** A recorded message with another SA payload in it. Nothing covers the answer to our offers. */
export function withOffer({ raw, payloads }: Recorded, sa: PayloadOfType<'SA'>): Uint8Array {
  const message = decodeMessage(raw);
  return encodeMessage({ ...message, payloads: payloads.map((payload) => (payload.type === 'SA' ? sa : payload)) });
}
