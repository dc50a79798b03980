/**
 * How both sides prove who they are, as JSON. One member says which form it is; what it needs stands beside it.
 *
 * @module
 */
import { fromHex } from '../bytes.js';
import type { LocalAuthentication, RemoteAuthentication } from '../keying/connection.js';
import { IpsecError, nearestName } from '../errors.js';
import { badMember, isRecord } from '../spd/json-values.js';
import { readOwnSpec, readPeerSpec } from './config-credentials.js';
import type { PlacedText } from './credential-specs.js';
import type { Credential } from './credentials.js';
import { type Members, membersOf, type Place, type ReadContext } from './json.js';

/** Forms that serve both sides. */
const sharedForms: readonly string[] = ['psk', 'pskHex', 'ask', 'null'];
/** Members that say which form it is. */
const forms = {
  own: [...sharedForms, 'certificate', 'pkcs12', 'publicKey', 'eap'],
  peer: [...sharedForms, 'ca', 'publicKey', 'eap'],
  both: sharedForms,
} as const;

/** What goes with a certificate and its key. */
const keyNames = ['certificate', 'pkcs12', 'key', 'keyPassword'];
/** What goes with trust anchors. */
const trustNames = ['ca', 'intermediates', 'crls', 'extendedKeyUsages', 'revocation', 'fetch'];
const ownMembers: Readonly<Record<string, readonly string[]>> = {
  certificate: ['certificate', 'key', 'keyPassword', 'schemes', 'send'],
  pkcs12: ['pkcs12', 'keyPassword', 'schemes', 'send'],
  publicKey: ['publicKey', 'key', 'keyPassword', 'schemes', 'sendRawKey'],
  eap: ['eap', 'identity', 'password', 'allowKeyless', 'serverNames', ...keyNames, ...trustNames],
};
const peerMembers: Readonly<Record<string, readonly string[]>> = {
  ca: [...trustNames, 'matchIdentity', 'matchAddress', 'schemes', 'askOcsp'],
  publicKey: ['publicKey', 'schemes'],
  eap: ['eap', 'users', 'allowKeyless', 'identify', 'routes', ...keyNames, ...trustNames],
};

/** Reads what we prove who we are with. @param both where it stands unless `own` says otherwise. */
export function readOwnAuth(own: Place, both: Place, context: ReadContext): Credential<LocalAuthentication> {
  const [place, side] = own.value === undefined && both.value !== undefined ? [both, 'both' as const] : [own, 'own' as const];
  const form = formOf(place, side, both.path);
  if (sharedForms.includes(form)) return { auth: readShared(form, place, context) };
  const spec = readOwnSpec(form, membersOf(place, ownMembers[form]!, 'how we prove who we are', context), place.path);
  if (spec.form === 'eap' && isAsked(spec.methods)) return { auth: { method: 'eap', allowKeyless: spec.allowKeyless } };
  return context.credentials?.own(spec) ?? refuse(place.path, form);
}

/** Reads what the peer's proof is measured by. */
export function readPeerAuth(peer: Place, both: Place, context: ReadContext): Credential<RemoteAuthentication> {
  const [place, side] = peer.value === undefined && both.value !== undefined ? [both, 'both' as const] : [peer, 'peer' as const];
  const form = formOf(place, side, peer.path);
  if (sharedForms.includes(form)) return { auth: readShared(form, place, context) };
  const spec = readPeerSpec(form, membersOf(place, peerMembers[form]!, 'how the peer proves who it is', context), place.path);
  if (spec.form === 'eap' && isAsked(spec.methods))
    return { auth: { method: 'eap', allowKeyless: spec.allowKeyless, ...(spec.routes && { routes: spec.routes }) } };
  return context.credentials?.peer(spec) ?? refuse(place.path, form);
}

/** Which of the forms of `auth` counts for one side. Throws as {@link readOwnAuth} and {@link readPeerAuth}. */
export function authFormOf(side: 'own' | 'peer', place: Place, both: Place): string {
  return place.value === undefined && both.value !== undefined ? formOf(both, 'both', both.path) : formOf(place, side, place.path);
}

/** Which form it is. @param missing the path to tell of where there is nothing. */
function formOf({ value, path }: Place, side: keyof typeof forms, missing: string): string {
  const what = 'how somebody proves who it is';
  if (value === undefined)
    throw badMember(what, missing, `{ "psk": ... } or another of ${forms.own.join(', ')}; of the peer ${forms.peer.join(', ')}`, value);
  const known = forms[side];
  if (!isRecord(value)) throw badMember(what, path, `an object with one of ${known.join(', ')}`, typeof value);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  // A method over TLS has certificates of its own.
  if (names.includes('eap') && known.includes('eap') && !sharedForms.some((form) => names.includes(form))) return 'eap';
  const given = known.filter((form) => names.includes(form));
  if (given.length === 1) return given[0]!;
  // What stands there may be a secret: only its members are told.
  const slip = given.length > 0 ? undefined : names.map((name) => nearestName(name, known)).find((name) => name !== undefined);
  const elsewhere = otherSideOf(names, side);
  throw badMember(what, path, `one of ${known.join(', ')}${elsewhere}`, names, slip);
}

/** Where forms belong that stand on the wrong side. */
function otherSideOf(names: readonly string[], side: keyof typeof forms): string {
  const stray = names.find((name) => !forms[side].includes(name) && (forms.own.includes(name) || forms.peer.includes(name)));
  if (stray === undefined) return '';
  const places = [forms.own.includes(stray) ? 'local.auth' : '', forms.peer.includes(stray) ? 'remote.auth' : ''].filter(
    (place) => place !== '',
  );
  return `; "${stray}" stands in ${places.join(' or ')}`;
}

/** Whether the program answers every packet itself, or has a back end do so. */
function isAsked(methods: readonly PlacedText[]): boolean {
  const ask = methods.find(({ text }) => text === 'ask');
  if (ask && methods.length > 1)
    throw badMember(
      'EAP',
      ask.path,
      '"ask" alone, or methods',
      methods.map(({ text }) => text),
    );
  return ask !== undefined;
}

function refuse(path: string, form: string): never {
  throw new IpsecError('invalid-config', `"${form}"`, {
    path,
    expected: 'a host that loads keys and users: loadConfig of ipsec-ts/node, or the option "credentials"',
    found: 'none',
  });
}

type Shared = Extract<LocalAuthentication & RemoteAuthentication, { method: 'shared-key' | 'ask-shared-key' | 'null' }>;

function readShared(form: string, place: Place, context: ReadContext): Shared {
  const member: Members = membersOf(place, [form], 'how somebody proves who it is', context);
  const { value, path } = member(form);
  if (form === 'psk' || form === 'pskHex') return { method: 'shared-key', secret: readSecret({ value, path }, form === 'pskHex') };
  if (value !== true) throw badMember(`"${form}"`, path, 'true', typeof value);
  return form === 'ask' ? { method: 'ask-shared-key' } : { method: 'null' };
}

/** The octets of a secret. No error shows it. */
function readSecret({ value, path }: Place, isHex: boolean): Uint8Array {
  if (typeof value === 'string' && value !== '') {
    if (!isHex) return new TextEncoder().encode(value);
    if (/^([0-9a-f]{2})+$/i.test(value)) return fromHex(value);
  }
  const found = isHex && typeof value === 'string' ? 'something else' : typeof value;
  throw badMember('a shared secret', path, isHex ? 'an even number of hexadecimal digits' : 'text', found);
}
