/** IKE SAs of recorded conversations, so that the machine can take the place of either side. */
import { fromHex, toHex } from '../../src/bytes.js';
import type { Connection } from '../../src/keying/connection.js';
import type { IkeAction, IkeEnv } from '../../src/ikev2/events.js';
import { decodeMessage, decodePayloads } from '../../src/ikev2/message.js';
import { defaultRetransmission } from '../../src/keying/retransmission.js';
import { openSk } from '../../src/ikev2/sk.js';
import { createSkContext } from '../../src/ikev2/sk-context.js';
import type { ChildSa, Established, Path } from '../../src/ikev2/states.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { keyExchangeRows } from '../../src/suite/dh.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { connectionOf, policyOf } from './child-fixtures.js';
import { encryptionOf, integrityOf, prfOf, type RecordedIkeSa, type RecordedMessage, type Transcript, transcripts } from './transcripts.js';

/** One of the strongSwan conversations. */
export function transcriptOf(name: string): Transcript {
  const found = transcripts.find((transcript) => transcript.name === name);
  if (found === undefined) throw new Error(`no transcript ${name}`);
  return found;
}

/** The message of a frame. */
export function frameOf({ messages }: Transcript, frame: number): RecordedMessage {
  const found = messages.find((message) => message.frame === frame);
  if (found === undefined) throw new Error(`no frame ${frame}`);
  return found;
}

/** The recorded IKE SA of a message. */
export function ikeSaOf({ ike_sas }: Transcript, { spi_i, spi_r }: Pick<RecordedMessage, 'spi_i' | 'spi_r'>): RecordedIkeSa {
  const found = ike_sas.find((sa) => sa.spi_i === spi_i && sa.spi_r === spi_r);
  if (found === undefined) throw new Error(`no IKE SA ${spi_i}`);
  return found;
}

/** What is inside a message, hexadecimal; sent by the original initiator of the IKE SA or by its responder. */
export function insideOf(sa: RecordedIkeSa, data: Uint8Array, isInitiator: boolean): string {
  const context = createSkContext({
    encryption: encryptionOf(sa.algorithms.encryption_id, sa.algorithms.key_length),
    ...integrityOf(sa.algorithms.integrity_id),
    encryptionKey: fromHex(isInitiator ? sa.sk_ei : sa.sk_er),
    integrityKey: fromHex(isInitiator ? sa.sk_ai : sa.sk_ar),
  });
  const opened = openSk(context, decodeMessage(data));
  if (!opened.ok) throw new Error(opened.reason);
  return toHex(opened.octets);
}

/** The payload of a type in a recorded message. */
export function dataIn(message: RecordedMessage, type: 'KE' | 'Nonce'): Uint8Array {
  const payload = decodePayloads(message.first_payload!, fromHex(message.plaintext!)).find((p) => p.type === type);
  if (payload?.type !== type) throw new Error(`no ${type} in frame ${message.frame}`);
  return payload.data;
}

/** One end of a recorded IKE SA, with a Child SA of these SPIs (inbound, outbound), which has the group `row`. */
export function replayedSa(
  recorded: RecordedIkeSa,
  role: Established['role'],
  { row, child }: { readonly row?: KeyExchangeRow; readonly child?: readonly [number, number] },
): Established {
  const { algorithms: a } = recorded;
  const encryption = encryptionOf(a.encryption_id, a.key_length);
  const integrity = integrityOf(a.integrity_id);
  const keyExchange = row ?? keyExchangeRows.find(({ id }) => id === 19)!;
  const suite = { encryption, ...integrity, prf: prfOf(a.prf_id), keyExchange };
  const keys = {
    SK_d: fromHex(recorded.sk_d),
    SK_ai: fromHex(recorded.sk_ai),
    SK_ar: fromHex(recorded.sk_ar),
    SK_ei: fromHex(recorded.sk_ei),
    SK_er: fromHex(recorded.sk_er),
    SK_pi: fromHex(recorded.sk_pi),
    SK_pr: fromHex(recorded.sk_pr),
  };
  const i = createSkContext({ encryption, ...integrity, encryptionKey: keys.SK_ei, integrityKey: keys.SK_ai });
  const r = createSkContext({ encryption, ...integrity, encryptionKey: keys.SK_er, integrityKey: keys.SK_ar });
  const [seal, open] = role === 'initiator' ? [i, r] : [r, i];
  const policy = policyOf();
  const proposals = [
    { encryption: [encryption], integrity: integrity.integrity ? [integrity.integrity] : [], prf: [suite.prf], keyExchange: [keyExchange] },
  ];
  const plain = connectionOf([policy], { proposals });
  const connection: Connection = { ...plain, options: { ...plain.options, established: defaultRetransmission } };
  const children: ChildSa[] = child
    ? [
        {
          policy,
          suite: { protocol: 'ESP', encryption: aes256Gcm16, esn: false },
          mode: 'tunnel',
          spiIn: child[0],
          spiOut: child[1],
          local: policy.local as ChildSa['local'],
          remote: policy.remote as ChildSa['remote'],
          ipcomp: undefined,
          peerTakesTfc: true,
          nonFirstFragments: false,
          original: undefined,
          createdAt: 0,
          status: 'active',
        },
      ]
    : [];
  return {
    state: 'ESTABLISHED',
    role,
    spiI: fromHex(recorded.spi_i),
    spiR: fromHex(recorded.spi_r),
    path,
    windows: freshWindows,
    createdAt: 0,
    deadlines: { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity },
    waiting: undefined,
    connection,
    crypto: { suite, keys, seal, open },
    nat: { supported: true, local: false, remote: false, follow: false },
    fragmentation: false,
    localId: { type: 'ID_FQDN', name: 'us.example' },
    peerId: { type: 'ID_FQDN', name: 'them.example' },
    children,
    tasks: [],
    assigned: undefined,
    leased: [],
    heardAt: 0,
    awaitsChildren: false,
  };
}

const path: Path = {
  local: { address: Uint8Array.of(192, 0, 2, 1), port: 500 },
  remote: { address: Uint8Array.of(192, 0, 2, 2), port: 500 },
};

/** A recorded message comes. */
export function eventOf({ raw }: RecordedMessage): { type: 'datagram'; data: Uint8Array; from: Path['remote']; to: Path['local'] } {
  return { type: 'datagram', data: fromHex(raw), from: path.remote, to: path.local };
}

/** Surroundings whose random octets are these, by their number; all others are zero. */
export function replayedEnv(octets: readonly Uint8Array[] = []): IkeEnv {
  return {
    now: 1000,
    random: (target) => {
      const found = octets.find(({ length }) => length === target.length);
      if (found) target.set(found);
    },
    allocateSpi: () => 0x1000,
    allocateCpi: () => 300,
    connections: [],
  };
}

/** A group whose one public value and one shared secret were recorded. */
export function recordedGroup(id: number, publicValue: Uint8Array, shared: Uint8Array, expected: Uint8Array): KeyExchangeRow {
  const row = keyExchangeRows.find((other) => other.id === id);
  if (row === undefined) throw new Error(`no group ${id}`);
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

/** The datagrams among the actions. */
export function sentOf(actions: readonly IkeAction[]): Uint8Array[] {
  return actions.flatMap((action) => (action.type === 'send' ? [action.data] : []));
}
