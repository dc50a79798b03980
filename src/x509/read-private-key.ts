/**
 * Private keys from files.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { fileError, type PemBlock, readArmour } from './pem.js';
import { namedAsync, type ReadOptions } from './read-certificates.js';
import { openEncryptedKey } from './read-encrypted.js';
import { readEcPrivateKey, readKeyInfo, readRsaPrivateKey } from './read-key-info.js';
import { formOf, notThere, otherForm, privateLabels } from './read-labels.js';
import type { OwnKey } from './read-own-key.js';

/** About a file of a private key. */
export interface ReadPrivateKeyOptions extends ReadOptions {
  /** Of an encrypted key. */
  readonly password?: string | undefined;
}

/**
 * Reads a private key: PKCS#8, also encrypted (PBES2 with PBKDF2 and AES, which is what OpenSSL 3 makes), `RSA PRIVATE KEY` and `EC PRIVATE KEY`, as PEM or DER.
 * A file that holds certificates too is fine; two keys are one too many.
 *
 * RSA and encrypted keys need WebCrypto, which every runtime has (a page only over HTTPS). Whoever is done with the key calls `destroy`, and wipes `input`.
 *
 * @throws IpsecError whose `path` is the file: `unknown-format` (what it is instead), `truncated`, `malformed`, `invalid-argument` (the password), `unsupported` (a
 * kind of key, or an encryption that is too old: with the command that converts it). No error shows octets of the key.
 *
 * @example
 * ```ts
 * import { readPrivateKey } from 'ipsec-ts/x509';
 *
 * // The seed of RFC 8032 section 7.1, test 1, as PKCS#8.
 * const pem = `-----BEGIN PRIVATE KEY-----
 * MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
 * -----END PRIVATE KEY-----`;
 * const key = await readPrivateKey(pem, { source: 'gw.key' });
 * if (key.publicKey.type !== 'Ed25519' || key.privateKey?.length !== 32) throw new Error('never');
 * key.destroy();
 * ```
 */
export async function readPrivateKey(input: Uint8Array | string, options: ReadPrivateKeyOptions = {}): Promise<OwnKey> {
  const { source, password } = options;
  const armour = readArmour(input, source);
  if (armour.kind === 'der') {
    const other = otherForm('a private key', armour.der, source);
    if (other !== undefined) throw other;
    return await namedAsync('a private key in DER', source, () => readDerKey(armour.der, password));
  }
  const keys = armour.blocks.filter(({ label }) => privateLabels.includes(label));
  const [block, second] = keys;
  if (block === undefined) throw notThere('a private key', armour.blocks, source);
  if (second !== undefined)
    throw fileError('invalid-argument', 'a file of PEM', source, {
      expected: 'one private key',
      found: `another one in line ${second.line}`,
    });
  try {
    return await namedAsync(`the block ${block.label} of line ${block.line}`, source, () => readBlock(block, password));
  } finally {
    for (const { der } of keys) wipe(der);
  }
}

async function readBlock({ label, headers, der }: PemBlock, password: string | undefined): Promise<OwnKey> {
  if (headers.some((line) => /^(Proc-Type:.*ENCRYPTED|DEK-Info:)/.test(line)))
    throw new IpsecError('unsupported', 'a private key', {
      expected: 'PKCS#8 (openssl pkcs8 -topk8 -in OLD -out NEW makes it)',
      found: 'the old encryption of OpenSSL, whose keys come from one round of MD5',
    });
  switch (label) {
    case 'RSA PRIVATE KEY':
      return readRsaPrivateKey(der);
    case 'EC PRIVATE KEY':
      return readEcPrivateKey(der);
    case 'PRIVATE KEY':
      return readKeyInfo(der);
    default:
      return await readEncrypted(der, password);
  }
}

async function readDerKey(der: Uint8Array, password: string | undefined): Promise<OwnKey> {
  switch (formOf(der)) {
    case 'encrypted PKCS#8':
      return await readEncrypted(der, password);
    case 'RSAPrivateKey':
      return readRsaPrivateKey(der);
    case 'ECPrivateKey':
      return readEcPrivateKey(der);
    default:
      // What is broken is told by the strict reader, with its place.
      return readKeyInfo(der);
  }
}

async function readEncrypted(der: Uint8Array, password: string | undefined): Promise<OwnKey> {
  const opened = await openEncryptedKey(der, password);
  try {
    return readKeyInfo(opened);
  } finally {
    wipe(opened);
  }
}
