/**
 * What a configuration gives to judge certificates by, read once: it is not counted against the limits of what a peer sends, and what is broken in it is a
 * mistake of the configuration.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Certificate, readCertificate } from './certificate.js';
import { readRevocationList, type RevocationList } from './crl.js';

/** Read by {@link readTrusted}. */
export interface Trusted {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly lists: readonly RevocationList[];
  /** OCSP responders that are trusted by themselves. */
  readonly responders: readonly Certificate[];
}

/** More than any authority has revoked. */
const maxListOctets = 64 * 1024 * 1024;

/**
 * Reads what is trusted.
 *
 * @throws IpsecError `invalid-config` with the place of what cannot be read.
 */
export function readTrusted(config: {
  readonly anchors: readonly Uint8Array[];
  readonly intermediates?: readonly Uint8Array[] | undefined;
  readonly crls?: readonly Uint8Array[] | undefined;
  readonly responders?: readonly Uint8Array[] | undefined;
}): Trusted {
  return {
    anchors: readAnchors(config.anchors),
    intermediates: readAll(config.intermediates, 'intermediates', 'a certificate', readCertificate),
    lists: readAll(config.crls, 'crls', 'a revocation list', (der) => readRevocationList(der, maxListOctets)),
    responders: readAll(config.responders, 'responders', 'a certificate', readCertificate),
  };
}

/**
 * Reads trust anchors.
 *
 * @throws IpsecError `invalid-config` for one that cannot be read.
 */
export function readAnchors(anchors: readonly Uint8Array[]): readonly Certificate[] {
  return readAll(anchors, 'anchors', 'a trust anchor', readCertificate);
}

function readAll<T>(list: readonly Uint8Array[] = [], name: string, what: string, read: (der: Uint8Array) => T): readonly T[] {
  return list.map((der, i) => {
    try {
      return read(der);
    } catch (cause) {
      if (!(cause instanceof IpsecError)) throw cause;
      throw new IpsecError('invalid-config', `${what} that is trusted: ${cause.message}`, { path: `${name}.${i}`, cause });
    }
  });
}
