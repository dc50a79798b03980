/**
 * The IKE_AUTH exchanges of the recorded conversations, with what both sides knew: enough to play either of them.
 */
import { concat, EMPTY, fromHex, readU32, toHex } from '../../src/bytes.js';
import type { ChildPolicy, Connection, ConnectionOptions } from '../../src/keying/connection.js';
import { createIkeCrypto } from '../../src/ikev2/crypto.js';
import type { IkeEnv, OpenMessage } from '../../src/ikev2/events.js';
import { hashAlgorithmsOf } from '../../src/ikev2/exchange/init-extensions.js';
import { identityOf } from '../../src/ikev2/peer.js';
import { findNotify, findPayload } from '../../src/ikev2/pick.js';
import type { ChosenIke } from '../../src/ikev2/proposal.js';
import type { AuthSent, ChildSaKeyPair, InitAnswered, NatState, Path } from '../../src/ikev2/states.js';
import { noDeadlines } from '../../src/ikev2/lifetimes.js';
import { initialRetransmission } from '../../src/keying/retransmission.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import {
  computeSkeyseed,
  createSkContext,
  decodeMessage,
  decodePayloads,
  type IkeKeys,
  type IkeMessage,
  openSk,
  type Payload,
  type PayloadOfType,
} from '../../src/ike.js';
import { formatIdentity, type Identity, type TrafficSelector } from '../../src/traffic-selector.js';
import { parsePadId } from '../../src/pad.js';
import { curve25519 } from '../../src/suite/dh.js';
import { childRecordOf } from './proposal-records.js';
import {
  encryptionOf,
  integrityOf,
  type LibreswanTranscript,
  libreswanTranscripts,
  prfOf,
  secretOf,
  type Transcript,
  transcripts,
} from './transcripts.js';

/** One IKE_AUTH exchange of two messages. */
export interface AuthRecord {
  name: string;
  suite: ChosenIke;
  keys: IkeKeys;
  spiI: Uint8Array;
  spiR: Uint8Array;
  message1: Uint8Array;
  message2: Uint8Array;
  Ni: Uint8Array;
  Nr: Uint8Array;
  request: readonly Payload[];
  response: readonly Payload[];
  /** What the two were configured with; they differ where the authentication was to fail. */
  secretOfInitiator: Uint8Array;
  secretOfResponder: Uint8Array;
  /** KEYMAT as recorded: initiator's encryption and integrity, then the responder's. */
  keymat: readonly string[] | undefined;
  path: Path;
}

const addressOf = (text: string): Uint8Array =>
  text.includes(':') ? fromHex('20010db8000000000000000000000001') : Uint8Array.from(text.split('.').map(Number));
const nonceOf = (raw: Uint8Array): Uint8Array => findPayload(decodeMessage(raw).payloads, 'Nonce')!.data;

function isSharedKey(payloads: readonly Payload[]): boolean {
  return findPayload(payloads, 'AUTH')?.method === 'Shared Key Message Integrity Code';
}

const signatureMethods: readonly unknown[] = ['RSA Digital Signature', 'Digital Signature'];
/** Whether AUTH of one side is a signature. */
function isSignature(payloads: readonly Payload[]): boolean {
  const method = findPayload(payloads, 'AUTH')?.method;
  return signatureMethods.includes(method) || String(method).startsWith('ECDSA');
}

