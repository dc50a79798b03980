/**
 * XAUTH of a configuration: a user's name and password, or the users of a server.
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import type { Credential, EndpointAsk, OwnSpec, PeerSpec } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import type { NullAuthentication } from '../../keying/connection.js';
import type { LoadContext } from './types.js';
import { findPassword, loadUsers } from './users.js';

type Client = Extract<OwnSpec, { form: 'xauth' }>;
type Server = Extract<PeerSpec, { form: 'xauth' }>;

/** It proves nothing in phase 1. */
const auth = { method: 'null' } as const satisfies NullAuthentication;

/** As client. */
export function loadXauthClient({ user, password, path }: Client, { fetched }: LoadContext): Credential<NullAuthentication> {
  return {
    auth,
    answer: (question: EndpointAsk) => {
      if (question.kind !== 'xauth' || question.role !== 'client') return undefined;
      // The machine wipes it.
      return { user: user.text, password: new TextEncoder().encode(password.text) };
    },
    findings: () =>
      fetched.has(`${path}.password`)
        ? []
        : [
            {
              path: `${path}.password`,
              level: 'warning',
              message:
                'a password that stands in the configuration itself: { "file": ... }, { "env": ... } and { "prompt": true } keep it elsewhere',
              rfc: 'RFC 7296 section 5',
            },
          ],
  };
}

/** As server. */
export async function loadXauthServer({ users: given }: Server, { folder }: LoadContext): Promise<Credential<NullAuthentication>> {
  const users = await loadUsers(given, folder);
  return {
    auth,
    answer: (question: EndpointAsk) => {
      if (question.kind !== 'xauth' || question.role !== 'server') return undefined;
      const password = findPassword(users, question.user);
      if (password !== undefined && equalBytes(new TextEncoder().encode(password), question.password)) return 'accepted';
      return new IpsecError('authentication-failed', `XAUTH of ${JSON.stringify(question.user.slice(0, 64))}`, {
        blame: 'peer',
        expected: 'the name and the password of a user',
        found: password === undefined ? 'no such user' : 'another password',
      });
    },
    findings: () => users.findings,
  };
}
