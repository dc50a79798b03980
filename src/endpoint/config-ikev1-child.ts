/**
 * One kind of Child SA under IKEv1: what Quick Mode can say.
 *
 * @module
 */
import { parseChildProposals } from '../ikev2/proposal-json.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal } from '../keying/proposal-types.js';
import { badMember } from '../spd/json-values.js';
import { ANY } from '../traffic-selector.js';
import { ikev1Groups } from './config-ikev1.js';
import type { Place, ReadContext } from './json.js';

/** Ciphers of ESP that came after the registries of IKEv1 were closed. */
const laterCiphers = /^ENCR_CHACHA20_POLY1305|_IIV$/;

/** Reads the proposals for Quick Mode; those that are the default have nothing that it has no number for. */
export function parseQuickProposals({ value, path }: Place, { rows, warn }: ReadContext): ChildProposal[] {
  const isDefault = value === undefined || (typeof value === 'string' && value.trim() === 'default');
  return parseChildProposals(value, rows, path, warn).map((proposal) => (isDefault ? withoutLater(proposal) : checked(proposal, path)));
}

function withoutLater(proposal: ChildProposal): ChildProposal {
  return {
    ...proposal,
    encryption: proposal.encryption.filter(({ name }) => !laterCiphers.test(name)),
    keyExchange: proposal.keyExchange.filter((row) => row === 'none' || ikev1Groups.has(row.id)),
  };
}

function checked(proposal: ChildProposal, path: string): ChildProposal {
  const cipher = proposal.encryption.find(({ name }) => laterCiphers.test(name));
  if (cipher) throw badMember('a cipher of ESP under IKEv1', path, 'one that IKEv1 has a number for, such as aes256gcm16', cipher.name);
  const group = proposal.keyExchange.find((row) => row !== 'none' && !ikev1Groups.has(row.id));
  if (group && group !== 'none')
    throw badMember('a group of IKEv1', path, 'one that it has a number for, such as modp2048 or ecp256', group.shortName);
  return proposal;
}

/** AH around ESP. */
export function readBundle({ value, path }: Place, version: 1 | 2, { rows, warn }: ReadContext): Pick<ChildPolicy, 'ah'> {
  if (value === undefined) return {};
  if (version === 2) throw badMember('AH around ESP', path, 'none: IKEv2 negotiates no bundles', 'some');
  const written = typeof value === 'string' ? value.split(',').map((text) => `ah:${text.trim().replace(/^ah:/i, '')}`) : value;
  const ah = parseChildProposals(written, rows, path, warn).map((proposal) => checked(proposal, path));
  const stray = ah.find(({ protocol }) => protocol !== 'AH');
  if (stray) throw badMember('AH around ESP', path, 'proposals for AH', stray.protocol);
  return { ah };
}

/**
 * RFC 2409 section 5.5 has one identity for each end of what Quick Mode negotiates, RFC 2407 section 4.6.2 what is in it: addresses in one piece, one protocol or all,
 * one port or all.
 */
export function checkQuick({ local, remote, proposals, ah }: ChildPolicy, path: string): void {
  for (const [name, ends] of [
    ['local', local],
    ['remote', remote],
  ] as const) {
    if (ends.length > 1)
      throw badMember('one end of a Child SA under IKEv1', `${path}.${name}`, 'one selector; make a Child SA of each', `${ends.length}`);
    const { ports } = ends[0]!;
    const isSaid =
      ports === ANY || (typeof ports === 'object' && (ports.start === ports.end || (ports.start === 0 && ports.end === 0xffff)));
    if (!isSaid) throw badMember('the ports of a Child SA under IKEv1', `${path}.${name}`, 'one port, or all', 'others');
  }
  if (ah && proposals.some(({ protocol }) => protocol === 'AH'))
    throw badMember('AH around ESP', `${path}.proposals`, 'proposals for ESP, with "ah" beside them', 'AH');
}
