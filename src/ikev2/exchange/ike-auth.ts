/**
 * IKE_AUTH: the second exchange, in which both sides prove who they are and set up the first Child SA (RFC 7296 section 1.2).
 *
 * @module
 */
export { answerAuth } from './ike-auth-answer.js';
export { resumeAuth, startAuth } from './ike-auth-request.js';
export { finishAuth, refusedAuth } from './ike-auth-response.js';
export { answerFurtherAuth, proveFurther } from './ike-auth-further.js';
export { finishFurtherAuth } from './ike-auth-proceed.js';
