/**
 * What the clear messages of phase 1 say, and which keys may come of it. Anybody may have sent them: of everything there may be several, and a message that opens
 * shows which was meant.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { phase1Encryption } from '../iana/ikev1-attributes.js';
import {
  computePhase1Iv,
  computeSkeyidPsk,
  computeSkeyidSignatures,
  createMessageCipher,
  decodePhase1Attributes,
  derivePhase1Keys,
  expandEncryptionKey,
  type HashRow,
  type MessageCipher,
  type Payload,
  type PayloadOfType,
  type Phase1Keys,
  type Phase1Values,
} from '../ikev1.js';
import type { CipherRow } from '../suite/types.js';
import { orNothing } from './ike-derive.js';
import { type Claim, claimSecret, createSecretPool, guessSecrets, proveSecret, type SecretPool } from './ike-secrets.js';
import type { Ikev1SaKey, Ikev1Secrets } from './isakmp-keys.js';
import type { AlgorithmRows } from './keys-resolve.js';

/** The algorithms to choose from, those of IKEv1 too. */
export interface Ikev1AlgorithmRows extends AlgorithmRows {
  /** Hash algorithms: `hashRows`, and `legacyHashRows`. */
  readonly hashes: readonly HashRow[];
}

/** What one side gave to the key exchange. */
export interface Half {
  /** Its public value. */
  readonly ke: Uint8Array;
  /** Its nonce. */
  readonly nonce: Uint8Array;
}

/** What was said in the clear. Mutable; every list is short. */
export interface Phase1Facts {
  /** SAi_b, of the first message. */
  readonly offers: Uint8Array[];
  /** What the responder chose. */
  readonly suites: Phase1Values[];
  /** The initiator's. */
  readonly halvesI: Half[];
  /** The responder's. */
  readonly halvesR: Half[];
  /** IDii_b. */
  idI?: Uint8Array;
  /** IDir_b. */
  idR?: Uint8Array;
}

/** What the key files have for one cookie. */
export interface CookieEntries {
  /** Each is tried. */
  readonly keys: Ikev1SaKey[];
  /** Each is tried. */
  readonly secrets: SecretsEntry[];
}

/** An entry of `ike1Secrets`, and who claims what of it. */
interface SecretsEntry extends Ikev1Secrets {
  readonly pool: SecretPool;
  /** What phase 1 claims, once it gets so far: the cookie has one. */
  claim?: Claim;
}

/** All secrets of an ISAKMP SA, and what they were made of. */
export interface DerivedPhase1 {
  /** SKEYID and the others. */
  readonly keys: Phase1Keys;
  /** The initiator's part. */
  readonly i: Half;
  /** The responder's part. */
  readonly r: Half;
  /** What Quick Modes with PFS claim their secrets of. */
  readonly pool: SecretPool;
  /** `ike1Secrets.0`. */
  readonly path: string;
  /** To be told once a message was opened. */
  readonly prove: () => void;
}

/** A key that messages may be encrypted with. */
export interface Candidate {
  /** Its hash, and with it the prf. */
  readonly hash: HashRow;
  /** Decrypts. */
  readonly cipher: MessageCipher;
  /** Where the chain of IVs begins; unknown where a public value is not in the capture. */
  readonly phase1Iv: Uint8Array | undefined;
  /** Absent for a key that is listed as it is. */
  readonly derived?: DerivedPhase1;
}

/** Different values of one kind that are kept: forgeries included. */
const MAXIMUM_FACTS = 4;
/** Keys that are tried for one ISAKMP SA. */
const MAXIMUM_CANDIDATES = 64;
/** RFC 2409 section 5.4 and the XAUTH draft: what SKEYID is made of the pre-shared key with. */
const pskMethods: readonly unknown[] = ['pre-shared key', 'XAUTHInitPreShared', 'XAUTHRespPreShared'];
const refused = /encryption/i;

/** Nothing was said yet. */
export function createFacts(): Phase1Facts {
  return { offers: [], suites: [], halvesI: [], halvesR: [] };
}

