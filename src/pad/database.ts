/**
 * The PAD: who may be a peer, and how it is found.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type AddressRange, parsePrefix } from '../ip.js';
import { describeIdentity, type Identity } from '../traffic-selector.js';
import { formatPadId, matchesId, parsePadId } from './id.js';
import type { ChildAuthorization, Pad, PadEntry, PadId } from './types.js';

/** A PAD entry as it is written down: IDs and addresses may be text. */
export interface PadEntryConfig extends Omit<PadEntry, 'id' | 'child'> {
  /** As `parsePadId` reads it, or the record itself. */
  readonly id: string | PadId;
  /** What it may ask for. */
  readonly child: ChildAuthorizationConfig;
}

/** As {@link ChildAuthorization}, with addresses as text where that is easier. */
export interface ChildAuthorizationConfig extends Omit<ChildAuthorization, 'addresses'> {
  /** Ranges, or text as `parsePrefix` reads it. */
  readonly addresses?: readonly (string | AddressRange)[] | undefined;
}

/**
 * Makes a PAD.
 *
 * @param entries in order. RFC 4301 section 4.4.3.1: "The PAD is an ordered database, where the order is defined by an administrator".
 * @param path where they stand in a configuration, for errors.
 * @throws IpsecError `invalid-config` with the path of the wrong member.
 *
 * @example
 * ```ts
 * import { authorizeChild, createPad, findPeer } from 'ipsec-ts/pad';
 * import { parseIdentity, parseSelector, trafficSelectorsOf } from 'ipsec-ts/traffic-selector';
 *
 * const pad = createPad([
 *   {
 *     name: 'branch',
 *     id: 'gw.branch.example.com',
 *     authentication: { protocol: 'IKEv2', method: 'pre-shared-key' },
 *     child: { lookup: 'traffic-selectors', addresses: ['10.2.0.0/16', '2001:db8:2::/48'] },
 *   },
 *   { name: 'staff', id: '@example.com', authentication: { protocol: 'IKEv2', method: 'certificate' }, child: { lookup: 'id' } },
 * ]);
 * const branch = parseIdentity('GW.branch.example.com');
 * const entry = findPeer(pad, branch);
 * if (entry?.name !== 'branch') throw new Error('found');
 * const claimed = trafficSelectorsOf([parseSelector('10.3.0.0/16')]).remote;
 * const verdict = authorizeChild(entry, branch, claimed);
 * if (verdict.ok) throw new Error('not its network');
 * ```
 */
export function createPad(entries: readonly PadEntryConfig[], path = 'peers'): Pad {
  return { entries: entries.map((entry, i) => readEntry(entry, `${path}.${i}`)) };
}

function readEntry(entry: PadEntryConfig, path: string): PadEntry {
  const { id, child, authentication } = entry;
  for (const name of ['protocol', 'method'] as const)
    if (typeof authentication[name] !== 'string' || authentication[name] === '')
      throw bad(`the ${name} of an authentication`, `${path}.authentication.${name}`, 'its name', JSON.stringify(authentication[name]));
  return {
    ...entry,
    id: typeof id === 'string' ? reading(() => parsePadId(id), 'the ID of a PAD entry', `${path}.id`) : id,
    child: readChild(child, `${path}.child`),
  };
}

function readChild(child: ChildAuthorizationConfig, path: string): ChildAuthorization {
  const { lookup, addresses } = child;
  if (!['id', 'traffic-selectors'].includes(lookup))
    throw bad('the way to search the SPD', `${path}.lookup`, 'id, traffic-selectors', JSON.stringify(lookup));
  // RFC 4301 section 4.4.3.3: "If the entry indicates that child SAs traffic selectors are to be used, then an additional data element is
  // required, in the form of IPv4 and/or IPv6 address ranges."
  if (lookup === 'traffic-selectors' && (addresses ?? []).length === 0)
    throw bad('the addresses that a peer may claim', `${path}.addresses`, 'one range or more', 'none');
  if (addresses === undefined) return { lookup };
  const ranges = addresses.map((a, i) =>
    typeof a === 'string' ? reading(() => parsePrefix(a), 'a range of addresses', `${path}.addresses.${i}`) : a,
  );
  return { lookup, addresses: ranges };
}

function reading<T>(read: () => T, what: string, path: string): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const { expected = 'something else', found = 'this', nearest } = error;
    throw new IpsecError('invalid-config', what, { path, expected, found, cause: error, ...(nearest === undefined ? {} : { nearest }) });
  }
}

function bad(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found });
}

/** The first entry whose ID takes the identity that a peer asserts; it says how the peer is to prove it. `undefined`: no such peer. */
export function findPeer(pad: Pad, identity: Identity): PadEntry | undefined {
  return pad.entries.find((entry) => matchesId(entry.id, identity));
}

/** Why no entry takes an identity, in words for the local log (never for the peer); `undefined` when one does. */
export function explainPeer(pad: Pad, identity: Identity): string | undefined {
  if (findPeer(pad, identity) !== undefined) return undefined;
  const alike = pad.entries.filter((entry) => entry.id.type === identity.type).map((entry) => formatPadId(entry.id));
  const known =
    alike.length === 0
      ? `no entry is of type ${identity.type}`
      : `entries of its type: ${alike.slice(0, 10).join('; ')}${alike.length > 10 ? '; ...' : ''}`;
  return `${describeIdentity(identity)} is not in the PAD; ${known}`;
}
