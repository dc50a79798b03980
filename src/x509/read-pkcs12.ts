/**
 * PKCS#12 (RFC 7292): a key and its certificates in one file with a password, as Windows, browsers and OpenSSL write it. The structure is BER, which pkijs
 * reads; what is inside goes the strict way of all others.
 *
 * @module
 */
import { fromBER, OctetString } from 'asn1js';
import {
  type AlgorithmIdentifier,
  AuthenticatedSafe,
  CertBag,
  type ContentInfo,
  CryptoEngine,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  type SafeBag,
  SafeContents,
} from 'pkijs';
import { equalBytes, wipe } from '../bytes.js';
import { decodeDer, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { namedAsync, type ReadOptions } from './read-certificates.js';
import { MAX_ITERATIONS, openWithPassword, wrongPassword } from './read-encrypted.js';
import { readFields } from './read-fields.js';
import { readKeyInfo } from './read-key-info.js';
import { type OwnKey, subtle } from './read-own-key.js';

/** About a PKCS#12 file. */
export interface ReadPkcs12Options extends ReadOptions {
  /** The password; some files have an empty one. */
  readonly password: string;
}

/** What a PKCS#12 file holds. */
export interface Pkcs12 {
  /** The private key. */
  readonly key: OwnKey;
  /** DER: the certificate of the key first, then that of its issuer, and so on as far as they are there. */
  readonly certificates: Uint8Array[];
}

const what = 'a PKCS#12 file';
const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
/** Many times the largest that anybody exports. */
const MAX_OCTETS = 1 << 20;
const MAX_BAGS = 256;

/**
 * Reads the private key and its certificates out of a PKCS#12 file (`.p12`, `.pfx`).
 *
 * Taken are the encryptions that OpenSSL 3 and Windows (since 2019) make: PBES2 with AES. RC2 and 3DES are refused with the command that converts.
 *
 * @throws IpsecError whose `path` is the file: `unknown-format`, `malformed`, `invalid-argument` (the password; no key, no certificate for it, or several keys),
 * `unsupported`, `limit-exceeded`. No error shows octets of the key.
 *
 * @example
 * ```ts
 * import { IpsecError } from 'ipsec-ts/errors';
 * import { readPkcs12 } from 'ipsec-ts/x509';
 *
 * try {
 *   const { key, certificates } = await readPkcs12(new Uint8Array(), { password: 'secret', source: 'me.p12' });
 *   console.log(key.publicKey.type, certificates.length);
 * } catch (error) {
 *   if (!(error instanceof IpsecError) || error.path !== 'me.p12') throw error;
 * }
 * ```
 */
export async function readPkcs12(input: Uint8Array, { password, source }: ReadPkcs12Options): Promise<Pkcs12> {
  return await namedAsync('PKCS#12', source, async () => {
    const contents: Contents = { keys: [], certificates: [] };
    try {
      for (const safe of await openSafes(input, password)) await openSafe(safe, password, contents);
      return sorted(contents);
    } catch (cause) {
      if (cause instanceof IpsecError) throw cause;
      // What pkijs says is about its classes, and a dump of them would hold the key.
      throw new IpsecError('malformed', what, { expected: 'the structure of RFC 7292', found: 'another' });
    } finally {
      for (const key of contents.keys) wipe(key);
    }
  });
}

interface Contents {
  /** PKCS#8. */
  readonly keys: Uint8Array[];
  readonly certificates: Uint8Array[];
}

/** The outermost structure: verifies its MAC, which says first of all whether the password is right. */
async function openSafes(input: Uint8Array, password: string): Promise<readonly ContentInfo[]> {
  if (input.length > MAX_OCTETS)
    throw new IpsecError('limit-exceeded', what, { expected: `at most ${MAX_OCTETS} octets`, found: `${input.length}` });
  const { offset, result } = fromBER(new Uint8Array(input));
  if (offset === -1 || input[0] !== SEQUENCE)
    throw new IpsecError('unknown-format', 'a file', {
      expected: 'PKCS#12',
      found: input.length === 0 ? 'nothing: it is empty' : 'something else',
    });
  const pfx = new PFX({ schema: result });
  const { authSafe, macData } = pfx;
  if (authSafe.contentType !== DATA || !(authSafe.content instanceof OctetString))
    throw new IpsecError('unsupported', what, {
      expected: 'one that is protected by a password',
      found: 'one that is protected by a public key',
    });
  if (macData !== undefined) {
    const iterations = macData.iterations ?? 1;
    if (iterations > MAX_ITERATIONS)
      throw new IpsecError('limit-exceeded', what, { expected: `up to ${MAX_ITERATIONS} iterations`, found: `${iterations}` });
    if (!(await isAuthentic(pfx, password))) throw wrongPassword(what, 'another one, or octets that were damaged');
  }
  return AuthenticatedSafe.fromBER(authSafe.content.getValue()).safeContents;
}

async function isAuthentic(pfx: PFX, password: string): Promise<boolean> {
  subtle(); // says so where there is none
  const engine = new CryptoEngine({ name: 'WebCrypto', crypto: globalThis.crypto });
  const { algorithmId } = pfx.macData!.mac.digestAlgorithm;
  const { name } = engine.getAlgorithmByOID(algorithmId) as { readonly name?: string };
  if (name === undefined)
    throw new IpsecError('unsupported', what, {
      expected: 'a MAC with SHA-1 or SHA-2 (openssl pkcs12 -export makes it)',
      found: algorithmId,
    });
  try {
    await pfx.parseInternalValues({ password: new TextEncoder().encode(password).buffer, checkIntegrity: true }, engine);
    return true;
  } catch {
    return false;
  }
}

/** A safe is in the clear (the keys in it may be encrypted), or encrypted as a whole. */
async function openSafe({ contentType, content }: ContentInfo, password: string, contents: Contents): Promise<void> {
  if (contentType === DATA && content instanceof OctetString) {
    await openBags(SafeContents.fromBER(content.getValue()).safeBags, password, contents);
    return;
  }
  if (contentType !== ENCRYPTED_DATA)
    throw new IpsecError('unsupported', what, {
      expected: 'parts that are encrypted with a password',
      found: `one of type ${contentType}`,
    });
  const { encryptedContentInfo } = new EncryptedData({ schema: content as OctetString });
  const octets = new Uint8Array(encryptedContentInfo.getEncryptedContent());
  const opened = new Uint8Array(await open(encryptedContentInfo.contentEncryptionAlgorithm, octets, password));
  await openBags(SafeContents.fromBER(opened).safeBags, password, contents);
  wipe(opened);
}

async function openBags(bags: readonly SafeBag[], password: string, { keys, certificates }: Contents): Promise<void> {
  for (const { bagValue } of bags) {
    if (keys.length + certificates.length >= MAX_BAGS)
      throw new IpsecError('limit-exceeded', what, { expected: `at most ${MAX_BAGS} keys and certificates`, found: 'one more' });
    if (bagValue instanceof PrivateKeyInfo) keys.push(new Uint8Array(bagValue.toSchema().toBER()));
    else if (bagValue instanceof PKCS8ShroudedKeyBag)
      keys.push(await open(bagValue.encryptionAlgorithm, new Uint8Array(bagValue.encryptedData.getValue()), password));
    else if (bagValue instanceof CertBag && bagValue.certValue instanceof OctetString)
      certificates.push(new Uint8Array(bagValue.certValue.getValue()));
  }
}

async function open(algorithm: AlgorithmIdentifier, data: Uint8Array, password: string): Promise<Uint8Array> {
  const der = new Uint8Array(algorithm.toSchema().toBER());
  return await openWithPassword(decodeDer(der, { what, path: 'encryption' }, SEQUENCE), data, password, what);
}

function sorted({ keys, certificates }: Contents): Pkcs12 {
  const [pkcs8, second] = keys;
  if (pkcs8 === undefined || second !== undefined)
    throw new IpsecError('invalid-argument', what, { expected: 'one private key', found: pkcs8 === undefined ? 'none' : `${keys.length}` });
  const key = readKeyInfo(pkcs8);
  try {
    return { key, certificates: chainOf(key.publicKey.spki, certificates) };
  } catch (error) {
    key.destroy();
    throw error;
  }
}

/** The certificate of a key, those of its issuers by name, those of theirs. Each at most once, so that a circle ends. */
function chainOf(spki: Uint8Array, certificates: readonly Uint8Array[]): Uint8Array[] {
  const read = certificates.map((der) => ({ der, ...readFields(der) }));
  const own = read.find((one) => equalBytes(one.spki, spki));
  if (own === undefined)
    throw new IpsecError('invalid-argument', what, {
      expected: 'a certificate for its private key',
      found: `${certificates.length} others`,
    });
  const chain = [own];
  for (const last of chain) for (const one of read) if (!chain.includes(one) && equalBytes(one.subjectDer, last.issuerDer)) chain.push(one);
  return chain.map(({ der }) => der);
}
