/**
 * Between the rows of a policy and the transforms of Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { phase2Authentication } from '../iana/ikev1-attributes.js';
import { ahTransforms, espTransforms } from '../iana/ikev1-transforms.js';
import { integrityAlgorithms } from '../iana/integrity.js';
import { findById } from '../iana/registry.js';
import { attempt } from '../keying/attempt.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal, ChosenChild } from '../keying/proposal-types.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { decodePhase2Attributes, type Phase2Values } from './attributes.js';
import { type Encapsulation, readEncapsulation } from './quick-encapsulation.js';
import type { Phase2Attribute, Transform } from './sa-payload.js';

type NameOf<Table extends readonly { readonly name: string }[]> = Table[number]['name'];
/** Transform-Id and the attributes that name algorithms. */
export interface Algorithms<Id extends string = string> extends Pick<Phase2Values, 'keyLength' | 'authentication'> {
  readonly id: Id;
}

/** Ciphers with one length of key. RFC 2407 section 4.5: "For fixed length ciphers, the Key Length attribute MUST NOT be sent." */
const fixedKey: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'ESP_DES_IV64',
  'ESP_DES',
  'ESP_3DES',
  'ESP_IDEA',
  'ESP_3IDEA',
  'ESP_DES_IV32',
  'ESP_NULL',
]);

/**
 * What IKEv1 calls a cipher of ESP with its integrity algorithm; undefined: it has no number for them, or they do not go together. RFC 4106 section 8 and those like it
 * have no Authentication Algorithm beside a combined-mode cipher; a cipher of another kind never goes without one.
 */
export function espAlgorithms(
  encryption: EncryptionRow,
  integrity: IntegrityRow | undefined,
): Algorithms<NameOf<typeof espTransforms>> | undefined {
  const id = espTransforms.find(({ ikev2 }) => ikev2 === encryption.name)?.name;
  if (id === undefined || (encryption.kind === 'aead') !== (integrity === undefined)) return undefined;
  // RFC 4543 section 5.3 of AES-GMAC for AH: "This transform MUST NOT be used with ESP."
  const authentication = integrity === undefined || integrity.ivLength > 0 ? undefined : authenticationName(integrity);
  if (integrity !== undefined && authentication === undefined) return undefined;
  return { id, keyLength: fixedKey.has(id) ? undefined : encryption.keyLength * 8, authentication };
}

/**
 * What IKEv1 calls an integrity algorithm of AH. RFC 2407 section 4.4.3: "the Authentication Algorithm attribute MUST be specified to identify the appropriate AH
 * protection suite."
 */
export function ahAlgorithms(integrity: IntegrityRow): Algorithms<NameOf<typeof ahTransforms>> | undefined {
  const authentication = authenticationName(integrity);
  const ikev2 = phase2Authentication.find(({ name }) => name === authentication)?.ikev2;
  const id = ahTransforms.find((row) => row.ikev2 === ikev2 && row.ikev2 !== null)?.name;
  return id === undefined ? undefined : { id, keyLength: undefined, authentication };
}

/** By number, as IKEv2 has it: a quirk of a peer may have a row of its own under the number of another. */
function authenticationName({ id }: IntegrityRow): NameOf<typeof phase2Authentication> | undefined {
  const name = findById(integrityAlgorithms, id)?.name;
  return name === undefined ? undefined : phase2Authentication.find(({ ikev2 }) => ikev2 === name)?.name;
}

/** What a transform says, if it is understood. */
export interface ReadQuick {
  readonly transform: Transform;
  readonly values: Phase2Values;
  /** Undefined: it does not say. RFC 2407 section 4.5: "If unspecified, the default value shall be assumed to be unspecified (host-dependent)." */
  readonly encapsulation: Encapsulation | undefined;
}

/**
 * Reads an offered transform of ESP or AH.
 *
 * @returns in words what makes it unacceptable. RFC 2407 section 4.5.3 wants the whole negotiation aborted then; it is where nothing else is acceptable.
 */
