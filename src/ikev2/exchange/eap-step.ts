/**
 * What the outside world says to an EAP packet, and whether it may be said there. The machine takes nobody's word for an end that has not come.
 *
 * @module
 */
import { isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { secretsIn } from '../../keying/asks.js';
import type { Secret } from '../events.js';
import type { EapStep } from '../requests.js';
import { createEapPayload, createEapResult, type EapPayload } from './eap-packet.js';

/** A good end. */
export type EapSuccess = Extract<EapStep, { readonly kind: 'success' }>;

/** What is to be done now. */
export type EapTurn =
  /** This goes to the other side, and it goes on. `refusal`: as authenticator, why it will not come to a good end. */
  | { readonly kind: 'continue'; readonly payload: EapPayload; readonly refusal?: IpsecError | undefined }
  /** The good end; `payload`: as authenticator. */
  | { readonly kind: 'success'; readonly payload: EapPayload; readonly success: EapSuccess }
  /** The bad end; `payload`: as authenticator. `secrets`: what was handed in all the same. */
  | { readonly kind: 'failure'; readonly payload: EapPayload; readonly error: IpsecError; readonly secrets: readonly Secret[] };

/**
 * As peer: only a Success makes a success, and a Request is answered by a Response to it.
 *
 * @param value what the outside world said.
 * @param received the packet that it was asked about.
 */
export function readPeerStep(value: unknown, received: EapPayload): EapTurn {
  const step = readStep(value);
  const fail = (error: IpsecError): EapTurn => ({ kind: 'failure', payload: received, error, secrets: secretsIn(value) });
  if (step instanceof IpsecError) return fail(step);
  if (step.kind === 'failure') return fail(step.error);
  if (received.code === 'Failure')
    return fail(new IpsecError('peer-refused', 'EAP', { expected: 'another Request, or Success', found: 'Failure' }));
  // CVE-2021-45079 and its like: a Success is worth what the method says of it, and a method's word nothing without the Success.
  if ((received.code === 'Success') !== (step.kind === 'success'))
    return fail(outOfPlace(`${step.kind} as the answer to an EAP ${received.code}`));
  if (step.kind === 'success') return { kind: 'success', payload: received, success: step };
  const payload = payloadFor(step.packet, 'Response');
  if (payload instanceof IpsecError) return fail(payload);
  // RFC 7296 section 3.16: "In a response message, this octet MUST be set to match the identifier in the corresponding request."
  if (payload.identifier !== received.identifier) return fail(outOfPlace(`a Response to another Request than ${received.identifier}`));
  return { kind: 'continue', payload };
}

/**
 * As authenticator.
 *
 * @param value what the outside world said.
 * @param received the Response that it was asked about; undefined: it was to begin.
 */
export function readAuthenticatorStep(value: unknown, received: EapPayload | undefined): EapTurn {
  const step = readStep(value);
  const fail = (error: IpsecError, packet?: Uint8Array): EapTurn => {
    const given = packet === undefined ? undefined : payloadFor(packet, 'Failure');
    const payload = given === undefined || given instanceof IpsecError ? createEapResult('Failure', received) : given;
    return { kind: 'failure', payload, error, secrets: secretsIn(value) };
  };
  if (step instanceof IpsecError) return fail(step);
  if (step.kind === 'failure') return fail(step.error, step.packet);
  if (step.kind === 'success' && received === undefined) return fail(outOfPlace('success before the first Request'));
  const payload =
    step.kind === 'success'
      ? step.packet === undefined
        ? createEapResult('Success', received)
        : payloadFor(step.packet, 'Success')
      : payloadFor(step.packet, 'Request');
  if (payload instanceof IpsecError) return fail(payload);
  if (step.kind === 'success') return { kind: 'success', payload, success: step };
  return { kind: 'continue', payload, refusal: step.refusal instanceof IpsecError ? step.refusal : undefined };
}

function readStep(value: unknown): EapStep | IpsecError {
  if (value instanceof IpsecError) return value;
  const step = (typeof value === 'object' && value !== null ? value : {}) as Partial<EapStep>;
  if (step.kind === 'failure' && step.error instanceof IpsecError) return step as EapStep;
  if (step.kind === 'continue' && isBytes(step.packet)) return step as EapStep;
  if (step.kind === 'success' && typeof step.isMutual === 'boolean' && (step.msk === undefined || isBytes(step.msk)))
    return step as EapStep;
  return new IpsecError('authentication-failed', 'EAP', { blame: 'caller', expected: 'somebody who answers it', found: 'no step' });
}

function payloadFor(packet: Uint8Array, code: EapPayload['code']): EapPayload | IpsecError {
  try {
    const payload = createEapPayload(packet);
    return payload.code === code ? payload : outOfPlace(`${payload.code}, where ${code} has its turn`);
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
}

function outOfPlace(found: string): IpsecError {
  return new IpsecError('authentication-failed', 'EAP', { expected: 'its steps in their order', found });
}
