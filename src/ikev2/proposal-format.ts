/**
 * Proposals in words, for people.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { encryptionAlgorithms } from '../iana/encryption.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { pseudorandomFunctions } from '../iana/prf.js';
import { nameOf, type RegistryRow } from '../iana/registry.js';
import type { EncryptionRow } from '../suite/types.js';
import { encryptionTransform } from './proposal-transforms.js';
import type { ChildProposal, IkeProposal } from '../keying/proposal-types.js';
import type { Proposal, Transform } from './sa-payload.js';

/** Alternatives of one type that are written out. */
const MOST = 12;

/**
 * A proposal as it stands on the wire:
 * `proposal 1, ESP, SPI 0xc0ffee01: ENCR_AES_GCM_16 (256) or ENCR_AES_GCM_16 (128); ESN or no ESN`.
 */
export function formatProposal({ proposalNum, protocol, spi, transforms }: Proposal): string {
  const name = typeof protocol === 'string' ? protocol : `protocol ${protocol}`;
  return `proposal ${proposalNum}, ${name}${spi.length > 0 ? `, SPI 0x${toHex(spi)}` : ''}: ${formatTransforms(transforms)}`;
}

/**
 * What we accept for an IKE SA: `IKE: ENCR_AES_CBC (256); AUTH_HMAC_SHA2_256_128; PRF_HMAC_SHA2_256; Curve25519 or 2048-bit MODP Group`.
 */
export function formatIkeProposal({ encryption, integrity, prf, keyExchange }: IkeProposal): string {
  return `IKE: ${formatLists([encryption.map(formatCipher), integrity.map(nameOfRow), prf.map(nameOfRow), keyExchange.map(nameOfRow)])}`;
}

/** What we accept for a Child SA: `ESP: ENCR_AES_GCM_16 (256); Curve25519 or no group; ESN or no ESN`. */
export function formatChildProposal({ protocol, encryption, integrity, keyExchange, esn }: ChildProposal): string {
  const groups = keyExchange.map((row) => (row === 'none' ? NO_GROUP : row.name));
  const numbers = esn.map((on) => (on ? 'ESN' : 'no ESN'));
  return `${protocol}: ${formatLists([encryption.map(formatCipher), integrity.map(nameOfRow), groups, numbers])}`;
}

const NO_GROUP = 'no group';
const nameOfRow = ({ name }: { readonly name: string }): string => name;
const formatCipher = (row: EncryptionRow): string => formatTransform(encryptionTransform(row));

/** One transform: `ENCR_AES_CBC (128)`, `2048-bit MODP Group`, `no ESN`; what is not understood with its number. */
export function formatTransform({ type, id, attributes }: Transform): string {
  const name = typeof type === 'number' || registries[type] === undefined ? `type ${type} number ${id}` : nameOf(registries[type], id);
  const shown = /^0x/.test(name) ? `${type} number ${id}` : name === 'NONE' ? (type === 'KE' ? NO_GROUP : 'no integrity') : name;
  const extras = attributes.map(({ type: what, value }) => {
    const text = typeof value === 'number' ? `${value}` : `0x${toHex(value)}`;
    return ` (${what === 'Key Length' ? '' : `attribute ${what}: `}${text})`;
  });
  return shown + extras.join('');
}

const registries: Readonly<Partial<Record<string, readonly RegistryRow[]>>> = {
  ENCR: encryptionAlgorithms,
  PRF: pseudorandomFunctions,
  INTEG: integrityAlgorithms,
  KE: keyExchangeMethods,
  ESN: [
    { id: 0, name: 'no ESN', rfc: 'RFC 7296' },
    { id: 1, name: 'ESN', rfc: 'RFC 7296' },
  ],
};

/** All transforms, those of one type with "or" between them; of very many the first 12 of a type. */
export function formatTransforms(transforms: readonly Transform[]): string {
  const types = new Map<Transform['type'], Transform[]>();
  for (const transform of transforms) {
    const list = types.get(transform.type);
    if (list) list.push(transform);
    else types.set(transform.type, [transform]);
  }
  return formatLists([...types.values()].map((list) => list.map(formatTransform)));
}

function formatLists(lists: readonly (readonly string[])[]): string {
  const some = lists.filter((names) => names.length > 0);
  return (
    some
      .map((names) => [...names.slice(0, MOST), ...(names.length > MOST ? [`${names.length - MOST} more`] : [])].join(' or '))
      .join('; ') || 'none'
  );
}