/** Refuses a listed key that its algorithm cannot have. Throws IpsecError with the place in the file. */
export function checkKey({ key, encryption, hash, path }: Ikev1SaKey, rows: Ikev1AlgorithmRows): void {
  if (hash !== undefined && findHash({ hash }, rows) === undefined)
    throw new IpsecError('unknown-algorithm', 'hash algorithm', { path: `${path}.hash`, found: hash });
  if (encryption === undefined || findCipher({ encryption }, key.length, rows) !== undefined) return;
  throw new IpsecError('unknown-algorithm', 'encryption algorithm', {
    path: `${path}.encryption`,
    found: `${encryption} with a key of ${key.length} octets`,
  });
}

/** What a key file has for a cookie. */
export function createEntry(entry: Ikev1Secrets): SecretsEntry {
  return { ...entry, pool: createSecretPool(entry.sharedSecrets) };
}

/** The first payload of a type. */
export function findPayloadV1<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> | undefined {
  return payloads.find((p): p is PayloadOfType<Type> => p.type === type);
}

/** Takes in a message of phase 1. Returns whether it said anything that keys depend on. */
export function noteFacts(facts: Phase1Facts, payloads: readonly Payload[], byInitiator: boolean): boolean {
  const sa = findPayloadV1(payloads, 'SA');
  const ke = findPayloadV1(payloads, 'KE')?.data;
  const nonce = findPayloadV1(payloads, 'Nonce')?.data;
  const id = findPayloadV1(payloads, 'ID')?.body;
  if (id !== undefined) facts[byInitiator ? 'idI' : 'idR'] = id.slice();
  let isNew = false;
  if (sa?.body !== undefined && byInitiator) isNew = add(facts.offers, sa.body.slice(), equalBytes);
  const [chosen] = sa?.proposals ?? [];
  const transform = chosen?.protocol === 'ISAKMP' ? chosen.transforms[0] : undefined;
  const suite = byInitiator || transform === undefined ? undefined : orNothing(() => decodePhase1Attributes(transform.attributes));
  if (suite !== undefined) isNew = add(facts.suites, suite, sameSuite) || isNew;
  if (ke === undefined || nonce === undefined) return isNew;
  return add(byInitiator ? facts.halvesI : facts.halvesR, { ke: ke.slice(), nonce: nonce.slice() }, sameHalf) || isNew;
}

function add<T>(list: T[], value: T, same: (a: T, b: T) => boolean): boolean {
  if (list.length >= MAXIMUM_FACTS || list.some((other) => same(other, value))) return false;
  list.push(value);
  return true;
}

function sameHalf(a: Half, b: Half): boolean {
  return equalBytes(a.ke, b.ke) && equalBytes(a.nonce, b.nonce);
}

function sameSuite(a: Phase1Values, b: Phase1Values): boolean {
  return (['encryption', 'keyLength', 'hash', 'authentication'] as const).every((member) => a[member] === b[member]);
}

/** The keys that an ISAKMP SA may have: what follows from secrets first, then what is listed. */
export function findCandidates(
  facts: Phase1Facts,
  { keys, secrets }: CookieEntries,
  cookies: { readonly ckyI: Uint8Array; readonly ckyR: Uint8Array },
  rows: Ikev1AlgorithmRows,
): Candidate[] {
  const found: Candidate[] = [];
  const take = (make: () => Candidate | undefined): void => {
    const candidate = found.length < MAXIMUM_CANDIDATES ? orNothing(make) : undefined;
    if (candidate !== undefined) found.push(candidate);
  };
  const halves = halvesOf(facts);
  for (const entry of secrets)
    for (const suite of facts.suites)
      for (const [i, r] of halves) {
        entry.claim ??= claimSecret(entry.pool);
        for (const index of guessSecrets(entry.pool, entry.claim)) take(() => derive(entry, index, suite, i, r, cookies, rows));
      }
  for (const entry of keys)
    for (const suite of [...facts.suites, entry])
      for (const [i, r] of halves.length > 0 ? halves : [[undefined, undefined]]) take(() => listed(entry, suite, i, r, rows));
  return found;
}

