/**
 * The peer of EAP-MSCHAPv2: Challenge -> Response -> Success with the authenticator's own proof -> Success.
 *
 * @module
 */
import { equalBytes, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { computeAuthenticatorResponse, computeNtResponse, deriveMschapv2Msk, hashOf, type Mschapv2Password } from './mschapv2-hash.js';
import { decodeChallenge, decodeFailure, decodeSuccess, encodeResponse, encodeResult, opCodes } from './mschapv2-packet.js';
import { findOwnPassword, type PasswordLookup } from './secrets.js';
import { quote } from './text.js';
import type { EapEnv, EapPeerSession, EapPeerStep } from './types.js';

/** What the peer keeps from its Response on. */
interface Responded {
  /** What the authenticator has to answer. */
  readonly expected: Uint8Array;
  readonly msk: Uint8Array;
  /** Whether it has. */
  readonly isProved: boolean;
}

/** A conversation as peer. */
export function createMschapv2Peer(
  user: string,
  password: Mschapv2Password | PasswordLookup<Mschapv2Password>,
  env: EapEnv,
): EapPeerSession {
  let responded: Responded | undefined;
  let isDestroyed = false;
  const who = `EAP-MSCHAPv2 as ${quote(user)}`;

  async function respond(data: Uint8Array): Promise<EapPeerStep> {
    const { id, challenge } = decodeChallenge(data);
    const peerChallenge = new Uint8Array(16);
    env.random(peerChallenge);
    const passwordHash = hashOf(await findOwnPassword(password, user, 'EAP-MSCHAPv2'));
    const both = { authenticatorChallenge: challenge, peerChallenge, userName: user };
    const ntResponse = computeNtResponse(both, passwordHash);
    responded = {
      expected: computeAuthenticatorResponse(both, passwordHash, ntResponse),
      msk: deriveMschapv2Msk(passwordHash, ntResponse),
      isProved: false,
    };
    wipe(passwordHash);
    if (isDestroyed) destroy();
    return { kind: 'respond', data: encodeResponse(id, peerChallenge, ntResponse, user), isDone: false };
  }

  /** RFC 2759 section 5: "If the authenticator response is either missing or incorrect, the peer MUST end the session." */
  function checkProof(data: Uint8Array, { expected, msk }: Responded): EapPeerStep {
    if (!equalBytes(decodeSuccess(data), expected)) {
      const facts = { expected: 'the proof that it knows our password', found: 'another authenticator response' };
      return { kind: 'failed', error: new IpsecError('authentication-failed', `the authenticator of ${who}`, facts) };
    }
    responded = { expected, msk, isProved: true };
    return { kind: 'respond', data: encodeResult(opCodes.Success), isDone: true };
  }

  function fail(data: Uint8Array): EapPeerStep {
    const { error, mayRetry, message } = decodeFailure(data);
    const found = [error, ...(message === '' ? [] : [message]), ...(mayRetry ? ['another password would be taken'] : [])].join(', ');
    const refusal = new IpsecError('authentication-failed', who, { expected: 'the authenticator to take name and password', found });
    return { kind: 'failed', data: encodeResult(opCodes.Failure), error: refusal };
  }

  function destroy(): void {
    isDestroyed = true;
    if (responded) wipe(responded.expected, responded.msk);
    responded = undefined;
  }

  return {
    receive(data) {
      const [opCode] = data;
      if (opCode === opCodes.Challenge && !responded) return respond(data);
      if (opCode === opCodes.Success && responded?.isProved === false) return checkProof(data, responded);
      if (opCode === opCodes.Failure && responded?.isProved === false) return fail(data);
      const expected = !responded ? 'a Challenge (1)' : responded.isProved ? 'nothing more' : 'Success (3) or Failure (4)';
      throw new IpsecError('malformed', `${who}: an OpCode`, {
        blame: 'peer',
        expected,
        found: opCode === undefined ? 'no octets' : String(opCode),
      });
    },
    exportMsk: () => (responded?.isProved ? responded.msk.slice() : undefined),
    destroy,
  };
}
