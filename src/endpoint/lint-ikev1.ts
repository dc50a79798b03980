/**
 * What there is to say against a connection of version 1.
 *
 * @module
 */
import type { ProposalFinding } from '../ikev2/proposal-lint.js';
import type { Connection } from '../keying/connection.js';
import type { EndpointConnection } from './config.js';
import { mostSecretBits } from './secret-strength.js';

/** Bits that a secret has to have at the very most, where everybody may try what he likes offline. */
const enoughBits = 80;

/** Looks at one connection. @param path where it stands. */
export function lintIkev1({ ike, pool }: EndpointConnection, path: string): ProposalFinding[] {
  return [
    {
      path: `${path}.ike`,
      level: 'warning',
      // RFC 9395 section 3: "IKEv1-only systems should be upgraded or replaced by systems supporting IKEv2."
      message: 'IKEv1 is deprecated: take version 2 wherever the peer has it',
      rfc: 'RFC 9395 section 3',
    },
    ...lintAggressive(ike, path),
    ...lintGroup(ike, path),
    ...(ike.ikev1?.modeConfig === 'push' && pool === undefined && !ike.configuration
      ? [
          {
            path: `${path}.modeConfig`,
            level: 'warning' as const,
            message: 'nothing is pushed: there is no "pool" to push from, and no "request" that waits for it',
            rfc: 'RFC 9395',
          },
        ]
      : []),
  ];
}

/** RFC 2409 section 5.4: HASH_R of a responder to anybody lets everybody try one secret after the other. */
function lintAggressive({ ikev1, localAuth, remoteAuth }: Connection, path: string): ProposalFinding[] {
  if (ikev1?.mode !== 'aggressive') return [];
  const at = `${path}.aggressive`;
  const rfc = 'RFC 2409 section 5.4';
  const secrets = [localAuth, remoteAuth].flatMap((auth) => (auth.method === 'shared-key' ? [auth.secret] : []));
  const isAsked = localAuth.method === 'ask-shared-key' || remoteAuth.method === 'ask-shared-key';
  const identities = { path: at, level: 'warning', message: 'identities are sent in the clear', rfc: 'RFC 2409 section 5' } as const;
  if (secrets.length === 0 && !isAsked) return [identities];
  const bits = Math.floor(Math.min(...secrets.map(mostSecretBits)));
  if (bits < enoughBits)
    return [
      identities,
      {
        path: at,
        level: 'error',
        message: `a secret of ${bits} bits of chance at the most, which anybody who asks for an exchange can guess offline`,
        rfc,
      },
    ];
  return [identities, { path: at, level: 'warning', message: 'anybody who asks for an exchange can try to guess the secret offline', rfc }];
}

/** Who has the secret of a group can be its gateway for all its users, and gets their passwords. */
function lintGroup({ ikev1, localAuth, remoteAuth }: Connection, path: string): ProposalFinding[] {
  const isSecret = [localAuth, remoteAuth].some(({ method }) => method === 'shared-key' || method === 'ask-shared-key');
  if (ikev1?.xauth === undefined || !isSecret) return [];
  const message =
    'everybody in the group has this secret, and can be the gateway for the others, who then tell it their passwords: use certificates';
  return [{ path: `${path}.xauth`, level: 'warning', message, rfc: 'RFC 9395 section 3' }];
}
