/**
 * Which address pings come from: one of our end of a Child SA.
 *
 * @module
 */
import type { EndpointConfig } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { type AddressRange, formatAddress, parseAddress, rangeContains } from '../../ip.js';

/** An address of the command line. Throws `invalid-argument`. */
export function addressOption(name: string, text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  try {
    return parseAddress(text);
  } catch (cause) {
    throw new IpsecError('invalid-argument', `--${name}`, { expected: 'an IPv4 or IPv6 address', found: JSON.stringify(text), cause });
  }
}

/**
 * An address of ours that a tunnel to the target has.
 *
 * @param assigned what peers gave us.
 * @throws IpsecError `invalid-argument`: no Child SA of the configuration leads there.
 */
export function findSource({ connections, addresses }: EndpointConfig, target: Uint8Array, assigned: readonly Uint8Array[]): Uint8Array {
  const ofFamily = (list: readonly Uint8Array[]): Uint8Array | undefined => list.find(({ length }) => length === target.length);
  for (const { ike } of connections)
    for (const { local, remote } of ike.children) {
      if (!remote.some(({ addresses: range }) => range === 'dynamic' || contains(range, target))) continue;
      for (const { addresses: range } of local) {
        if (range !== 'dynamic' && range.start.length === target.length) return firstHost(range);
        const own = range === 'dynamic' ? (ofFamily(assigned) ?? ofFamily(addresses)) : undefined;
        if (own) return own;
      }
    }
  throw new IpsecError('invalid-argument', '--ping', {
    expected: 'an address at the remote end of a Child SA of the configuration',
    found: formatAddress(target),
  });
}

function contains(range: AddressRange, address: Uint8Array): boolean {
  return range.start.length === address.length && rangeContains(range, address);
}

/** The first address, or the one behind it where the first is a network's own. */
function firstHost({ start, end }: AddressRange): Uint8Array {
  const last = start.length - 1;
  if (start[last] !== 0 || start.every((octet, i) => octet === end[i])) return start;
  const host = start.slice();
  host[last] = 1;
  return host;
}
