/**
 * The authenticator of EAP-MSCHAPv2. A name that nobody has is treated like a wrong password: the same work, the same packets.
 *
 * @module
 */
import { equalBytes, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { computeAuthenticatorResponse, computeNtResponse, deriveMschapv2Msk, hashOf, type Mschapv2Password } from './mschapv2-hash.js';
import { decodeResponse, encodeChallenge, encodeFailure, encodeSuccess, opCodes } from './mschapv2-packet.js';
import { inventPassword, type PasswordLookup } from './secrets.js';
import { decodeText, quote } from './text.js';
import type { EapAuthenticatorSession, EapAuthenticatorStep, EapEnv } from './types.js';

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'challenged'; readonly challenge: Uint8Array }
  /** The Success or the Failure is out; the peer has to confirm it. */
  | { readonly kind: 'proved'; readonly user: string; readonly msk: Uint8Array }
  | { readonly kind: 'refused'; readonly error: IpsecError }
  | { readonly kind: 'done'; readonly msk: Uint8Array }
  | { readonly kind: 'over' };

/** A conversation as authenticator. */
export function createMschapv2Authenticator(
  passwordOf: PasswordLookup<Mschapv2Password>,
  serverName: string,
  env: EapEnv,
): EapAuthenticatorSession {
  let state: State = { kind: 'new' };

  function randomChallenge(): Uint8Array {
    const challenge = new Uint8Array(16);
    env.random(challenge);
    return challenge;
  }

  async function check(data: Uint8Array, challenge: Uint8Array): Promise<EapAuthenticatorStep> {
    const { id, peerChallenge, ntResponse, name } = decodeResponse(data);
    const user = decodeText(name, 'the user name of EAP-MSCHAPv2');
    const known = await passwordOf(user);
    const passwordHash = hashOf(known ?? inventPassword(env.random));
    const both = { authenticatorChallenge: challenge, peerChallenge, userName: user };
    const isRight = equalBytes(computeNtResponse(both, passwordHash), ntResponse);
    const proof = computeAuthenticatorResponse(both, passwordHash, ntResponse);
    const msk = deriveMschapv2Msk(passwordHash, ntResponse);
    wipe(passwordHash);
    if (state.kind === 'challenged' && isRight && known !== undefined) {
      state = { kind: 'proved', user, msk };
      return { kind: 'request', data: encodeSuccess(id, proof) };
    }
    wipe(msk);
    const found = known === undefined ? 'a name that nobody has' : 'another password';
    const error = new IpsecError('authentication-failed', `EAP-MSCHAPv2 of ${quote(user)}`, {
      expected: 'a known name and its password',
      found,
    });
    if (state.kind === 'challenged') state = { kind: 'refused', error };
    return { kind: 'request', data: encodeFailure(id, randomChallenge()), refusal: error };
  }

  return {
    begin({ identifier }) {
      const challenge = randomChallenge();
      state = { kind: 'challenged', challenge };
      return encodeChallenge(identifier, challenge, serverName);
    },
    receive(data) {
      const before = state;
      const [opCode] = data;
      // whatever a refused peer says (another try, a new password), it is over
      if (before.kind === 'refused') return { kind: 'failed', error: before.error };
      if (before.kind === 'challenged' && opCode === opCodes.Response) return check(data, before.challenge);
      if (before.kind === 'proved' && opCode === opCodes.Success && data.length === 1) {
        state = { kind: 'done', msk: before.msk };
        return { kind: 'success', identity: before.user };
      }
      const expected = before.kind === 'proved' ? 'Success (3), alone' : before.kind === 'challenged' ? 'a Response (2)' : 'nothing more';
      const found = opCode === undefined ? 'no octets' : `${opCode} and ${data.length - 1} octets`;
      throw new IpsecError('malformed', 'EAP-MSCHAPv2: an OpCode', { blame: 'peer', expected, found });
    },
    exportMsk: () => (state.kind === 'done' ? state.msk.slice() : undefined),
    destroy() {
      if (state.kind === 'proved' || state.kind === 'done') wipe(state.msk);
      state = { kind: 'over' };
    },
  };
}
