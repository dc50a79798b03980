/**
 * Encapsulation Mode: RFC 2407 section 4.5, RFC 3947 section 5.1.
 *
 * @module
 */
import type { encapsulationModes } from '../iana/ikev1-attributes.js';
import type { UdpNumbers } from './quick-types.js';

type Name = (typeof encapsulationModes)[number]['name'];

/** What the attribute says. */
export interface Encapsulation {
  /** The mode. */
  readonly mode: 'tunnel' | 'transport';
  /** Whether ESP goes in UDP, and by whose numbers. */
  readonly udp: UdpNumbers | undefined;
}

const byName: Readonly<Record<Name, Encapsulation>> = {
  Tunnel: { mode: 'tunnel', udp: undefined },
  Transport: { mode: 'transport', udp: undefined },
  'UDP-Encapsulated-Tunnel': { mode: 'tunnel', udp: 'RFC 3947' },
  'UDP-Encapsulated-Transport': { mode: 'transport', udp: 'RFC 3947' },
  'UDP-Encapsulated-Tunnel (draft)': { mode: 'tunnel', udp: 'draft' },
  'UDP-Encapsulated-Transport (draft)': { mode: 'transport', udp: 'draft' },
};

/** The attribute for a mode. */
export function encapsulationName(mode: Encapsulation['mode'], udp: UdpNumbers | undefined): Name {
  const found = (Object.keys(byName) as Name[]).find((name) => byName[name].mode === mode && byName[name].udp === udp);
  return found!; // the table has all six
}

/** What an attribute says; undefined: a number that nobody knows. */
export function readEncapsulation(value: Name | number): Encapsulation | undefined {
  return typeof value === 'number' ? undefined : byName[value];
}
