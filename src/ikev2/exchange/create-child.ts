/**
 * CREATE_CHILD_SA for Child SAs: RFC 7296 sections 1.3.1, 1.3.3, 2.8, 2.8.1, 2.17 and 2.25. The IKE SA's own rekey is in `rekey-ike.ts`.
 *
 * @module
 */
export { startCreateChild, startRekeyChild } from './create-child-start.js';
export { answerChild, answerChildRekey } from './create-child-answer.js';
export { finishChild, finishChildRekey } from './create-child-finish.js';
export { refusedChild, refusedChildRekey } from './create-child-refused.js';
