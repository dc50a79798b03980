/**
 * What a connection of version 1 has besides, and what it cannot have.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { createProposals } from '../ikev2/proposal-rows.js';
import { parseIkeProposals } from '../ikev2/proposal-json.js';
import type { Ikev1Options, LocalAuthentication } from '../keying/connection.js';
import type { IkeProposal } from '../keying/proposal-types.js';
import { badMember, nameAmong } from '../spd/json-values.js';
import type { HashRow } from '../suite/types-hash.js';
import type { EncryptionRow } from '../suite/types.js';
import { authFormOf } from './config-auth.js';
import { readXauthClient, readXauthServer } from './config-credentials.js';
import type { Credential } from './credentials.js';
import { flagOf, itemsOf, type Members, membersOf, type Place, type ReadContext } from './json.js';

/** Members of a connection that mean nothing in version 2. */
export const ikev1Names: readonly string[] = ['aggressive', 'unsafeAggressivePsk', 'xauth', 'modeConfig'];

/** The two sides of a connection, as they are written. */
export interface Sides {
  /** `auth` of the connection. */
  readonly both: Place;
  /** `local`. */
  readonly local: Members;
  /** `remote`. */
  readonly remote: Members;
  /** What has come of ours. */
  readonly localAuth: LocalAuthentication;
}

/** What they come to. */
export interface ParsedIkev1 {
  readonly options: Ikev1Options;
  /** Answers XAUTH; undefined: there is none, or the host does. */
  readonly credential: Credential<unknown> | undefined;
}

/** Reads what only version 1 has. */
export function parseIkev1(member: Members, sides: Sides, context: ReadContext): ParsedIkev1 {
  const [aggressive, unsafe, push] = [member('aggressive'), member('unsafeAggressivePsk'), member('modeConfig')];
  const isAggressive = flagOf(aggressive, false);
  const unsafeAggressivePsk = flagOf(unsafe, false);
  const xauth = readXauth(member('xauth'), context);
  const kind = checkAuth(sides, xauth?.role);
  // Whoever sees such an exchange has all that he needs to try one password after the other; a responder gives it to everybody who asks.
  if (isAggressive && kind === 'secret' && !unsafeAggressivePsk)
    throw new IpsecError('unsafe-config', 'aggressive mode with a shared secret', {
      path: unsafe.path,
      expected: 'true, or main mode, or certificates: the secret can be guessed offline by whoever sees the exchange',
      found: 'nothing',
    });
  return {
    options: {
      mode: isAggressive ? 'aggressive' : 'main',
      unsafeAggressivePsk,
      hashes: context.rows.filter((row): row is HashRow => row.kind === 'hash'),
      ...(xauth && { xauth: xauth.role }),
      modeConfig: push.value === undefined ? 'pull' : nameAmong(push.value, ['pull', 'push'], 'Mode Config', push.path),
    },
    credential: xauth?.credential,
  };
}

/** Of version 2: none of it may be there. */
export function refuseIkev1(member: Members): ParsedIkev1 | undefined {
  for (const name of ikev1Names) {
    const { value, path } = member(name);
    if (value !== undefined) throw badMember(`"${name}"`, path, 'none, or "ike": 1 beside it', 'IKEv2');
  }
  return undefined;
}

interface ParsedXauth {
  readonly role: 'client' | 'server';
  readonly credential: Credential<unknown> | undefined;
}

function readXauth(place: Place, context: ReadContext): ParsedXauth | undefined {
  const { value, path } = place;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { role: nameAmong(value, ['client', 'server'], 'XAUTH', path), credential: undefined };
  const member = membersOf(place, ['user', 'password', 'users'], 'XAUTH', context);
  const isServer = member('users').value !== undefined;
  if (isServer && (member('user').value !== undefined || member('password').value !== undefined))
    throw badMember('XAUTH', path, '"user" and "password" of a client, or "users" of a server', 'both');
  const { credentials } = context;
  const credential = isServer ? credentials?.peer(readXauthServer(member, path)) : credentials?.own(readXauthClient(member, path));
  if (credential) return { role: isServer ? 'server' : 'client', credential };
  throw new IpsecError('invalid-config', 'XAUTH', {
    path,
    expected: 'a host that loads users: loadConfig of ipsec-ts/node, or the option "credentials"; or "client" or "server", to be asked',
    found: 'none',
  });
}

/** What a form of `auth` shows. */
type AuthKind = 'secret' | 'signature' | 'null' | 'eap';
const kinds: Readonly<Record<string, AuthKind>> = { psk: 'secret', pskHex: 'secret', ask: 'secret', null: 'null', eap: 'eap' };

