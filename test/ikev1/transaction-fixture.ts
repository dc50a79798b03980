/** For the handlers of the Transaction exchange: an IKE SA whose phase 1 is over, and the recorded messages of strongSwan. */
import { fromHex, toHex } from '../../src/bytes.js';
import { createBase } from '../../src/ikev1/base.js';
import { createMessageCipher } from '../../src/ikev1/cipher.js';
import type { Outcome } from '../../src/ikev1/events.js';
import { encodePayloads } from '../../src/ikev1/message.js';
import type { Payload, PayloadOfType } from '../../src/ikev1/payload-cases.js';
import type { About, Answered, Exchange, OpenMessage } from '../../src/ikev1/requests.js';
import type { Established, Ikev1Sa, Listening, StateName } from '../../src/ikev1/states.js';
import { type AnyTransition, checkPayloads, findTransition } from '../../src/ikev1/transition.js';
import { transactionTransitions } from '../../src/ikev1/transitions-transaction.js';
import { parseAddress } from '../../src/ip/address.js';
import type { Connection, Ikev1Options } from '../../src/keying/connection.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import { defaultRetransmission } from '../../src/keying/retransmission.js';
import { modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hashSha256 } from '../../src/suite/hash.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import { Follower, secretOf, transcripts } from './transcripts.js';

const secret = new Uint8Array(16).fill(7);

/** A connection of IKEv1 with a pre-shared key. */
export function connectionOf(ikev1: Partial<Ikev1Options>, more: Partial<Connection> = {}): Connection {
  return {
    name: 'office',
    version: 1,
    ikev1: { mode: 'main', hashes: [hashSha256], ...ikev1 },
    localId: { type: 'ID_FQDN', name: 'a.example.org' },
    localAuth: { method: 'shared-key', secret },
    remoteAuth: { method: 'shared-key', secret },
    peer: { id: { type: 'any' }, authentication: { protocol: 'IKEv1', method: 'pre-shared-key' }, child: { lookup: 'id' } },
    proposals: [{ encryption: [aes128Cbc], integrity: [], prf: [prfHmacSha256], keyExchange: [modp2048] }],
    children: [],
    options: {
      setUp: defaultRetransmission,
      established: defaultRetransmission,
      livenessInterval: Infinity,
      rekeyAfter: Infinity,
      reauthenticateAfter: Infinity,
      lifetime: Infinity,
      lifetimeJitter: 0,
      halfOpenLifetime: 30_000,
      windowSize: 1,
      fragmentSizes: [],
      natPorts: { local: 4500, remote: 4500 },
      natTraversal: 'detect',
      keepaliveInterval: Infinity,
      initialContact: false,
      maxInitTries: 3,
      maxChildren: 4,
      childless: false,
    },
    ...more,
  };
}

/** Surroundings; every random octet is 0, so that Identifiers are what strongSwan has. */
export function envOf(more: Partial<IkeEnv> = {}): IkeEnv {
  return {
    now: 1000,
    random: (octets) => void octets.fill(0),
    allocateSpi: () => 0x100,
    allocateCpi: () => 0x100,
    connections: [],
    ...more,
  };
}

const path = {
  local: { address: parseAddress('192.0.2.1'), port: 500 },
  remote: { address: parseAddress('192.0.2.2'), port: 500 },
} as const;

/** What phase 1 has come to. */
export function phase1Over(connection: Connection, role: 'initiator' | 'responder' = 'initiator'): Omit<Established, 'state'> {
  const key = (octet: number): Uint8Array => new Uint8Array(32).fill(octet);
  const ckyI = new Uint8Array(8).fill(1);
  const ckyR = new Uint8Array(8).fill(2);
  return {
    ...createBase({ role, ckyI, ckyR, path, exchange: 'Identity Protection', halfOpenLifetime: 30_000 }, envOf()),
    connection,
    crypto: {
      suite: {
        encryption: aes128Cbc,
        hash: hashSha256,
        prf: prfHmacSha256,
        keyExchange: modp2048,
        authentication: 'pre-shared key',
        lifetimes: [],
      },
      keys: { SKEYID: key(1), SKEYID_d: key(2), SKEYID_a: key(3), SKEYID_e: key(4) },
      cipher: createMessageCipher(aes128Cbc, new Uint8Array(16)),
      firstIv: new Uint8Array(16),
    },
    nat: { supported: false, local: false, remote: false, follow: false },
    localId: connection.localId,
    peerId: { type: 'ID_FQDN', name: 'b.example.org' },
    exchanges: [],
    children: [],
    tasks: [],
    assigned: undefined,
    leased: [],
    heardAt: 0,
    dpd: { firstSequence: 1, nextSequence: 1, unanswered: undefined, lastReceived: undefined },
    user: undefined,
    initialContact: true,
  };
}

