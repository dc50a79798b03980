/**
 * Why a certificate is refused, in words for the log.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { formatDistinguishedName } from '../traffic-selector.js';
import type { Certificate } from './certificate.js';
import { printable } from './printable.js';
import type { SearchFailure } from './search.js';

/** One `authentication-failed` with what was expected, found and near. */
export function failureOf(failure: SearchFailure, anchors: readonly Certificate[]): IpsecError {
  const { path } = failure;
  switch (failure.kind) {
    case 'rule': {
      const { what, expected, found, nearest, index } = failure.complaint;
      return refuse(`${what} of the certificate of ${path[index]!.title}`, { expected, found, nearest, path: placeOf(index, path) });
    }
    case 'untrusted': {
      const top = path.at(-1)!;
      const issuer = printable(formatDistinguishedName(top.issuer.dn));
      const known = anchors.slice(0, 6).map(({ title }) => title);
      const more = anchors.length > known.length ? ` or ${anchors.length - known.length} others` : '';
      return refuse(`the issuer of the certificate of ${top.title}`, {
        expected: failure.hasNamesake
          ? `a signature by a key of ${issuer}`
          : known.length === 0
            ? 'a trust anchor'
            : `${known.join(' or ')}${more}`,
        found: failure.hasNamesake ? 'a signature by another key' : issuer,
        nearest: failure.hasNamesake
          ? undefined
          : nearestName(
              issuer,
              anchors.map(({ title }) => title),
            ),
        path: placeOf(path.length - 1, path),
      });
    }
    case 'limit':
      return refuseWork(`the path of the certificate of ${path[0]!.title}`, failure.error);
  }
}

/** An `authentication-failed`. */
export function refuse(
  what: string,
  details: {
    readonly expected?: string | undefined;
    readonly found?: string | undefined;
    readonly nearest?: string | undefined;
    readonly path?: string;
    readonly cause?: unknown;
  },
): IpsecError {
  const { expected, found, nearest, path, cause } = details;
  return new IpsecError('authentication-failed', what, {
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    ...(nearest === undefined ? {} : { nearest }),
    ...(path === undefined ? {} : { path }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What became too much, or cannot be done here, as the reason of a refusal. */
export function refuseWork(what: string, cause: IpsecError): IpsecError {
  const { expected, found } = cause;
  return expected === undefined ? refuse(`${what}: ${cause.message}`, { cause }) : refuse(what, { expected, found, cause });
}

/** A broken certificate of the peer, as the reason of a refusal. */
export function refuseBroken(what: string, cause: IpsecError): IpsecError {
  const { expected, found, offset, path } = cause;
  const place = (path === undefined || path === 'certificate' ? '' : ` in ${path}`) + (offset === undefined ? '' : ` at octet ${offset}`);
  return refuse(`${what}, which is broken${place}`, { expected, found, cause });
}

const placeOf = (index: number, path: readonly Certificate[]): string => (index === 0 ? 'path.0' : `path.${index} of ${path.length}`);
