/** Connections, policies and SA payloads for tests of the negotiation: everything that a test does not name is plain. */
import { fromHex, toHex } from '../../src/bytes.js';
import { phase1Encryption, phase2Authentication } from '../../src/iana/ikev1-attributes.js';
import { espTransforms } from '../../src/iana/ikev1-transforms.js';
import type { Payload, PayloadOfType, Phase1Attribute, Phase2Attribute, Proposal, Transform } from '../../src/ikev1.js';
import { addFragment, decodeMessage, decodePhase1Attributes, decodePhase2Attributes, encodePayloads } from '../../src/ikev1.js';
import type { ChildPolicy, Connection, Ikev1Options, OwnSignature, RemoteAuthentication } from '../../src/keying/connection.js';
import type { ChildProposal } from '../../src/keying/proposal-types.js';
import { aeadRows } from '../../src/suite/aead.js';
import { keyExchangeRows, modp2048 } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { aes256Cbc, encrRows } from '../../src/suite/encr.js';
import { hashRows } from '../../src/suite/hash.js';
import { legacyHashRows } from '../../src/suite/hash-legacy.js';
import { hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { prfHmacSha256, prfRows } from '../../src/suite/prf.js';
import { legacyPrfRows } from '../../src/suite/prf-legacy.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import { Follower, find, libreswanTranscripts, secretOf, transcripts } from './transcripts.js';
import { connectionOf, policyOf, ts } from '../ikev2/child-fixtures.js';

/** Every row there is. */
export const allCiphers: readonly EncryptionRow[] = [...aeadRows, ...encrRows, ...legacyRows.filter((row) => row.kind === 'cipher')];
/** Every row there is. */
export const allMacs: readonly IntegrityRow[] = [...integRows, ...legacyRows.filter((row) => row.kind === 'integrity')];
/** Every row there is. */
export const allGroups = [...keyExchangeRows, ...legacyKeyExchangeRows];
/** Every row there is. */
export const allHashes = [...hashRows, ...legacyHashRows];
/** Every row there is. */
export const allPrfs = [...prfRows, ...legacyPrfRows];

/** The row that a name leads to. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing there');
  return value;
}

/** A connection of IKEv1: AES-256, SHA-256, group 14, a pre-shared key. */
export function connectionV1(changes: Partial<Connection> = {}, ikev1: Partial<Ikev1Options> = {}): Connection {
  return {
    ...connectionOf([]),
    version: 1,
    ikev1: { mode: 'main', hashes: allHashes, ...ikev1 },
    proposals: [{ encryption: [aes256Cbc], integrity: [], prf: [prfHmacSha256], keyExchange: [modp2048] }],
    ...changes,
  };
}

/** A policy of IKEv1: ESP with AES-256 and HMAC-SHA-256, in tunnel mode, without PFS. */
export function policyV1(changes: Partial<ChildPolicy> = {}): ChildPolicy {
  return policyOf({
    proposals: [{ protocol: 'ESP', encryption: [aes256Cbc], integrity: [hmacSha256_128], keyExchange: [], esn: [false] }],
    ...changes,
  });
}
export { ts };

/** One question and its answer, as they were recorded. */
interface Exchanged {
  readonly name: string;
  readonly offer: PayloadOfType<'SA'>;
  readonly answer: PayloadOfType<'SA'>;
  /** Octets of the public value of the offer; undefined: without KE. */
  readonly publicLength: number | undefined;
  /** The Exchange Type. */
  readonly exchange: number;
}

/** Everything that a recorded conversation negotiates, in order. */
export interface Negotiated {
  readonly phase1: readonly Exchanged[];
  readonly quick: readonly Exchanged[];
}

const fragments = new WeakMap<Follower, Parameters<typeof addFragment>[0]>();
/** The SA payloads of every transcript, offers with their answers. */
export const negotiated: Negotiated = collect();

function collect(): Negotiated {
  const phase1: Exchanged[] = [];
  const quick: Exchanged[] = [];
  for (const { name, messages, read } of conversations()) {
    const open = new Map<string, { payloads: readonly Payload[]; exchange: number }>();
    for (const { raw, plain } of messages) {
      const payloads = read(raw, plain);
      const sa = payloads && find(payloads, 'SA');
      if (!payloads || !sa) continue;
      const key = `${toHex(raw.subarray(0, 8))} ${toHex(raw.subarray(20, 24))}`;
      const asked = open.get(key);
      if (asked === undefined) {
        open.set(key, { payloads, exchange: raw[18]! });
        continue;
      }
      const exchanged = {
        name,
        offer: must(find(asked.payloads, 'SA')),
        answer: sa,
        publicLength: find(asked.payloads, 'KE')?.data.length,
        exchange: asked.exchange,
      };
      (asked.exchange === 32 ? quick : phase1).push(exchanged);
    }
  }
  return { phase1, quick };
}

interface Conversation {
  readonly name: string;
  readonly messages: readonly { raw: Uint8Array; plain: string | undefined }[];
  /** Payloads; undefined: it cannot be read. */
  readonly read: (raw: Uint8Array, plain: string | undefined) => readonly Payload[] | undefined;
}

function* conversations(): Generator<Conversation> {
  for (const transcript of transcripts) {
    const { name, ike_sas, child_sas, secrets } = transcript;
    const text = Object.entries({ ...secrets.b, ...secrets.a }).find(([key]) => key.startsWith('ike'))?.[1]['secret'];
    const followers = new Map<string, Follower>();
    const messages = distinct(transcript.messages.map(({ raw, plaintext }) => ({ raw: fromHex(raw), plain: plaintext })));
    yield {
      name,
      messages,
      read: (raw, plain) => {
        const cky = toHex(raw.subarray(0, 8));
        const follower =
          followers.get(cky) ??
          new Follower({
            ...(ike_sas[0]!.algorithms.auth_method !== 3 && text !== undefined && { psk: secretOf(text) }),
            gXy: (ckyI) => fromHex(must(ike_sas.find((sa) => sa.spi_i === toHex(ckyI))).shared_secret),
            gQmXy: (child) => fromHex(must(child_sas[child]?.pfs_shared_secret ?? undefined)),
          });
        followers.set(cky, follower);
        return attemptRead(follower, raw, plain);
      },
    };
  }
  for (const { name, psk, dhSharedSecrets, messages } of libreswanTranscripts) {
    let next = 0;
    const follower = new Follower({
      psk: fromHex(psk),
      gXy: () => fromHex(must(dhSharedSecrets[0])),
      gQmXy: () => fromHex(must(dhSharedSecrets[++next])),
    });
    yield {
      name,
      messages: distinct(messages.map(({ hex, plain }) => ({ raw: fromHex(hex), plain }))),
      read: (raw, plain) => attemptRead(follower, raw, plain),
    };
  }
}

/** Fragments are read once they are all there; messages under another secret are none of ours here. */
function attemptRead(follower: Follower, raw: Uint8Array, plain: string | undefined): readonly Payload[] | undefined {
  try {
    const message = decodeMessage(raw);
    const fragment = message.isEncrypted ? undefined : find(message.payloads, 'FRAG');
    if (fragment === undefined) return follower.read(raw, plain);
    const added = addFragment(fragments.get(follower), fragment);
    fragments.set(follower, 'set' in added ? added.set : undefined);
    return 'message' in added ? follower.read(added.message, plain) : undefined;
  } catch {
    return undefined;
  }
}

function distinct<T extends { raw: Uint8Array }>(messages: readonly T[]): T[] {
  const seen = new Set<string>();
  return messages.filter(({ raw }) => !seen.has(toHex(raw)) && seen.add(toHex(raw)));
}

const rsaKey = { type: 'RSA', modulus: new Uint8Array(256).fill(0xc1), exponent: Uint8Array.of(1, 0, 1), spki: new Uint8Array(0) } as const;
/** We sign with RSA. */
export const ownRsa: OwnSignature = { method: 'signature', publicKey: rsaKey, rows: [], certificates: [] };
/** We sign with ECDSA. */
export const ownEcdsa = (curve: 'P-256' | 'P-384' | 'P-521'): OwnSignature => ({
  ...ownRsa,
  publicKey: { type: 'EC', curve, point: new Uint8Array(0), spki: new Uint8Array(0) },
});
/** The peer signs. */
export const peerSigns: RemoteAuthentication = { method: 'certificate', rows: [], authorities: [] };

/** What a method means to a responder. */
const authentications: Readonly<Record<string, Partial<Connection> & { xauth?: 'server' }>> = {
  'pre-shared key': {},
  'RSA signatures': { localAuth: ownRsa, remoteAuth: peerSigns },
  XAUTHInitPreShared: { xauth: 'server' },
};

/** A responder's connection that accepts what one recorded transform says, and nothing else. */
export function connectionFor({ attributes }: Transform): Connection {
  const { encryption, keyLength, hash, group, authentication } = decodePhase1Attributes(attributes as readonly Phase1Attribute[]);
  const name = phase1Encryption.find((row) => row.name === encryption)?.ikev2;
  const cipher = must(allCiphers.find((row) => row.name === name && (keyLength === undefined || row.keyLength * 8 === keyLength)));
  const hashRow = must(allHashes.find((row) => row.name === hash));
  const keyExchange = must(allGroups.find(({ id }) => id === group));
  const { xauth, ...changes } = must(authentications[`${authentication}`]);
  return connectionV1(
    { ...changes, proposals: [{ encryption: [cipher], integrity: [], prf: [hashRow.prf], keyExchange: [keyExchange] }] },
    { mode: 'aggressive', unsafeAggressivePsk: true, xauth },
  );
}

/** A policy that accepts what recorded proposals say, and nothing else. */
export function policyFor(proposals: readonly Proposal[], changes: Partial<ChildPolicy> = {}): ChildPolicy {
  const [proposal] = proposals;
  const transform = must(proposal?.transforms[0]);
  const { keyLength, authentication, group, encapsulation, esn } = decodePhase2Attributes(
    transform.attributes as readonly Phase2Attribute[],
  );
  const isAh = proposal?.protocol === 'AH';
  const cipherName = espTransforms.find((row) => row.name === transform.id)?.ikev2;
  const macName = phase2Authentication.find((row) => row.name === authentication)?.ikev2;
  const cipher = isAh
    ? []
    : [must(allCiphers.find((row) => row.name === cipherName && (keyLength === undefined || row.keyLength * 8 === keyLength)))];
  const mac = macName === undefined ? [] : [must(allMacs.find((row) => row.name === macName))];
  const record: ChildProposal = {
    protocol: isAh ? 'AH' : 'ESP',
    encryption: cipher,
    integrity: mac,
    keyExchange: group === undefined ? [] : [must(allGroups.find(({ id }) => id === group))],
    esn: [esn === 1],
  };
  return policyV1({ mode: `${encapsulation}`.includes('Transport') ? 'transport' : 'tunnel', proposals: [record], ...changes });
}

/** An SA payload in octets, as it stands on the wire. */
export function octetsOf(sa: PayloadOfType<'SA'>): string {
  return toHex(encodePayloads([sa]).octets);
}

/** The same payload with other transforms in its first proposal. */
export function withTransforms(sa: PayloadOfType<'SA'>, transforms: readonly Transform[]): PayloadOfType<'SA'> {
  const [first, ...rest] = sa.proposals;
  return { type: 'SA', doi: sa.doi, situation: sa.situation, proposals: [{ ...must(first), transforms } as Proposal, ...rest] };
}
