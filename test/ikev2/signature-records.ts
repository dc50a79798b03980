/** How the peers of the recorded conversations with signatures were configured: keys, certificates, what they wanted of each other. */
import { concat } from '../../src/bytes.js';
import type { Connection, OwnSignature, RemoteAuthentication } from '../../src/keying/connection.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { decodeDigitalSignature, type Payload, type PayloadOfType } from '../../src/ike.js';
import {
  decodeEcdsaSignature,
  decodePublicKey,
  defaultSignatureRows,
  publicKeyOfCertificate,
  type PublicKey,
} from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { sha1 } from '../../src/suite/sha1.js';
import keys from '../../vectors/ikev2/keys/strongswan.json' with { type: 'json' };
import { type AuthRecord, connectionOf } from './auth-records.js';

/** A side of a record. */
export type Side = 'initiator' | 'responder';

const files: Readonly<Record<string, string>> = keys.files;
const transcripts: Readonly<Record<string, { a: string; b: string }>> = keys.transcripts;

/** The rows of all conversations; method 1 of strongSwan is RSA with SHA-1. */
const rows = [...defaultSignatureRows, ...legacySignatureRows];

/** The PEM of a side's private key. */
export function privatePemOf({ name }: AuthRecord, side: Side): string {
  return files[`private/${keyNameOf(name, side)}.key`]!;
}

function keyNameOf(name: string, side: Side): string {
  return transcripts[name.split(' ')[0]!]![side === 'initiator' ? 'a' : 'b'];
}

/** The octets between the lines of a PEM file. */
function derOf(pem: string): Uint8Array {
  return Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, '')), (c) => c.charCodeAt(0));
}

/** A side's certificate in DER; undefined where it had a bare key. */
function certificateOf({ name }: AuthRecord, side: Side): Uint8Array | undefined {
  const key = keyNameOf(name, side);
  return name.includes('raw-public-keys') ? undefined : derOf(files[`x509/${key}.crt`]!);
}

/** A side's public key, out of its configuration. */
export function publicKeyOf(record: AuthRecord, side: Side): PublicKey {
  const certificate = certificateOf(record, side);
  if (certificate) return publicKeyOfCertificate(certificate);
  return decodePublicKey(derOf(files[`pubkey/${keyNameOf(record.name, side)}.pub`]!));
}

/** What a side has said. */
export function saidBy({ request, response }: AuthRecord, side: Side): readonly Payload[] {
  return side === 'initiator' ? request : response;
}

/** The AUTH payload of a side. */
export function authOf(record: AuthRecord, side: Side): PayloadOfType<'AUTH'> {
  return findPayload(saidBy(record, side), 'AUTH')!;
}

/** The recorded signature as a row's `verify` takes it. */
export function signatureOf(record: AuthRecord, side: Side): Uint8Array {
  const { method, data } = authOf(record, side);
  if (method !== 'Digital Signature') return data;
  const { signature } = decodeDigitalSignature(data);
  const key = publicKeyOf(record, side);
  return key.type === 'EC' ? decodeEcdsaSignature(signature, key.curve) : signature;
}

/** The seed of an Ed25519 key: the last 32 octets of its PKCS #8 form (RFC 8410 section 7). */
function seedOf(record: AuthRecord, side: Side): Uint8Array {
  return derOf(privatePemOf(record, side)).slice(-32);
}

/** How a side proves itself, with the algorithm that it has used. */
export function ownSignatureOf(record: AuthRecord, side: Side): OwnSignature {
  const publicKey = publicKeyOf(record, side);
  const certificate = certificateOf(record, side);
  const { method, data } = authOf(record, side);
  const used = method === 'Digital Signature' ? decodeDigitalSignature(data).algorithmIdentifier : undefined;
  const first = used && rows.filter((row) => row.algorithmIdentifier.join() === used.join());
  return {
    method: 'signature',
    publicKey,
    ...(publicKey.type === 'Ed25519' && { privateKey: seedOf(record, side) }),
    rows: first ?? rows,
    certificates: certificate ? [certificate] : [],
    send: 'if-asked', // as strongSwan does
  };
}

/** Whether the AUTH of a side is made with a shared key. */
function hasSecret(record: AuthRecord, side: Side): boolean {
  return authOf(record, side).method === 'Shared Key Message Integrity Code';
}

/** What was demanded of a side: what its message has to be checked with. */
function demandOf(record: AuthRecord, side: Side): RemoteAuthentication {
  if (hasSecret(record, side)) return { method: 'shared-key', secret: record.secretOfInitiator };
  if (!certificateOf(record, side)) return { method: 'public-key', keys: [publicKeyOf(record, side)], rows };
  const all = Object.entries(files).filter(([name]) => name.startsWith('x509ca/'));
  const asked = saidBy(record, side === 'initiator' ? 'responder' : 'initiator');
  const hashes = all.map(([, pem]) => sha1(publicKeyOfCertificate(derOf(pem)).spki));
  const request = findPayload(side === 'initiator' ? [] : asked, 'CERTREQ');
  const authorities = request ? cut(request.data) : hashes;
  return { method: 'certificate', rows, authorities };
}

/** The hashes of a CERTREQ payload. */
function cut(data: Uint8Array): Uint8Array[] {
  return Array.from({ length: data.length / 20 }, (_, i) => data.slice(20 * i, 20 * i + 20));
}

/** A connection of one side as it must have been configured. */
export function signatureConnectionOf(record: AuthRecord, role: Side, more: Partial<Connection> = {}): Connection {
  const other = role === 'initiator' ? 'responder' : 'initiator';
  return connectionOf(record, role, record.secretOfInitiator, {
    localAuth: hasSecret(record, role) ? { method: 'shared-key', secret: record.secretOfInitiator } : ownSignatureOf(record, role),
    remoteAuth: demandOf(record, other),
    ...more,
  });
}

/** Octets with one bit of the last octet turned. */
export function spoiled(octets: Uint8Array): Uint8Array {
  return concat(octets.subarray(0, -1), Uint8Array.of(octets.at(-1)! ^ 1));
}
