/**
 * EAP of a configuration: methods with their passwords and certificates.
 *
 * @module
 */
import type { Credential, EndpointAsk, Finding, OwnSpec, PeerSpec, PlacedText } from '../../endpoint.js';
import type { EapAnswerer, EapMethod } from '../../eap.js';
import { IpsecError, nearestName } from '../../errors.js';
import type { EapDemand, OwnEap } from '../../keying/connection.js';
import { fillRandom } from '../random.js';
import { now } from '../loop.js';
import { lintTrust, type LoadedTrust, loadTrust } from './trust.js';
import { loadTlsKey, type TlsCredentials, tlsMethod } from './tls.js';
import type { LoadContext } from './types.js';
import { findPassword, lintPasswords, loadUsers } from './users.js';
import { loadEap } from './wings.js';

type OwnEapSpec = Extract<OwnSpec, { form: 'eap' }>;
type EapDemandSpec = Extract<PeerSpec, { form: 'eap' }>;

/** Methods by the names of configurations, and whether each makes a key. */
const methodNames = { mschapv2: true, tls: true, md5: false, gtc: false } as const;
type MethodName = keyof typeof methodNames;

/** As client. */
export async function loadOwnEap(spec: OwnEapSpec, context: LoadContext): Promise<Credential<OwnEap>> {
  const eap = await loadEap();
  const names = methodsOf(spec.methods, spec.allowKeyless, spec.path);
  const password = spec.password?.text;
  const withPassword = names.find((name) => name !== 'tls');
  if (withPassword !== undefined && password === undefined)
    throw new IpsecError('invalid-config', `the password for ${withPassword}`, {
      path: `${spec.path}.password`,
      expected: 'text, { "file": ... }, { "env": ... } or { "prompt": true }',
      found: 'nothing',
    });
  const tls = names.includes('tls') ? await loadTls(spec, context, 'the server') : undefined;
  const given = spec.identity?.text;
  const answerer = eap.createEapAnswerer({
    peer: async (ask) => {
      const identity = given ?? eap.userOfIdentity(ask.localId);
      const servers = spec.serverNames.map(({ text }) => text);
      const methods = names.map(async (name): Promise<EapMethod> => {
        if (name === 'tls') return await tlsMethod(tls!, 'peer', servers.length > 0 ? servers : [eap.userOfIdentity(ask.otherId)], context);
        return eap[name]({ password: password! });
      });
      return eap.createEapPeer({ identity, methods: await Promise.all(methods), random: fillRandom });
    },
  });
  return {
    auth: { method: 'eap', allowKeyless: spec.allowKeyless },
    ...(given !== undefined && { id: eap.identityOfUser(given) }),
    ...answersOf(answerer),
    findings: () => [...lintOwnPassword(spec, context), ...(tls ? lintTrust(tls.trust, context) : []), ...(tls?.findings ?? [])],
  };
}

function lintOwnPassword({ password, identity, path }: OwnEapSpec, { fetched }: LoadContext): Finding[] {
  if (!password) return [];
  const findings = lintPasswords(new Map([[identity?.text ?? '', password.text]]), password.path).map((found) => ({
    ...found,
    message: 'this password can be guessed: use 12 characters or more of chance',
  }));
  if (!fetched.has(`${path}.password`))
    findings.push({
      path: `${path}.password`,
      level: 'warning',
      message:
        'a password that stands in the configuration itself: { "file": ... }, { "env": ... } and { "prompt": true } keep it elsewhere',
      rfc: 'RFC 7296 section 5',
    });
  return findings;
}

/** As server. */
export async function loadEapDemand(spec: EapDemandSpec, context: LoadContext): Promise<Credential<EapDemand>> {
  const eap = await loadEap();
  const names = methodsOf(spec.methods, spec.allowKeyless, spec.path);
  const users = spec.users && (await loadUsers(spec.users, context.folder));
  const withUsers = names.find((name) => name !== 'tls');
  if (withUsers !== undefined && !users)
    throw new IpsecError('invalid-config', `the users of ${withUsers}`, {
      path: `${spec.path}.users`,
      expected: 'a file, or names and passwords',
      found: 'nothing',
    });
  const tls = names.includes('tls') ? await loadTls(spec, context, 'clients') : undefined;
  const passwordOf = (user: string): string | undefined => users && findPassword(users, user);
  const methods = await Promise.all(
    names.map(async (name) => (name === 'tls' ? await tlsMethod(tls!, 'authenticator', [], context) : eap[name]({ passwordOf }))),
  );
  const answerer = eap.createEapAnswerer({
    authenticator: ({ otherId }) => {
      // Addresses and directory names are no user names: that has to be asked for.
      const identify = spec.identify ?? (otherId.type === 'ID_DER_ASN1_DN' || 'address' in otherId);
      return eap.createEapAuthenticator({ methods, random: fillRandom, identify, identity: eap.userOfIdentity(otherId) });
    },
  });
  return {
    auth: { method: 'eap', allowKeyless: spec.allowKeyless, ...(spec.routes && { routes: spec.routes }) },
    ...answersOf(answerer),
    findings: () => [...(users?.findings ?? []), ...(tls ? lintTrust(tls.trust, context) : []), ...(tls?.findings ?? [])],
  };
}

function answersOf(answerer: EapAnswerer): Pick<Credential<unknown>, 'answer' | 'forget'> {
  return {
    answer: (question: EndpointAsk, connection: string) =>
      question.kind === 'eap' ? answerer.answer(question, connection, now()) : undefined,
    forget: (spiI, spiR) => {
      answerer.forget(spiI, spiR);
    },
  };
}

function methodsOf(methods: readonly PlacedText[], allowKeyless: boolean, path: string): readonly MethodName[] {
  return methods.map(({ text, path: at }) => {
    const name = (Object.keys(methodNames) as MethodName[]).find((known) => known === text.toLowerCase());
    if (name === undefined) {
      const nearest = nearestName(text, Object.keys(methodNames));
      const found = JSON.stringify(text.slice(0, 80));
      throw new IpsecError('unknown-algorithm', 'an EAP method', {
        path: at,
        expected: Object.keys(methodNames).join(', '),
        found,
        ...(nearest !== undefined && { nearest }),
      });
    }
    if (methodNames[name] || allowKeyless) return name;
    throw new IpsecError('unsafe-config', `EAP with ${name}`, {
      path: at,
      expected: `"allowKeyless": true in ${path}, for a method without a key`,
      found: 'none',
    });
  });
}

async function loadTls(
  spec: OwnEapSpec | EapDemandSpec,
  context: LoadContext,
  who: string,
): Promise<TlsCredentials & { readonly trust: LoadedTrust }> {
  if (spec.trust.authorities.length === 0)
    throw new IpsecError('invalid-config', `the trust anchors for ${who}`, {
      path: `${spec.path}.ca`,
      expected: 'one or more for EAP-TLS',
      found: 'none',
    });
  const trust = await loadTrust(spec.trust, context);
  return { ...(await loadTlsKey(spec.keys, spec.path, trust, context)), trust };
}
