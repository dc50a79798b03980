/**
 * EAP in IKE_AUTH (RFC 7296 section 2.16).
 *
 * @module
 */
export { beginEap, beginFurtherEap, continueEap, finishEap } from './eap-initiator.js';
export { continueEapAnswer, endEapAnswer, finishEapAnswer, offerEap, offerFurtherEap } from './eap-responder.js';