function strongswanRecords(
  transcript: Transcript,
  takes: (request: readonly Payload[], response: readonly Payload[]) => boolean,
): AuthRecord[] {
  return transcript.ike_sas
    .filter(({ origin }) => origin === 'IKE_SA_INIT')
    .flatMap((sa): AuthRecord[] => {
      const own = transcript.messages.filter((m) => m.spi_i === sa.spi_i && m.retransmission !== true);
      if (own.some((m) => m.exchange === 'IKE_INTERMEDIATE')) return [];
      const answer = own.find((m) => m.exchange === 'IKE_SA_INIT' && m.spi_r === sa.spi_r && m.response)!;
      const asked = own.findLast((m) => m.exchange === 'IKE_SA_INIT' && !m.response && m.frame < answer.frame)!;
      const inside = (response: boolean): readonly Payload[] => {
        const m = own.find(
          (x) =>
            x.exchange === 'IKE_AUTH' && x.response === response && (x.reassembled ?? (x.fragment ? undefined : x.plaintext)) !== undefined,
        );
        if (m === undefined) return [];
        const first = m.fragment ? (response ? 36 : 35) : m.first_payload!;
        return decodePayloads(first, fromHex(m.reassembled ?? m.plaintext!));
      };
      const [request, response] = [inside(false), inside(true)];
      if (!takes(request, response)) return [];
      const { a, b } = transcript.secrets;
      const secret = (side: typeof a): string | undefined => side['ike-1']?.['secret'];
      const both = secret(a) ?? secret(b) ?? '""';
      // What a daemon used where its configuration, as recorded, is that of another run.
      const logged = (side: 'a' | 'b'): Uint8Array[] =>
        transcript.derivations[side].filter(({ label }) => label === 'secret').map(({ data }) => fromHex(data));
      const secretOfInitiator = logged('a')[0] ?? secretOf(both);
      const isLogged = logged('b').some((other) => toHex(other) === toHex(secretOfInitiator));
      const child = transcript.child_sas.find((c) => c.origin === 'auth' && c.ike_spi_i === sa.spi_i && c.ike_spi_r === sa.spi_r);
      const final = sa.ppk ?? sa;
      return [
        {
          name: `${transcript.name} ${sa.spi_i}`,
          suite: {
            encryption: encryptionOf(sa.algorithms.encryption_id, sa.algorithms.key_length),
            ...integrityOf(sa.algorithms.integrity_id),
            prf: prfOf(sa.algorithms.prf_id),
            keyExchange: curve25519,
          },
          keys: {
            SK_d: fromHex(final.sk_d),
            SK_ai: fromHex(sa.sk_ai),
            SK_ar: fromHex(sa.sk_ar),
            SK_ei: fromHex(sa.sk_ei),
            SK_er: fromHex(sa.sk_er),
            SK_pi: fromHex(final.sk_pi),
            SK_pr: fromHex(final.sk_pr),
          },
          spiI: fromHex(sa.spi_i),
          spiR: fromHex(sa.spi_r),
          message1: fromHex(asked.raw),
          message2: fromHex(answer.raw),
          Ni: fromHex(sa.nonce_i),
          Nr: fromHex(sa.nonce_r),
          request,
          response,
          secretOfInitiator,
          secretOfResponder: isLogged ? secretOfInitiator : secretOf(secret(b) ?? both),
          keymat: child && [child.encr_i, child.integ_i, child.encr_r, child.integ_r],
          path: {
            local: { address: addressOf(asked.src), port: 500 },
            remote: { address: addressOf(asked.dst), port: 500 },
          },
        },
      ];
    });
}

function libreswanRecord({ name, messages, dhSharedSecrets, psk, kernelSAs }: LibreswanTranscript): AuthRecord {
  const all = messages.map(({ hex }) => decodeMessage(fromHex(hex)));
  const message2 = all.find(({ exchange, isResponse }) => exchange === 'IKE_SA_INIT' && isResponse)!;
  const message1 = all.findLast(({ exchange, isResponse }) => exchange === 'IKE_SA_INIT' && !isResponse)!;
  const [Ni, Nr] = [nonceOf(message1.raw), nonceOf(message2.raw)];
  const { spiI, spiR } = message2;
  const { transforms } = findPayload(message2.payloads, 'SA')!.proposals[0]!;
  const id = (type: string): number => transforms.find((t) => t.type === type)?.id ?? 0;
  const bits = transforms.find(({ type }) => type === 'ENCR')!.attributes[0]?.value as number | undefined;
  const suite: ChosenIke = {
    encryption: encryptionOf(id('ENCR'), bits),
    ...integrityOf(id('INTEG')),
    prf: prfOf(id('PRF')),
    keyExchange: curve25519,
  };
  const skeyseed = computeSkeyseed(suite.prf, { Ni, Nr, gIr: fromHex(dhSharedSecrets[0]!) });
  const { keys, seal, open } = createIkeCrypto(suite, skeyseed, { Ni, Nr, spiI, spiR }, 'initiator');
  const inside = (message: IkeMessage): readonly Payload[] => {
    const opened = openSk(message.isInitiator ? seal : open, message);
    if (!opened.ok) throw new Error(opened.reason);
    return decodePayloads(opened.firstPayload, opened.octets);
  };
  const response = inside(all.find(({ exchange, isResponse }) => exchange === 'IKE_AUTH' && isResponse)!);
  const request = inside(all.find(({ exchange, isResponse }) => exchange === 'IKE_AUTH' && !isResponse)!);
  const keymat = [response, request].flatMap((payloads) => {
    const spi = readU32(findPayload(payloads, 'SA')!.proposals[0]!.spi, 0);
    const sa = kernelSAs.find((k) => k.spi === spi && k.proto === 'esp')!;
    return sa.aead ? [sa.aead.keymat, ''] : [sa.enc?.keymat ?? sa.enc?.key ?? '', sa.auth?.keymat ?? sa.auth?.key ?? ''];
  });
  const secret = fromHex(psk);
  return {
    name: `libreswan ${name}`,
    suite,
    keys,
    spiI,
    spiR,
    message1: message1.raw,
    message2: message2.raw,
    Ni,
    Nr,
    request,
    response,
    secretOfInitiator: secret,
    secretOfResponder: secret,
    keymat,
    path: { local: { address: addressOf('192.0.2.1'), port: 500 }, remote: { address: addressOf('192.0.2.2'), port: 500 } },
  };
}