/** Both proofs of phase 1 are one number, so they are of one kind; with XAUTH the client may have none. */
function checkAuth({ both, local, remote, localAuth }: Sides, xauth: ParsedXauth['role'] | undefined): AuthKind {
  for (const further of [local('further'), remote('further')])
    if (itemsOf(further, 'further proofs').length > 0)
      throw badMember('further proofs', further.path, 'none: IKEv1 has one of each side, and XAUTH', 'some');
  const [own, peer] = [kindOf('own', local('auth'), both), kindOf('peer', remote('auth'), both)];
  if (own === 'eap' || peer === 'eap')
    throw badMember('EAP', (own === 'eap' ? local : remote)('auth').path, 'another form: IKEv1 has XAUTH in its place', 'eap');
  const isHybrid =
    (xauth === 'client' && own === 'null' && peer === 'signature') || (xauth === 'server' && own === 'signature' && peer === 'null');
  if (!isHybrid && own !== peer) {
    const expected = 'of one kind on both sides: a shared secret, or certificates and keys; null for the client of XAUTH alone';
    throw badMember('what both sides prove in IKEv1', both.path, expected, `${own} here, ${peer} there`);
  }
  if (own === 'null' && peer === 'null') throw badMember('what both sides prove in IKEv1', both.path, 'something', 'nothing');
  checkKey(localAuth, xauth, local('auth').path);
  return own;
}

function kindOf(side: 'own' | 'peer', place: Place, both: Place): AuthKind {
  return kinds[authFormOf(side, place, both)] ?? 'signature';
}

/** What phase 1 has a number for: RFC 2409 appendix A, RFC 4754, and the drafts of XAUTH. */
function checkKey(auth: LocalAuthentication, xauth: string | undefined, path: string): void {
  if (auth.method !== 'signature') return;
  const { type } = auth.publicKey;
  const known = xauth === undefined ? ['RSA', 'EC'] : ['RSA'];
  if (!known.includes(type)) throw badMember(`a key of IKEv1${xauth === undefined ? '' : ' with XAUTH'}`, path, known.join(' or '), type);
}

/** Ciphers of phase 1: those in CBC. */
const phase1Ciphers: readonly string[] = ['ENCR_DES', 'ENCR_3DES', 'ENCR_AES_CBC', 'ENCR_CAMELLIA_CBC'];
/** Groups that IKEv1 has numbers for, which are those of IKEv2: nothing that came after RFC 6954. */
export const ikev1Groups: ReadonlySet<number> = new Set([1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30]);

/**
 * Reads the proposals for phase 1. They are written as those of IKEv2; the hash is that of the pseudorandom function, and integrity algorithms say nothing more.
 * The default is that of IKEv2 without what phase 1 has no number for.
 */
export function parsePhase1Proposals({ value, path }: Place, context: ReadContext): IkeProposal[] {
  const items = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? (value as unknown[]) : [value ?? 'default'];
  if (items.length === 0) throw badMember('proposals', path, 'at least one', value);
  return items.flatMap((item, i) => {
    const at = items.length === 1 && !Array.isArray(value) ? path : `${path}.${i}`;
    if (typeof item === 'string' && item.trim() === 'default') return defaults(at, context);
    return parseIkeProposals(item, context.rows, at, context.warn).map((proposal) => checkPhase1(proposal, at, context));
  });
}

function defaults(path: string, context: ReadContext): IkeProposal[] {
  return createProposals(context.rows).ike.map(({ encryption, keyExchange, ...rest }) => {
    const named = {
      ...rest,
      encryption: encryption.filter(isPhase1Cipher),
      keyExchange: keyExchange.filter(({ id }) => ikev1Groups.has(id)),
    };
    return checkPhase1(named, path, context);
  });
}

function isPhase1Cipher({ kind, name }: EncryptionRow): boolean {
  return kind === 'cipher' && phase1Ciphers.includes(name);
}

function checkPhase1(proposal: IkeProposal, path: string, { rows }: ReadContext): IkeProposal {
  const cipher = proposal.encryption.find((row) => !isPhase1Cipher(row));
  if (cipher) throw badMember('a cipher for phase 1 of IKEv1', path, 'one in CBC, such as aes256', cipher.name);
  const group = proposal.keyExchange.find(({ id }) => !ikev1Groups.has(id));
  if (group) throw badMember('a group of IKEv1', path, 'one that it has a number for, such as modp2048 or ecp256', group.shortName);
  const stray = proposal.prf.find(({ name }) => !rows.some((row) => row.kind === 'hash' && row.prf.name === name));
  if (stray) throw badMember('a pseudorandom function of IKEv1', path, 'the HMAC of a hash that is among the rows', stray.name);
  return proposal;
}