export function readQuick(transform: Transform): ReadQuick | string {
  const values = attempt(() => decodePhase2Attributes(transform.attributes as readonly Phase2Attribute[]));
  if (values instanceof IpsecError) return values.message;
  const [other] = values.others;
  if (other !== undefined)
    return `it has an attribute that is not negotiated, ${typeof other.type === 'number' ? 'number ' : ''}${other.type}`;
  const strange = values.lifetimes.find(({ type }) => typeof type === 'number');
  if (strange !== undefined) return `its life type is ${strange.type}`;
  const encapsulation = values.encapsulation === undefined ? undefined : readEncapsulation(values.encapsulation);
  if (values.encapsulation !== undefined && encapsulation === undefined) return `its encapsulation mode is ${values.encapsulation}`;
  return { transform, values, encapsulation };
}

/** How well a transform fits: places in our lists, the first that counts in front. */
export type Ranks = readonly number[];

/** What of our rows a transform names. */
export interface Found {
  readonly suite: ChosenChild;
  readonly ranks: Ranks;
}

/** What goes with the transform. */
export interface FindOptions {
  /** Octets of the public value that comes with the offer; undefined: none. */
  readonly publicLength: number | undefined;
}

/** The rows of a transform in the first record that has them. */
export function findRows(
  records: readonly ChildProposal[],
  protocol: 'ESP' | 'AH',
  { transform, values }: Pick<ReadQuick, 'transform' | 'values'>,
  options: FindOptions,
): Found | undefined {
  for (const [i, record] of records.entries()) {
    if (record.protocol !== protocol) continue;
    const algorithms = findAlgorithms(record, transform, values);
    const group = algorithms && findGroup(record, values, options);
    const esn = group ? record.esn.indexOf(values.esn === 1) : -1;
    if (!group || esn < 0) continue;
    const { encryption, integrity, ranks } = algorithms;
    const suite: ChosenChild = {
      protocol,
      ...(encryption && { encryption }),
      ...(integrity && { integrity }),
      ...(group.row && { keyExchange: group.row }),
      esn: values.esn === 1,
    };
    return { suite, ranks: [i, ...ranks, group.rank, esn] };
  }
  return undefined;
}

/** The cipher and the integrity algorithm. */
export function findAlgorithms(
  { protocol, encryption, integrity }: ChildProposal,
  { id }: Transform,
  values: Phase2Values,
): { readonly encryption: EncryptionRow | undefined; readonly integrity: IntegrityRow | undefined; readonly ranks: Ranks } | undefined {
  const isSame = (own: Algorithms | undefined): boolean =>
    own?.id === id && own.keyLength === values.keyLength && own.authentication === values.authentication;
  if (protocol === 'AH') {
    const at = integrity.findIndex((row) => isSame(ahAlgorithms(row)));
    return at < 0 ? undefined : { encryption: undefined, integrity: integrity[at], ranks: [0, at] };
  }
  const name = espTransforms.find((row) => row.name === id)?.ikev2;
  for (const [e, cipher] of encryption.entries()) {
    if (cipher.name !== name) continue;
    for (const [i, mac] of (cipher.kind === 'aead' ? [undefined] : integrity).entries())
      if (isSame(espAlgorithms(cipher, mac))) return { encryption: cipher, integrity: mac, ranks: [e, i] };
  }
  return undefined;
}

/** The group of the KE payload, or none where both sides can do without. RFC 2409 section 5.5: with a KE payload the group "MUST be included in every transform". */
export function findGroup(
  { keyExchange }: ChildProposal,
  { group }: Phase2Values,
  { publicLength }: FindOptions,
): { readonly row: ChosenChild['keyExchange'] | undefined; readonly rank: number } | undefined {
  if ((group === undefined) !== (publicLength === undefined)) return undefined;
  if (group === undefined) {
    const rank = keyExchange.indexOf('none');
    return rank >= 0 || keyExchange.length === 0 ? { row: undefined, rank: Math.max(rank, 0) } : undefined;
  }
  const rank = keyExchange.findIndex((row) => row !== 'none' && row.id === group && row.publicLength === publicLength);
  const row = keyExchange[rank];
  return row === undefined || row === 'none' ? undefined : { row, rank };
}

/** What a policy takes of AH beside ESP. There is one KE payload for both: the groups are those that ESP is taken with. */
export function bundledAh({ ah, proposals }: ChildPolicy): readonly ChildProposal[] {
  const keyExchange = proposals.flatMap((record) => (record.keyExchange.length === 0 ? (['none'] as const) : record.keyExchange));
  return (ah ?? []).map((record) => ({ ...record, keyExchange }));
}
