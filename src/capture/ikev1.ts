/**
 * IKEv1 in captures. Whoever wants it hands the follower to `createReceiver`: nothing else of this folder knows IKEv1 but by its names.
 *
 * @module
 */
export { createIkev1Follower } from './ikev1-follow.js';
export type { Ikev1AlgorithmRows } from './ikev1-phase1.js';
export { explainIkev1Message, mapIkev1Message, type ClearIkev1Content } from './ikev1-map.js';