/** Every recorded exchange whose initiator has a shared key. */
export const authRecords: readonly AuthRecord[] = [
  ...transcripts.flatMap((transcript) => strongswanRecords(transcript, isSharedKey)),
  ...libreswanTranscripts.map(libreswanRecord),
];

/** Every recorded exchange in which one side signs; the other may have a shared key. */
export const signatureRecords: readonly AuthRecord[] = transcripts.flatMap((transcript) =>
  strongswanRecords(
    transcript,
    (request, response) => findPayload(request, 'AUTH') !== undefined && (isSignature(request) || isSignature(response)),
  ),
);

/** Every recorded exchange whose initiator wants EAP; its secret is the MSK. What the responder grants in the end counts as part of its first answer. */
export const eapRecords: readonly AuthRecord[] = transcripts.flatMap((transcript) =>
  strongswanRecords(transcript, (_request, response) => findPayload(response, 'EAP') !== undefined).map((record) => {
    const last = transcript.messages.findLast(({ exchange, response }) => exchange === 'IKE_AUTH' && response)!;
    const granted = decodePayloads(last.first_payload!, fromHex(last.plaintext!)).filter(({ type }) => type !== 'AUTH' && type !== 'EAP');
    return { ...record, response: [...record.response, ...granted] };
  }),
);

/** Options that let nothing happen by the clock. */
export const quietOptions: ConnectionOptions = {
  setUp: initialRetransmission,
  established: initialRetransmission,
  livenessInterval: Infinity,
  rekeyAfter: Infinity,
  reauthenticateAfter: Infinity,
  lifetime: Infinity,
  lifetimeJitter: 0.1,
  halfOpenLifetime: 30_000,
  windowSize: 1,
  fragmentSizes: [],
  natPorts: { local: 4500, remote: 4500 },
  natTraversal: 'detect',
  keepaliveInterval: 20_000,
  initialContact: true,
  maxInitTries: 5,
  maxChildren: 100,
  childless: false,
};

const noNat: NatState = { supported: true, local: false, remote: false, follow: false };

/** The way as one side sees it. */
export function pathOf({ path }: AuthRecord, role: 'initiator' | 'responder'): Path {
  return role === 'initiator' ? path : { local: path.remote, remote: path.local };
}

/** The identity that one side asserted. */
function idOf(payloads: readonly Payload[], type: 'IDi' | 'IDr'): Identity | undefined {
  const id = findPayload(payloads, type);
  return id && identityOf(id);
}

const selectorsOf = (payload: PayloadOfType<'TSi'> | PayloadOfType<'TSr'> | undefined): TrafficSelector[] =>
  (payload?.selectors ?? []).filter((s): s is TrafficSelector => 'addresses' in s);

/** The policy that one side must have had: the initiator's is what it asked for, the responder's what it granted. */
function policyOf({ request, response }: AuthRecord, role: 'initiator' | 'responder'): ChildPolicy | undefined {
  const own = role === 'initiator' || !findPayload(response, 'TSi') ? request : response;
  const sa = findPayload(own, 'SA');
  if (sa === undefined) return undefined;
  const [tsi, tsr] = [selectorsOf(findPayload(own, 'TSi')), selectorsOf(findPayload(own, 'TSr'))];
  return {
    name: 'recorded',
    mode: findNotify(own, 'USE_TRANSPORT_MODE') ? 'transport' : 'tunnel',
    requireMode: false,
    proposals: sa.proposals.map(childRecordOf),
    local: role === 'initiator' ? tsi : tsr,
    remote: role === 'initiator' ? tsr : tsi,
    ipcomp: findNotify(own, 'IPCOMP_SUPPORTED') !== undefined,
    tfcPadding: !findNotify(own, 'ESP_TFC_PADDING_NOT_SUPPORTED'),
  };
}

