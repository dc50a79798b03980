/**
 * Proposals: what an SA payload offers, which of it is chosen, and what the answer says. RFC 7296 sections 2.7 and 3.3.
 *
 * @module
 */
export * from '../keying/proposal-types.js';
export { encodeChildProposals, encodeIkeProposals } from './proposal-encode.js';
export { type Choice, chooseChildProposal, chooseIkeProposal } from './proposal-choose.js';
export { type Answer, readChildAnswer, readIkeAnswer } from './proposal-answer.js';
export { explainProposals } from './proposal-explain.js';
export { formatChildProposal, formatIkeProposal, formatProposal } from './proposal-format.js';
export {
  type ChildProposalJson,
  type IkeProposalJson,
  parseChildProposal,
  parseChildProposals,
  parseIkeProposal,
  parseIkeProposals,
  type ProposalAlgorithmJson,
} from './proposal-json.js';
export { lintProposals, type LintedProposals, type ProposalFinding } from './proposal-lint.js';
export { createProposals, type DefaultProposals, type SuiteRow } from './proposal-rows.js';
