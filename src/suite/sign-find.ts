/**
 * From the AlgorithmIdentifier in an AUTH payload of RFC 7427 to a row. It is parsed strictly and written anew; a row is found by comparing octets.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { decodeDer, type Der, derFields, derWhole, encodeDer, expectTag, malformedDer, NULL, readDerUnsigned, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { algorithmFields } from './public-key.js';
import { encodeAlgorithm, encodePssAlgorithm, hashes, type MessageHash, MGF1, RSASSA_PSS } from './sign-scheme.js';
import type { SignatureRow } from './types-sign.js';

/** The tag of the first field of RSASSA-PSS-params. */
const FIRST_FIELD = 0xa0;

/**
 * The row of an AlgorithmIdentifier. Of RSASSA-PSS the parameters are read: hash, MGF1 with the same hash, a salt as long as the hash, the one trailer there is;
 * absent fields have their defaults, which are those of SHA-1.
 *
 * @param rows those that are allowed.
 * @param algorithmIdentifier DER.
 * @throws IpsecError `unknown-algorithm`, blame `peer`: none of the rows, or parameters that nobody should use. `truncated`, `malformed`, `trailing-octets`: not DER.
 *
 * @example
 * ```ts
 * import { defaultSignatureRows, ecdsaSha256, findSignatureRow } from 'ipsec-ts/suite/sign';
 *
 * const received = Uint8Array.of(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
 * if (findSignatureRow(defaultSignatureRows, received) !== ecdsaSha256) throw new Error('never');
 * ```
 */
export function findSignatureRow(rows: readonly SignatureRow[], algorithmIdentifier: Uint8Array): SignatureRow {
  const [canonical, name] = readAlgorithm(algorithmIdentifier);
  const row = rows.find((candidate) => equalBytes(candidate.algorithmIdentifier, canonical));
  return row ?? refuse(rows.length === 0 ? 'an algorithm, but no rows were given' : `one of ${rows.map((r) => r.name).join(', ')}`, name);
}

/** What the identifier would be if the one who sent it had written it as the algorithm's specification prefers. */
function readAlgorithm(octets: Uint8Array): readonly [canonical: Uint8Array, name: string] {
  const element = decodeDer(octets, { what: 'an algorithm identifier', path: 'auth.algorithm' }, SEQUENCE);
  const [identifier, parameters] = algorithmFields(element);
  if (identifier === RSASSA_PSS) {
    const hash = readPssParameters(parameters);
    return [encodePssAlgorithm(hash), `RSASSA-PSS with ${hash}`];
  }
  // RFC 4055 section 5: "the parameters MUST be NULL. Implementations MUST accept the parameters being absent as well as present."
  const canonical =
    /^1\.2\.840\.113549\.1\.1\.\d+$/.test(identifier) && parameters === undefined ? encodeAlgorithm(identifier, encodeDer(NULL)) : octets;
  return [canonical, parameters === undefined || parameters.tag === NULL ? identifier : `${identifier} with parameters`];
}

// RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] DEFAULT sha1, maskGenAlgorithm [1] DEFAULT mgf1SHA1, saltLength [2] DEFAULT 20, trailerField [3] DEFAULT 1 }
function readPssParameters(parameters: Der | undefined): MessageHash {
  // RFC 7427 appendix A.4: "the hash function and padding parameters are conveyed in the parameters (which are not optional in this case)."
  if (parameters === undefined) return refuse('parameters of RSASSA-PSS', 'none');
  const [hashField, maskField, saltField, trailerField] = readOptional(parameters, 4);
  const hash = hashField === undefined ? 'SHA1' : readHash(hashField);
  const mask = maskField === undefined ? 'SHA1' : readMask(maskField);
  if (mask !== hash) return refuse(`MGF1 with ${hash}`, `MGF1 with ${mask}`);
  const salt = saltField === undefined ? 20 : smallNumber(saltField);
  // RFC 8017 appendix A.2.3: "For a given hashAlgorithm, the default value of saltLength is the octet length of the hash value."
  if (salt !== hashes[hash].length) return refuse(`a salt of ${hashes[hash].length} octets, as long as ${hash}`, describe(salt));
  const trailer = trailerField === undefined ? 1 : smallNumber(trailerField);
  // RFC 4055 section 3.1: "The value MUST be 1"
  return trailer === 1 ? hash : refuse('the trailer 1', describe(trailer));
}

/** The contents of the fields [0] to [count - 1], each present or not, in order. */
function readOptional(parent: Der, count: number): readonly (Der | undefined)[] {
  const found = Array.from({ length: count }, (): Der | undefined => undefined);
  let next = 0;
  for (const field of derFields(expectTag(parent, SEQUENCE))) {
    const number = field.tag - FIRST_FIELD;
    if (number < next || number >= count) throw malformedDer(field, 'the next field of RSASSA-PSS', `tag 0x${field.tag.toString(16)}`);
    const [inside, more] = derFields(field);
    if (inside === undefined || more !== undefined) throw malformedDer(field, 'one element', more === undefined ? 'none' : 'more');
    found[number] = inside;
    next = number + 1;
  }
  return found;
}

function readHash(element: Der): MessageHash {
  const [identifier, parameters] = algorithmFields(expectTag(element, SEQUENCE));
  // RFC 4055 section 2.1: "All implementations MUST accept both NULL and absent parameters as legal and equivalent encodings."
  if (parameters !== undefined && derWhole(parameters).length !== 2)
    throw malformedDer(parameters, 'NULL or nothing behind a hash', 'another');
  if (parameters !== undefined) expectTag(parameters, NULL);
  const names = Object.keys(hashes) as MessageHash[];
  return names.find((name) => hashes[name].identifier === identifier) ?? refuse(`one of ${names.join(', ')} for RSASSA-PSS`, identifier);
}

function readMask(element: Der): MessageHash {
  const [identifier, hash] = algorithmFields(expectTag(element, SEQUENCE));
  if (identifier !== MGF1) return refuse('MGF1 for RSASSA-PSS', identifier);
  if (hash === undefined) return refuse('MGF1 with a hash for RSASSA-PSS', 'MGF1 without');
  return readHash(hash);
}

/** What is larger than 65535 stands for all that is too large. */
function smallNumber(element: Der): number {
  const octets = readDerUnsigned(element);
  return octets.length > 2 ? 0x10000 : octets.reduce((sum, octet) => 256 * sum + octet, 0);
}

function describe(number: number): string {
  return number > 0xffff ? 'more than 65535' : String(number);
}

function refuse(expected: string, found: string): never {
  throw new IpsecError('unknown-algorithm', 'a signature', { blame: 'peer', expected, found });
}
