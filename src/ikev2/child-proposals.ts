/**
 * Which proposals a Child SA is negotiated with, at first and when it is replaced.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal } from './proposal.js';
import type { ChildSa, NatState } from './states.js';

/**
 * The algorithms in use, with the groups that the policy allows for them. RFC 7296 section 2.8: "Note that, when rekeying, the new Child SA SHOULD NOT have
 * different Traffic Selectors and algorithms than the old one."
 *
 * @returns undefined: the policy no longer has them.
 */
export function proposalInUse({ proposals }: ChildPolicy, { suite }: ChildSa): ChildProposal | undefined {
  const { protocol, encryption, integrity, keyExchange, esn } = suite;
  const record = proposals.find(
    (proposal) =>
      proposal.protocol === protocol &&
      (!encryption || proposal.encryption.some(({ id, keyLength }) => id === encryption.id && keyLength === encryption.keyLength)) &&
      (!integrity || proposal.integrity.some(({ id }) => id === integrity.id)) &&
      (!keyExchange || groupsOf([proposal]).some(({ id }) => id === keyExchange.id)) &&
      proposal.esn.includes(esn),
  );
  return (
    record && {
      protocol,
      encryption: encryption ? [encryption] : [],
      integrity: integrity ? [integrity] : [],
      keyExchange: record.keyExchange,
      esn: [esn],
    }
  );
}

/**
 * Those that a NAT lets through. RFC 3948 section 1: "Because the protection of the outer IP addresses in IPsec AH is inherently incompatible with NAT, the IPsec AH was
 * left out of the scope of this protocol specification."
 */
export function passingNat(proposals: readonly ChildProposal[], nat: Pick<NatState, 'local' | 'remote'>): readonly ChildProposal[] {
  return nat.local || nat.remote ? proposals.filter(({ protocol }) => protocol !== 'AH') : proposals;
}

/** Nothing is left then. */
export function refuseAh({ name }: ChildPolicy): IpsecError {
  return new IpsecError('no-proposal-chosen', `Child SA policy ${name}`, {
    blame: 'caller',
    expected: 'ESP: there is a NAT on the way',
    found: 'AH alone',
  });
}

/** Every group of some proposals, in order. */
export function groupsOf(proposals: readonly ChildProposal[]): KeyExchangeRow[] {
  return proposals.flatMap(({ keyExchange }) => keyExchange.filter((row) => row !== 'none'));
}

/**
 * The group of our KE payload. RFC 7296 section 1.3: "The Diffie-Hellman group of the KEi MUST be an element of the group the initiator expects the
 * responder to accept (additional Diffie-Hellman groups can be proposed)."
 *
 * @param asked the group that is wanted: by the peer, or because the Child SA that is replaced has it.
 * @returns undefined: no KE payload, because our first choice is to do without.
 */
export function firstGroup(proposals: readonly ChildProposal[], asked: number | undefined): KeyExchangeRow | undefined {
  const first = proposals[0]?.keyExchange[0];
  return groupsOf(proposals).find(({ id }) => id === asked) ?? (first === 'none' ? undefined : first);
}