/** Both parts of the key exchange, in every combination. */
export function halvesOf({ halvesI, halvesR }: Phase1Facts): (readonly [Half, Half])[] {
  return halvesI.flatMap((i) => halvesR.map((r) => [i, r] as const));
}

/** SKEYID of a pre-shared key; undefined where the peers do not authenticate with one. */
export function skeyidOfPsk(
  { psk }: Pick<Ikev1Secrets, 'psk'>,
  { authentication }: Phase1Values,
  hash: HashRow,
  i: Half,
  r: Half,
): Uint8Array | undefined {
  if (psk === undefined || !pskMethods.includes(authentication)) return undefined;
  return computeSkeyidPsk(hash.prf, psk, { Ni: i.nonce, Nr: r.nonce });
}

function derive(
  entry: SecretsEntry,
  index: number,
  suite: Phase1Values,
  i: Half,
  r: Half,
  cookies: { readonly ckyI: Uint8Array; readonly ckyR: Uint8Array },
  rows: Ikev1AlgorithmRows,
): Candidate | undefined {
  const hash = findHash(suite, rows);
  const row = findCipher(suite, suite.keyLength === undefined ? undefined : suite.keyLength / 8, rows);
  const gXy = entry.pool.secrets[index]!;
  // The modes with public key encryption have a SKEYID of their own, which is nowhere here.
  if (hash === undefined || row === undefined || refused.test(`${suite.authentication}`)) return undefined;
  const usesPsk = pskMethods.includes(suite.authentication);
  const SKEYID = usesPsk ? skeyidOfPsk(entry, suite, hash, i, r) : computeSkeyidSignatures(hash.prf, { Ni: i.nonce, Nr: r.nonce }, gXy);
  if (SKEYID === undefined) return undefined;
  const keys = derivePhase1Keys(hash.prf, SKEYID, { gXy, ...cookies });
  const { pool, path } = entry;
  return {
    hash,
    cipher: createMessageCipher(row, expandEncryptionKey(hash.prf, keys.SKEYID_e, row.keyLength)),
    phase1Iv: computePhase1Iv(hash, i.ke, r.ke, row.blockSize),
    derived: {
      keys,
      i,
      r,
      pool,
      path,
      prove: () => {
        proveSecret(pool, entry.claim!, index);
      },
    },
  };
}

function listed(
  { key }: Ikev1SaKey,
  suite: { readonly encryption?: string | number | undefined; readonly hash?: string | number | undefined },
  i: Half | undefined,
  r: Half | undefined,
  rows: Ikev1AlgorithmRows,
): Candidate | undefined {
  const hash = findHash(suite, rows);
  const row = findCipher(suite, key.length, rows);
  if (hash === undefined || row === undefined) return undefined;
  const phase1Iv = i && r && computePhase1Iv(hash, i.ke, r.ke, row.blockSize);
  return { hash, cipher: createMessageCipher(row, key), phase1Iv };
}

/** The row of a Hash Algorithm. */
export function findHash({ hash }: { readonly hash?: string | number | undefined }, rows: Ikev1AlgorithmRows): HashRow | undefined {
  return rows.hashes.find(({ name }) => name === hash);
}

/** The row of an Encryption Algorithm. RFC 3602 section 2.2: "The default key size is 128 bits, and all implementations MUST support this key size." */
function findCipher(
  { encryption }: { readonly encryption?: string | number | undefined },
  octets: number | undefined,
  rows: Ikev1AlgorithmRows,
): CipherRow | undefined {
  const name = phase1Encryption.find((row) => row.name === encryption)?.ikev2;
  const named = rows.encryption.filter((row): row is CipherRow => row.kind === 'cipher' && row.name === name);
  const wanted = octets ?? (named.length > 1 ? 16 : named[0]?.keyLength);
  return named.find(({ keyLength }) => keyLength === wanted);
}
