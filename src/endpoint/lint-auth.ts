/**
 * What there is to say against the ways in which both sides prove who they are.
 *
 * @module
 */
import type { Connection, LocalAuthentication, RemoteAuthentication } from '../keying/connection.js';
import type { ProposalFinding } from '../ikev2/proposal-lint.js';
import type { EndpointConnection } from './config.js';
import { mostSecretBits } from './secret-strength.js';

type Both = LocalAuthentication | RemoteAuthentication;

/** Looks at one connection. @param path where it stands. */
export function lintAuth({ ike, credentials }: EndpointConnection, path: string): ProposalFinding[] {
  const about = { localId: ike.localId, peerId: ike.peer.id };
  return [
    ...lintSecrets(ike, path),
    ...[ike.localAuth, ...(ike.furtherProofs ?? []).map(({ auth }) => auth)].flatMap((auth, i) =>
      lintOne(auth, sidePath(path, 'local', i), ike),
    ),
    ...[ike.remoteAuth, ...(ike.furtherDemands ?? []).map(({ auth }) => auth)].flatMap((auth, i) =>
      lintOne(auth, sidePath(path, 'remote', i), ike),
    ),
    ...lintServer(ike, path),
    ...(credentials?.xauth?.findings?.(about) ?? []),
    ...(credentials?.own ?? []).flatMap((credential) => credential?.findings?.(about) ?? []),
    ...(credentials?.peer ?? []).flatMap((held) => held?.credential.findings?.({ ...about, peerId: held.id }) ?? []),
  ];
}

function sidePath(path: string, side: 'local' | 'remote', i: number): string {
  return i === 0 ? `${path}.${side}.auth` : `${path}.${side}.further.${i - 1}.auth`;
}

/** Octets of the shortest secret that can be as good as a key of 128 bits, if every one of them is chance. */
const shortestSecret = 16;
/** And what it has to have at the very most: with less it is words or repetition. */
const fewestBits = 80;

function lintSecrets({ localAuth, remoteAuth, peer }: Connection, path: string): ProposalFinding[] {
  const findings: ProposalFinding[] = [];
  const secrets = [localAuth, remoteAuth].flatMap((auth) => (auth.method === 'shared-key' ? [auth.secret] : []));
  const lengths = secrets.map(({ length }) => length);
  const bits = secrets.map(mostSecretBits);
  // RFC 7296 section 2.15: "The pre-shared key needs to contain as much unpredictability as the strongest key being negotiated."
  if (Math.min(...lengths) < shortestSecret)
    findings.push({
      path: `${path}.auth.psk`,
      level: 'warning',
      message: `a secret of ${Math.min(...lengths)} octets can be guessed by anybody who has seen one exchange; at least ${shortestSecret} random octets are needed`,
      rfc: 'RFC 7296 section 2.15',
    });
  else if (Math.min(...bits) < fewestBits)
    findings.push({
      path: `${path}.auth.psk`,
      level: 'warning',
      message: `a secret of ${Math.floor(Math.min(...bits))} bits of chance at the most can be guessed by anybody who has seen one exchange; at least ${shortestSecret} random octets are needed`,
      rfc: 'RFC 7296 section 2.15',
    });
  if (remoteAuth.method === 'shared-key' && peer.id.type === 'any')
    findings.push({
      path: `${path}.remote.id`,
      level: 'warning',
      message: 'everybody who has the secret can be anybody, ourselves included: give each peer a secret and an identity of its own',
      rfc: 'RFC 7296 section 5',
    });
  return findings;
}

function lintOne(auth: Both, path: string, { ikev1 }: Connection): ProposalFinding[] {
  const findings: ProposalFinding[] = [];
  // The client of hybrid authentication has a password.
  if (auth.method === 'null' && ikev1?.xauth === undefined)
    findings.push({
      path,
      level: 'warning',
      message: 'nothing is proved: whoever stands in between can be that side, and read everything',
      rfc: 'RFC 7619 section 3',
    });
  if (auth.method === 'eap' && auth.allowKeyless === true)
    findings.push({
      path: `${path}.allowKeyless`,
      level: 'warning',
      message: 'a method without a key does not bind EAP to this IKE SA: whoever gets somebody to log in elsewhere can log in here',
      rfc: 'RFC 7296 section 2.16',
    });
  if ('rows' in auth && auth.rows.some(({ hash }) => hash === 'SHA1'))
    findings.push({
      path: `${path}.schemes`,
      level: 'warning',
      message: 'signatures over SHA-1 can be forged',
      rfc: 'RFC 8247 section 3.2',
    });
  if ('rows' in auth && auth.rows.length === 0)
    findings.push({ path: `${path}.schemes`, level: 'error', message: 'no algorithm for a signature', rfc: 'RFC 7427 section 4' });
  return findings;
}

/**
 * RFC 7296 section 5: "An implementation using EAP MUST also use a public-key-based authentication of the server to the client before the EAP authentication
 * begins, even if the EAP method offers mutual authentication."
 */
function lintServer({ localAuth, remoteAuth }: Connection, path: string): ProposalFinding[] {
  const rfc = 'RFC 7296 section 2.16';
  if (localAuth.method === 'eap' && (remoteAuth.method === 'shared-key' || remoteAuth.method === 'ask-shared-key'))
    return [
      {
        path: `${path}.remote.auth`,
        level: 'warning',
        message: 'every user has this secret, and can be the server for every other: use a certificate',
        rfc,
      },
    ];
  if (localAuth.method === 'eap' && remoteAuth.method === 'null')
    return [
      {
        path: `${path}.remote.auth`,
        level: 'error',
        message: 'a server that proves nothing would be told a user name, and no password',
        rfc,
      },
    ];
  if (remoteAuth.method === 'eap' && (localAuth.method === 'shared-key' || localAuth.method === 'ask-shared-key'))
    return [
      {
        path: `${path}.local.auth`,
        level: 'warning',
        message: 'every user has this secret, and can be this server for every other: use a certificate',
        rfc,
      },
    ];
  if (remoteAuth.method === 'eap' && localAuth.method === 'null')
    return [{ path: `${path}.local.auth`, level: 'error', message: 'no client answers a server that proves nothing', rfc }];
  return [];
}
