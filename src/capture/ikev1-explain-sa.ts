/**
 * SA payloads of IKEv1 in words: a line for each transform, which is one thing to choose.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { nameOf } from '../iana/registry.js';
import {
  decodePhase1Attributes,
  decodePhase2Attributes,
  type Lifetime,
  type PayloadOfType,
  type Phase2Attribute,
  type Proposal,
} from '../ikev1.js';
import { orNothing } from './ike-derive.js';

/** Lines that one payload gets: some offer hundreds of transforms. */
const MAXIMUM_LINES = 32;

/** A line for each transform: `1 ESP 0xdf61c370 #1: ESP_AES-CBC 128, HMAC-SHA2-256, Tunnel, 3600 seconds`. Proposals of one number belong together. */
export function explainProposals({ doi, situation, proposals }: PayloadOfType<'SA'>): readonly string[] {
  const lines = proposals.flatMap((proposal) =>
    proposal.transforms.map((transform) => {
      const { proposalNum, protocol, spi } = proposal;
      const head = `${proposalNum} ${protocol}${spi.length > 0 ? ` 0x${toHex(spi)}` : ''} #${transform.transformNum}`;
      return `${head}: ${[...explainTransform(proposal, transform)].join(', ')}`;
    }),
  );
  const strange = doi === 'IPSEC' && situation === 1 ? [] : [`DOI ${doi}, situation ${situation}`];
  const more = lines.length > MAXIMUM_LINES ? [`and ${lines.length - MAXIMUM_LINES} more`] : [];
  return [...strange, ...lines.slice(0, MAXIMUM_LINES), ...more];
}

function explainTransform({ protocol }: Proposal, { id, attributes }: Proposal['transforms'][number]): readonly string[] {
  const words = protocol === 'ISAKMP' ? orNothing(() => phase1Words(attributes)) : orNothing(() => phase2Words(id, attributes));
  return words ?? [`${id}`, 'attributes that contradict themselves'];
}

function phase1Words(attributes: Proposal['transforms'][number]['attributes']): readonly string[] {
  const { encryption, keyLength, hash, authentication, group, lifetimes, others } = decodePhase1Attributes(
    attributes as Parameters<typeof decodePhase1Attributes>[0],
  );
  return [
    ...word('encryption', encryption).map((name) => `${name}${keyLength === undefined ? '' : ` ${keyLength}`}`),
    ...word('hash', hash),
    ...word('authentication', authentication),
    ...groupWords(group),
    ...lifetimes.map(lifetimeWords),
    ...othersWords(others),
  ];
}

function phase2Words(id: string | number, attributes: Proposal['transforms'][number]['attributes']): readonly string[] {
  const { keyLength, authentication, group, encapsulation, lifetimes, esn, others } = decodePhase2Attributes(
    attributes as readonly Phase2Attribute[],
  );
  return [
    ...word('transform', id).map((name) => `${name}${keyLength === undefined ? '' : ` ${keyLength}`}`),
    ...word('authentication', authentication),
    ...groupWords(group),
    ...word('encapsulation', encapsulation),
    ...(esn === 1 ? ['ESN'] : []),
    ...lifetimes.map(lifetimeWords),
    ...othersWords(others),
  ];
}

/** A name says what it is; a number does not. */
function word(what: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [typeof value === 'number' ? `${what} ${value}` : value];
}

function groupWords(group: number | undefined): readonly string[] {
  return group === undefined ? [] : [nameOf(keyExchangeMethods, group)];
}

function lifetimeWords({ type, duration }: Lifetime): string {
  return `${duration} ${type}`;
}

function othersWords(others: readonly { readonly type: string | number }[]): readonly string[] {
  return others.map(({ type }) => `${type}`);
}
