/**
 * Events and status as JSON.
 *
 * @module
 */
import type { EndpointEvent, EndpointStatus } from '../../endpoint.js';
import { toHex } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { formatAddress, formatRange } from '../../ip.js';
import { formatIdentity } from '../../traffic-selector.js';

/** An event as plain JSON: addresses and identities as text, octets in hexadecimal, errors by code and message. */
export function plainEvent(event: EndpointEvent): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'established':
      return { ...event, peerId: formatIdentity(event.peerId), remote: plainEnd(event.remote) };
    case 'moved':
      return { ...event, remote: plainEnd(event.remote) };
    case 'assigned': {
      const { addresses, dns, domains, subnets } = event.configuration;
      const given = { addresses: addresses.map(({ address }) => formatAddress(address)), dns: dns.map(formatAddress), domains };
      return { type: event.type, connection: event.connection, ...given, subnets: subnets.map(formatRange) };
    }
    case 'packet': {
      const {
        event: what,
        direction,
        spi,
        protocol,
        source,
        destination,
        seq,
        nextProtocol,
        sourcePort,
        destinationPort,
        detail,
      } = event.record;
      const flow = { source: source && formatAddress(source), destination: destination && formatAddress(destination) };
      return { type: event.type, event: what, direction, spi, protocol, ...flow, seq, nextProtocol, sourcePort, destinationPort, detail };
    }
    default:
      return { ...event };
  }
}

/** The status as plain JSON: times as ISO 8601, null where there is none. */
export function plainStatus({ ikeSas, ...rest }: EndpointStatus): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    ikeSas: ikeSas.map(({ children, reauthenticateAt, ...sa }) => ({
      ...withTimes(sa),
      reauthenticateAt: isoOf(reauthenticateAt),
      children: children.map(withTimes),
    })),
  };
}

/** One line. */
export function jsonLine(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (member instanceof Uint8Array) return toHex(member);
    if (member instanceof IpsecError) return { code: member.code, message: member.message };
    return typeof member === 'bigint' ? String(member) : member;
  });
}

/** ISO 8601 of a time of `performance.now()`. */
export function isoOf(at: number): string | null {
  return Number.isFinite(at) ? new Date(performance.timeOrigin + at).toISOString() : null;
}

function withTimes(sa: { readonly createdAt: number; readonly rekeyAt: number; readonly expiresAt: number }): object {
  return { ...sa, createdAt: isoOf(sa.createdAt), rekeyAt: isoOf(sa.rekeyAt), expiresAt: isoOf(sa.expiresAt) };
}

function plainEnd({ address, port }: { readonly address: Uint8Array; readonly port: number }): {
  readonly address: string;
  readonly port: number;
} {
  return { address: formatAddress(address), port };
}
