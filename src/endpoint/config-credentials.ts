/**
 * The forms of `auth` that name keys, certificates, users.
 *
 * @module
 */
import { parsePadId } from '../pad.js';
import { badMember, isRecord, nameAmong } from '../spd/json-values.js';
import type { FetchWord, KeySpec, OwnSpec, PeerSpec, PlacedText, TrustSpec, UserList } from './credential-specs.js';
import { flagOf, type Members, oneOrMore, type Place, readText } from './json.js';

/** Reads a form of ours. */
export function readOwnSpec(form: string, member: Members, path: string): OwnSpec {
  if (form === 'eap')
    return {
      form: 'eap',
      path,
      methods: methodsOf(member('eap')),
      identity: textAt(member('identity'), 'a user name'),
      password: secretAt(member('password'), 'a password'),
      allowKeyless: flagOf(member('allowKeyless'), false),
      keys: keysOf(member),
      trust: trustOf(member),
      serverNames: textsAt(member('serverNames'), 'a name of the server'),
    };
  const schemes = schemesOf(member('schemes'));
  if (form === 'publicKey') {
    const sendRawKey = flagOf(member('sendRawKey'), false);
    return {
      form: 'public-key',
      path,
      publicKey: neededAt(member('publicKey'), 'our public key'),
      keys: withKey(keysOf(member), member),
      schemes,
      sendRawKey,
    };
  }
  if (form === 'certificate') someAt(member('certificate'), 'a certificate');
  const send = member('send');
  return {
    form: 'certificate',
    path,
    keys: form === 'pkcs12' ? keysOf(member) : withKey(keysOf(member), member),
    schemes,
    send:
      send.value === undefined ? 'always' : nameAmong(send.value, ['always', 'if-asked', 'never'], 'when certificates are sent', send.path),
  };
}

/** Reads a form of the peer's. */
export function readPeerSpec(form: string, member: Members, path: string): PeerSpec {
  if (form === 'eap')
    return {
      form: 'eap',
      path,
      methods: methodsOf(member('eap')),
      users: usersAt(member('users')),
      allowKeyless: flagOf(member('allowKeyless'), false),
      identify: flagOf(member('identify'), undefined),
      routes: member('routes').value === undefined ? undefined : readText(member('routes'), 'who may ask for it', parsePadId),
      keys: keysOf(member),
      trust: trustOf(member),
    };
  const schemes = schemesOf(member('schemes'));
  if (form === 'publicKey')
    return { form: 'public-key', path, publicKeys: someAt(member('publicKey'), 'a public key of the peer'), schemes };
  someAt(member('ca'), 'a trust anchor');
  return { form: 'certificate', path, trust: trustOf(member), schemes, askOcsp: flagOf(member('askOcsp'), false) };
}

/** Reads XAUTH of ours. */
export function readXauthClient(member: Members, path: string): Extract<OwnSpec, { form: 'xauth' }> {
  const password = secretAt(member('password'), 'a password');
  if (!password) throw badMember('the password of a user', member('password').path, 'text', undefined);
  return { form: 'xauth', path, user: neededText(member('user'), 'the name of a user'), password };
}

/** Reads XAUTH of the peer's. */
export function readXauthServer(member: Members, path: string): Extract<PeerSpec, { form: 'xauth' }> {
  const users = usersAt(member('users'));
  if (!users) throw badMember('users', member('users').path, 'a file, or an object of names and passwords', undefined);
  return { form: 'xauth', path, users };
}

function neededText(place: Place, what: string): PlacedText {
  const text = textAt(place, what);
  if (text === undefined) throw badMember(what, place.path, 'text', place.value);
  return text;
}

function keysOf(member: Members): KeySpec {
  return {
    certificates: textsAt(member('certificate'), 'a certificate'),
    key: textAt(member('key'), 'a private key'),
    pkcs12: textAt(member('pkcs12'), 'a PKCS#12 file'),
    keyPassword: secretAt(member('keyPassword'), 'the password of a key'),
  };
}

function withKey(keys: KeySpec, member: Members): KeySpec {
  neededAt(member('key'), 'the private key');
  return keys;
}

const fetchWords: readonly FetchWord[] = ['crls', 'ocsp', 'certificates'];

function trustOf(member: Members): TrustSpec {
  const [revocation, fetch, usages] = [member('revocation'), member('fetch'), member('extendedKeyUsages')];
  return {
    authorities: textsAt(member('ca'), 'a trust anchor'),
    intermediates: textsAt(member('intermediates'), 'a certificate'),
    crls: textsAt(member('crls'), 'a revocation list'),
    extendedKeyUsages: usages.value === undefined ? undefined : someAt(usages, 'a purpose of certificates'),
    revocation:
      revocation.value === undefined
        ? undefined
        : nameAmong(revocation.value, ['off', 'if-available', 'required'], 'revocation', revocation.path),
    fetch: oneOrMore(fetch, 'what may be fetched').map(({ value, path }) => nameAmong(value, fetchWords, 'what may be fetched', path)),
  };
}

function methodsOf(place: Place): readonly PlacedText[] {
  return someAt(place, 'an EAP method');
}

function schemesOf(place: Place): readonly PlacedText[] | undefined {
  return place.value === undefined ? undefined : someAt(place, 'a signature algorithm');
}

/** Names and passwords: a file, or an object. No error shows a password. */
function usersAt(place: Place): PlacedText | UserList | undefined {
  const { value, path } = place;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return neededAt(place, 'a file of users');
  if (!isRecord(value))
    throw badMember('users', path, 'a file, or an object of names and passwords', Array.isArray(value) ? 'a list' : typeof value);
  const passwords = new Map(
    Object.entries(value).map(([name, password]) => [name, secretAt({ value: password, path: `${path}.${name}` }, 'a password')!.text]),
  );
  return { path, passwords };
}

function someAt(place: Place, what: string): readonly PlacedText[] {
  const texts = textsAt(place, what);
  if (texts.length === 0) throw badMember(what, place.path, 'one or more', place.value);
  return texts;
}

function textsAt(place: Place, what: string): readonly PlacedText[] {
  return oneOrMore(place, what).map((item) => neededAt(item, what));
}

function neededAt(place: Place, what: string): PlacedText {
  const text = textAt(place, what);
  if (text === undefined) throw badMember(what, place.path, 'PEM, or the name of a file', place.value);
  return text;
}

/** Text. What is no text is not shown: it may be a key. */
function textAt({ value, path }: Place, what: string): PlacedText | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return { text: value, path };
  throw badMember(what, path, 'text', value === '' ? '' : typeof value);
}

/** A secret, which stands there as text: where it is fetched from elsewhere, that has been done before. */
function secretAt({ value, path }: Place, what: string): PlacedText | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return { text: value, path };
  const expected = isRecord(value)
    ? 'text; { "file": ... }, { "env": ... } and { "prompt": true } are for loadConfig of ipsec-ts/node'
    : 'text';
  throw badMember(what, path, expected, value === '' ? 'nothing' : typeof value);
}