/** A connection of one side as it must have been configured. */
export function connectionOf(
  record: AuthRecord,
  role: 'initiator' | 'responder',
  secret: Uint8Array,
  more: Partial<Connection> = {},
): Connection {
  const { request, response } = record;
  const idi = idOf(request, 'IDi')!;
  const idr = idOf(response, 'IDr') ?? idOf(request, 'IDr')!;
  const asked = role === 'initiator' ? idOf(request, 'IDr') : undefined;
  const policy = policyOf(record, role);
  const [localId, peerId] = role === 'initiator' ? [idi, idr] : [idr, idi];
  const auth = { method: 'shared-key', secret } as const;
  return {
    name: 'recorded',
    localId,
    localAuth: auth,
    peer: {
      name: 'peer',
      id: parsePadId(formatIdentity(peerId)),
      authentication: { protocol: 'IKEv2', method: 'pre-shared-key' },
      child: { lookup: 'id' },
    },
    remoteAuth: auth,
    proposals: [],
    children: policy ? [policy] : [],
    ...(asked && { remoteId: asked }),
    options: { ...quietOptions, initialContact: findNotify(request, 'INITIAL_CONTACT') !== undefined },
    ...more,
  };
}

function halfwayOf(record: AuthRecord, role: 'initiator' | 'responder') {
  const { suite, spiI, spiR, message1, message2, Ni, Nr } = record;
  // A copy: IKE SAs wipe their keys.
  const keys = Object.fromEntries(
    Object.entries(record.keys).map(([name, key]) => [name, (key as Uint8Array).slice()]),
  ) as unknown as IkeKeys;
  const { encryption, integrity } = suite;
  const rows = { encryption, ...(integrity && { integrity }) };
  const context = (encryptionKey: Uint8Array, integrityKey: Uint8Array) => createSkContext({ ...rows, encryptionKey, integrityKey });
  const initiator = context(keys.SK_ei, keys.SK_ai);
  const responder = context(keys.SK_er, keys.SK_ar);
  return {
    role,
    spiI,
    spiR,
    path: pathOf(record, role),
    windows: { ...freshWindows, nextOwnId: role === 'initiator' ? 2 : 0, nextPeerId: role === 'initiator' ? 0 : 1 },
    createdAt: 1000,
    deadlines: noDeadlines,
    waiting: undefined,
    crypto: { suite, keys, ...(role === 'initiator' ? { seal: initiator, open: responder } : { seal: responder, open: initiator }) },
    nat: noNat,
    fragmentation: false,
    Ni,
    Nr,
    message1,
    message2,
    hashAlgorithms: hashAlgorithmsOf(decodeMessage(role === 'initiator' ? message2 : message1).payloads),
  } as const;
}

/** The initiator, before it sends IKE_AUTH. */
export function initiatorOf(record: AuthRecord, connection: Connection): Omit<AuthSent, 'state' | 'offer'> {
  return { ...halfwayOf(record, 'initiator'), role: 'initiator', connection };
}

/** The responder, before IKE_AUTH comes. */
export function responderOf(record: AuthRecord, candidates: readonly Connection[]): InitAnswered {
  return { ...halfwayOf(record, 'responder'), role: 'responder', state: 'INIT_ANSWERED', candidates };
}

/** A message as `step` hands it to a handler. */
export function openMessageOf(record: AuthRecord, payloads: readonly Payload[], isResponse: boolean): OpenMessage {
  return {
    exchange: 'IKE_AUTH',
    messageId: 1,
    isResponse,
    payloads,
    raw: concat(record.spiI, record.spiR),
    path: pathOf(record, isResponse ? 'initiator' : 'responder'),
  };
}

/** Surroundings without chance: SPIs are those that were recorded. */
export function envOf(spi: Uint8Array | undefined, more: Partial<IkeEnv> = {}): IkeEnv & { allocated: number } {
  const env = {
    allocated: 0,
    now: 5000,
    random: (octets: Uint8Array): void => void octets.fill(0x80),
    allocateSpi(): number {
      env.allocated++;
      return spi ? readU32(spi, 0) : 0xc0ffee01;
    },
    allocateCpi: () => 0x1234,
    connections: [],
    ...more,
  };
  return env;
}

/** KEYMAT in the order of {@link AuthRecord.keymat}. */
export function keymatOf({ inbound, outbound }: ChildSaKeyPair, role: 'initiator' | 'responder'): string[] {
  const [i, r] = role === 'initiator' ? [outbound, inbound] : [inbound, outbound];
  return [i.encryption, i.integrity, r.encryption, r.integrity].map((key) => toHex(key ?? EMPTY));
}
