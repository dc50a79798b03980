/**
 * What happens, and how things stand, in words.
 *
 * @module
 */
import type { ChildStatus, EndpointEvent, EndpointStatus, IkeStatus } from '../../endpoint.js';
import { formatAddress } from '../../ip.js';
import { formatIdentity } from '../../traffic-selector.js';

/** One event; undefined: nothing for people. */
export function formatEvent(event: EndpointEvent): string | undefined {
  switch (event.type) {
    case 'established':
      return `${event.connection}: IKE SA with ${formatIdentity(event.peerId)}${event.user === undefined ? '' : `, user ${JSON.stringify(event.user)},`} at ${formatEnd(event.remote)}, SPIs ${event.spiI} ${event.spiR}`;
    case 'assigned':
      return `${event.connection}: the peer gave us ${addressesOf(event).join(', ') || 'no address'}`;
    case 'childUp':
      return `${event.connection}: Child SA ${event.child} is up: ${event.selectors}, SPIs in ${hex(event.spiIn)}, out ${hex(event.spiOut)}`;
    case 'childDown':
      return `${event.connection}: Child SA ${event.child} is gone (${event.reason}): ${event.selectors}`;
    case 'childFailed':
      return `${event.connection}: no Child SA ${event.child}: ${event.error.message}`;
    case 'rekeyed':
      return `${event.connection}: ${event.what === 'IKE' ? 'IKE SA' : 'Child SA'} rekeyed, SPI ${event.spi}`;
    case 'moved':
      return `${event.connection}: the peer is at ${formatEnd(event.remote)} now`;
    case 'closed':
      return `${event.connection || 'a stranger'}: ${event.wasEstablished ? 'IKE SA closed' : 'no IKE SA'}: ${event.error?.message ?? event.reason}`;
    case 'audit':
      return `${event.connection ?? 'audit'}: ${event.event}: ${event.detail}`;
    case 'packet':
      return `packet ${event.record.direction} discarded: ${event.record.event}${flowOf(event.record)}`;
    case 'ikeKeys':
    case 'ikev1Keys':
    case 'childKeys':
      return undefined;
  }
}

/** Addresses that a peer gave us. */
export function addressesOf({ configuration }: Extract<EndpointEvent, { type: 'assigned' }>): string[] {
  return configuration.addresses.map(({ address }) => formatAddress(address));
}

function flowOf({ source, destination, detail }: Extract<EndpointEvent, { type: 'packet' }>['record']): string {
  const ends = source && destination ? `, ${formatAddress(source)} > ${formatAddress(destination)}` : '';
  return `${ends}${detail === undefined ? '' : ` (${detail})`}`;
}

function formatEnd({ address, port }: { readonly address: Uint8Array; readonly port: number }): string {
  return address.length === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`;
}

function hex(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** How things stand: some lines. @param now on the clock of the status. */
export function formatStatus({ ikeSas, halfOpen, waiting, counts }: EndpointStatus, now: number): string[] {
  const lines = ikeSas.flatMap((sa) => [ikeLine(sa, now), ...sa.children.flatMap((child) => childLines(child, now))]);
  const events = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const rest = [`${halfOpen} half open`, `${waiting} packets waiting`, ...events];
  return [...(lines.length > 0 ? lines : ['no IKE SAs']), rest.join(', ')];
}

function ikeLine({ connection, version, state, role, remote, peerId, user, suite, nat, ...times }: IkeStatus, now: number): string {
  const facts = [
    `${connection ?? '?'}: ${version === 1 ? 'IKEv1, ' : ''}${state.toLowerCase().replaceAll('_', ' ')}, ${role}`,
    `${peerId ?? '?'}${user === undefined ? '' : `, user ${JSON.stringify(user)},`} at ${remote}`,
    nextOf(times, now),
    nat === 'none' ? undefined : `NAT: ${nat}`,
    suite,
  ];
  return facts.filter((fact) => fact !== undefined).join(' | ');
}

function childLines({ name, protocol, mode, local, remote, suite, inUdp, isUsed, ...child }: ChildStatus, now: number): string[] {
  const { spiIn, spiOut, packetsIn, octetsIn, packetsOut, octetsOut } = child;
  const way = `${protocol} ${mode}${inUdp ? ' in UDP' : ''}${isUsed ? '' : ', not in use'}`;
  return [
    `  ${name}: ${local} <-> ${remote} | ${nextOf(child, now)} | ${way} | ${suite}`,
    `    in ${hex(spiIn)}: ${packetsIn} packets, ${size(octetsIn)} | out ${hex(spiOut)}: ${packetsOut} packets, ${size(octetsOut)}`,
  ];
}

function nextOf(times: { readonly rekeyAt: number; readonly expiresAt: number; readonly reauthenticateAt?: number }, now: number): string {
  const { rekeyAt, expiresAt, reauthenticateAt = Infinity } = times;
  const next = Math.min(rekeyAt, expiresAt, reauthenticateAt);
  if (next === Infinity) return 'no rekey';
  const what = next === rekeyAt ? 'rekey' : next === reauthenticateAt ? 'reauthentication' : 'ends';
  return `${what} in ${duration(Math.max(0, next - now))}`;
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function size(octets: number): string {
  if (octets < 1024) return `${octets} octets`;
  const power = Math.min(4, Math.floor(Math.log2(octets) / 10));
  return `${(octets / 1024 ** power).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][power]!}`;
}