type Attributes = PayloadOfType<'ATTR'>;

/** A message of the Transaction exchange. */
export function messageOf(...payloads: readonly Payload[]): OpenMessage {
  return {
    ckyI: new Uint8Array(8).fill(1),
    ckyR: new Uint8Array(8).fill(2),
    exchange: 'Transaction',
    messageId: 5,
    isEncrypted: true,
    commit: false,
    payloads,
    raw: new Uint8Array(28),
    path,
  };
}

/** One message in one exchange, by the row that takes it. Throws where none does. */
export function handle(sa: Ikev1Sa, payload: Attributes, { about, env = envOf(), answers = [] }: Turn = {}): Outcome {
  const message = messageOf(payload);
  const transition = rowOf(sa.state, message, about);
  checkPayloads(transition, message);
  const exchange: Exchange | undefined = about && {
    messageId: 5,
    exchange: 'Transaction',
    iv: undefined,
    received: undefined,
    sent: undefined,
    about,
    expires: Infinity,
  };
  const outcome: Outcome<Ikev1Sa | Listening> = transition.run(sa as never, message, env, { exchange, answers });
  const { state } = outcome.sa;
  if (state === 'LISTENING' || (!outcome.ask && !transition.to.includes(state)))
    throw new Error(`${state} is none of ${transition.to.join()}`);
  return outcome as Outcome;
}

interface Turn {
  /** What the exchange is about; absent: it is new. */
  readonly about?: About | undefined;
  readonly env?: IkeEnv;
  readonly answers?: readonly Answered[];
}

function rowOf(state: StateName, message: OpenMessage, about: About | undefined): AnyTransition {
  const found = findTransition(transactionTransitions, state, message, about?.kind ?? 'new');
  if (!found) throw new Error(`${state} takes no ${message.payloads.map((p) => (p.type === 'ATTR' ? p.cfgType : p.type)).join()}`);
  return found;
}

/** Runs a handler, answers what it asks, and runs it anew. */
export function handleWith(sa: Ikev1Sa, payload: Attributes, value: unknown, turn: Turn = {}): Outcome {
  const { ask } = handle(sa, payload, turn);
  if (!ask) throw new Error('nothing was asked');
  return handle(sa, payload, { ...turn, answers: [{ ask, value }] });
}

/** The Attributes payload of a message that goes out. */
export function sentIn(outcome: Outcome): Attributes {
  const { payloads } = outcome.send ?? outcome.begin![0]!;
  const [payload] = payloads;
  if (payload?.type !== 'ATTR') throw new Error('no Attributes payload');
  return payload;
}

/** What a first message of an outcome is about. */
export function aboutIn(outcome: Outcome): About {
  return outcome.begin![0]!.about!;
}

/** The octets of a payload, its generic header included. */
export function octetsOf(payload: Payload): string {
  return toHex(encodePayloads([payload]).octets);
}

/** The payloads of the Transaction exchanges of a transcript, in their order. */
export function recorded(name: 'ikev1-xauth-psk-modecfg' | 'ikev1-xauth-fail'): Attributes[] {
  const transcript = transcripts.find((one) => one.name === name)!;
  const [text] = Object.entries(transcript.secrets.a).flatMap(([key, value]) => (key.startsWith('ike') ? [value['secret']!] : []));
  const follower = new Follower({
    psk: secretOf(text!),
    gXy: () => fromHex(transcript.ike_sas[0]!.shared_secret),
    gQmXy: () => new Uint8Array(0),
  });
  return transcript.messages.flatMap(({ raw, plaintext }) =>
    follower.read(fromHex(raw), plaintext).filter((payload): payload is Attributes => payload.type === 'ATTR'),
  );
}
