/**
 * SA payloads in words, for people.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import {
  phase1Authentication,
  phase1Encryption,
  phase1Hashes,
  phase2Authentication,
  encapsulationModes,
} from '../iana/ikev1-attributes.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { findById } from '../iana/registry.js';
import { attempt } from '../keying/attempt.js';
import { decodePhase1Attributes, decodePhase2Attributes, type Lifetime, type Phase1Values } from './attributes.js';
import type { Phase1Attribute, Phase2Attribute, Proposal, Transform } from './sa-payload.js';

/** Transforms of a proposal, proposals of a payload that are written out, and characters of all: a peer does not choose the length of our log. */
const MOST = 12;
const LONGEST = 600;

/** One transform of phase 1: `AES-CBC (256), SHA2-256, 2048-bit MODP Group, pre-shared key, 3600 seconds`. */
export function formatPhase1Transform({ id, attributes }: Transform): string {
  const values = attempt(() => decodePhase1Attributes(attributes as readonly Phase1Attribute[]));
  if (values instanceof IpsecError) return values.message;
  return [...(id === 'KEY_IKE' ? [] : [`transform ${id}`]), ...phase1Words(values)].join(', ');
}

/** One transform of phase 2: `ESP_AES-CBC (256), HMAC-SHA2-256, 2048-bit MODP Group, Tunnel, 3600 seconds`. */
function formatPhase2Transform({ id, attributes }: Transform): string {
  const values = attempt(() => decodePhase2Attributes(attributes as readonly Phase2Attribute[]));
  if (values instanceof IpsecError) return `${id}: ${values.message}`;
  const { keyLength, authentication, group, encapsulation, lifetimes, esn, others } = values;
  return [
    `${typeof id === 'number' ? `transform ${id}` : id}${keyLength === undefined ? '' : ` (${keyLength})`}`,
    ...(authentication === undefined ? [] : [nameIn(phase2Authentication, 'authentication', authentication)]),
    ...(group === undefined ? [] : [formatGroup(group)]),
    ...(encapsulation === undefined ? [] : [nameIn(encapsulationModes, 'encapsulation', encapsulation)]),
    ...(esn === undefined ? [] : [esn === 1 ? 'ESN' : `sequence numbers ${esn}`]),
    ...lifetimes.map(formatLifetime),
    ...others.map(formatAttribute),
  ].join(', ');
}

function phase1Words({ encryption, keyLength, hash, group, authentication, lifetimes, others }: Phase1Values): string[] {
  return [
    `${encryption === undefined ? 'no cipher' : nameIn(phase1Encryption, 'cipher', encryption)}${keyLength === undefined ? '' : ` (${keyLength})`}`,
    hash === undefined ? 'no hash' : nameIn(phase1Hashes, 'hash', hash),
    group === undefined ? 'no group' : formatGroup(group),
    authentication === undefined ? 'no method' : nameIn(phase1Authentication, 'method', authentication),
    ...lifetimes.map(formatLifetime),
    ...others.map(formatAttribute),
  ];
}

/** A group by its name, or by its number. */
export function formatGroup(group: number): string {
  return findById(keyExchangeMethods, group)?.name ?? `group ${group}`;
}

function nameIn(table: readonly { readonly id: number; readonly name: string }[], what: string, value: string | number): string {
  return typeof value === 'string' ? value : (table.find(({ id }) => id === value)?.name ?? `${what} ${value}`);
}

function formatLifetime({ type, duration }: Lifetime): string {
  return typeof type === 'number' ? `${duration} of life type ${type}` : `${duration} ${type}`;
}

function formatAttribute({ type, value }: Phase1Attribute | Phase2Attribute): string {
  const shown = typeof value === 'number' ? `${value}` : `0x${toHex(value.subarray(0, 16))}${value.length > 16 ? '...' : ''}`;
  return `${typeof type === 'number' ? `attribute ${type}` : type} ${shown}`;
}

/** A whole SA payload: `proposal 1: ESP SPI 0xc0ffee01: #1 ESP_AES-CBC (256), ... or #2 ...`; what belongs together with AND. */
export function formatProposals(proposals: readonly Proposal[]): string {
  const texts = proposals.slice(0, MOST).map((proposal, i) => {
    const { proposalNum, protocol, spi } = proposal;
    const isMore = i > 0 && proposals[i - 1]!.proposalNum === proposalNum;
    const name = typeof protocol === 'string' ? protocol : `protocol ${protocol}`;
    const of = spi.length === 0 || protocol === 'ISAKMP' ? '' : ` SPI 0x${toHex(spi.subarray(0, 16))}`;
    return `${i === 0 ? '' : isMore ? ' AND ' : ' | '}proposal ${proposalNum}: ${name}${of}: ${formatAlternatives(proposal)}`;
  });
  const more = proposals.length > MOST ? ` | and ${proposals.length - MOST} more` : '';
  const text = texts.join('') || 'no proposal';
  return `${text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text}${more}`;
}

function formatAlternatives({ protocol, transforms }: Proposal): string {
  const format = protocol === 'ISAKMP' ? formatPhase1Transform : formatPhase2Transform;
  const shown: readonly Transform[] = transforms.slice(0, MOST);
  const texts = shown.map((transform) => `#${transform.transformNum} ${format(transform)}`);
  return [...texts, ...(transforms.length > MOST ? [`${transforms.length - MOST} more`] : [])].join(' or ') || 'no transform';
}
