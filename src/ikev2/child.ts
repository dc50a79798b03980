/**
 * Child SAs: what is offered, granted and agreed on, in IKE_AUTH and in CREATE_CHILD_SA. The exchanges around it are in `exchange/`.
 *
 * @module
 */
export * from './child-types.js';
export { offerChild } from './child-offer.js';
export { acceptChild } from './child-accept.js';
export { completeChild } from './child-complete.js';
export { installChild } from './child-install.js';
export { explainRefusal } from './child-refused.js';
