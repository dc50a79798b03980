/** Makes certificates, revocation lists and OCSP responses of every kind, right ones and wrong ones, in every runtime. */
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from '../../src/bytes.js';

export type Octets = Uint8Array;

/** One element of DER. */
export function der(tag: number, ...parts: readonly Octets[]): Octets {
  const contents = concat(...parts);
  const { length } = contents;
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 255]
          : [0x83, length >> 16, (length >> 8) & 255, length & 255];
  return concat(Uint8Array.from([tag, ...size]), contents);
}
export const seq = (...parts: readonly Octets[]): Octets => der(0x30, ...parts);
export const set = (...parts: readonly Octets[]): Octets => der(0x31, ...parts);
export const explicit = (n: number, ...parts: readonly Octets[]): Octets => der(0xa0 | n, ...parts);
export const implicit = (n: number, contents: Octets): Octets => der(0x80 | n, contents);
export const octets = (...parts: readonly Octets[]): Octets => der(0x04, ...parts);
export const bits = (contents: Octets, unused = 0): Octets => der(0x03, Uint8Array.of(unused), contents);
export const nul = der(0x05);
export const utf8 = (text: string): Octets => new TextEncoder().encode(text);
export const yes = der(0x01, Uint8Array.of(0xff));

export function int(n: number | Octets): Octets {
  if (typeof n !== 'number') return der(0x02, n[0]! >= 0x80 ? concat(Uint8Array.of(0), n) : n);
  const list: number[] = [];
  for (let rest = n; rest > 0 || list.length === 0; rest = Math.floor(rest / 256)) list.unshift(rest % 256);
  return int(Uint8Array.from(list));
}

export function oid(text: string): Octets {
  const [first = 0, second = 0, ...more] = text.split('.').map(Number);
  const arcs = [first * 40 + second, ...more].flatMap((arc) => {
    const list = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) list.unshift((rest % 128) | 0x80);
    return list;
  });
  return der(0x06, Uint8Array.from(arcs));
}

/** 2026-11-21T00:00:00Z, the day on which everything is tried. */
export const today = 1_795_219_200_000;
export const day = 86_400_000;

/** UTCTime until 2049, GeneralizedTime after. */
export function time(at: number, isGeneralized = at >= 2_524_608_000_000): Octets {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return isGeneralized ? der(0x18, utf8(text)) : der(0x17, utf8(text.slice(2)));
}

/** Who signs. */
export interface Key {
  readonly spki: Octets;
  /** The contents of subjectPublicKey. */
  readonly bits: Octets;
  readonly algorithm: Octets;
  readonly sign: (signed: Octets) => Octets;
}

const ec = (curve: string, point: Octets): Octets => seq(seq(oid('1.2.840.10045.2.1'), oid(curve)), bits(point));

const seedOf = (name: string): Octets => sha256(utf8(`a key for tests: ${name}`));

/** The private half of `keyOf(name)` on P-256, as openssl reads it: ECPrivateKey (RFC 5915). */
export const privateKeyOf = (name: string): Octets => seq(int(1), octets(seedOf(name)), explicit(0, oid('1.2.840.10045.3.1.7')));

/** A key by its name: the same in every run. */
export function keyOf(name: string, kind: 'P-256' | 'P-384' | 'Ed25519' | 'Ed448' | 'P-256-SHA1' = 'P-256'): Key {
  const seed = seedOf(name);
  if (kind === 'Ed25519' || kind === 'Ed448') {
    const curve = kind === 'Ed25519' ? ed25519 : ed448;
    const secret = concat(seed, seed).subarray(0, kind === 'Ed25519' ? 32 : 57);
    const point = curve.getPublicKey(secret);
    const algorithm = seq(oid(kind === 'Ed25519' ? '1.3.101.112' : '1.3.101.113'));
    return { spki: seq(algorithm, bits(point)), bits: point, algorithm, sign: (signed) => curve.sign(signed, secret) };
  }
  if (kind === 'P-384') {
    const secret = concat(seed, seed).subarray(0, 48);
    const point = p384.getPublicKey(secret, false);
    return {
      spki: ec('1.3.132.0.34', point),
      bits: point,
      algorithm: seq(oid('1.2.840.10045.4.3.3')),
      sign: (signed) => p384.sign(signed, secret, { format: 'der' }),
    };
  }
  const point = p256.getPublicKey(seed, false);
  const isOld = kind === 'P-256-SHA1';
  return {
    spki: ec('1.2.840.10045.3.1.7', point),
    bits: point,
    algorithm: seq(oid(isOld ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2')),
    sign: (signed) =>
      isOld ? p256.sign(sha1(signed), seed, { format: 'der', prehash: false }) : p256.sign(signed, seed, { format: 'der' }),
  };
}

const attributes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  C: '2.5.4.6',
  E: '1.2.840.113549.1.9.1',
};

/** `C=US/O=Example/CN=a`, root first; `+` joins attributes of one relative name. */
export function name(text: string, stringTag = 0x0c): Octets {
  const rdns = text === '' ? [] : text.split('/');
  return seq(
    ...rdns.map((rdn) =>
      set(
        ...rdn.split('+').map((pair) => {
          const [type = '', value = ''] = pair.split('=');
          return seq(oid(attributes[type]!), der(type === 'E' ? 0x16 : type === 'C' ? 0x13 : stringTag, utf8(value)));
        }),
      ),
    ),
  );
}

/** `DNS:`, `email:`, `URI:`, `IP:` with hexadecimal octets, `dir:` as of {@link name}, `RID:`. */
export function generalName(text: string): Octets {
  const colon = text.indexOf(':');
  const [kind, value] = [text.slice(0, colon), text.slice(colon + 1)];
  switch (kind) {
    case 'email':
      return implicit(1, utf8(value));
    case 'DNS':
      return implicit(2, utf8(value));
    case 'URI':
      return implicit(6, utf8(value));
    case 'dir':
      return explicit(4, name(value));
    case 'IP':
      return implicit(
        7,
        Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      );
    default:
      return implicit(8, oid(value).subarray(2));
  }
}

export const extension = (id: string, value: Octets, critical = false): Octets => seq(oid(id), ...(critical ? [yes] : []), octets(value));

/** What a certificate is to be. */
export interface Plan {
  readonly subject: string;
  readonly key: Key;
  /** Authority: basicConstraints cA, keyUsage keyCertSign and cRLSign. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly serial?: number;
  readonly altNames?: readonly string[];
  readonly permitted?: readonly string[];
  readonly excluded?: readonly string[];
  readonly eku?: readonly string[];
  /** First octet of keyUsage; null: none. */
  readonly keyUsage?: number | null;
  readonly policies?: readonly string[];
  readonly extensions?: readonly Octets[];
  /** Without those that come by themselves. */
  readonly bare?: boolean;
  /** No subjectKeyIdentifier and no authorityKeyIdentifier. */
  readonly noKeyIds?: boolean;
  readonly version?: 1 | 3;
  readonly crlUrl?: string;
  readonly ocspUrl?: string;
  readonly stringTag?: number;
  readonly outerAlgorithm?: Octets;
}

/** A certificate with what is needed to issue others. */
export interface Made {
  readonly der: Octets;
  readonly subject: string;
  readonly key: Key;
  readonly serial: number;
  readonly stringTag?: number | undefined;
}

let serials = 1000;

/** Makes a certificate; without an issuer it is self-signed. */
export function certify(
  plan: Plan,
  issuer?: Made | { readonly subject: string; readonly key: Key; readonly stringTag?: number | undefined },
): Made {
  const by = issuer ?? plan;
  const serial = plan.serial ?? ++serials;
  const tbs = seq(
    ...(plan.version === 1 ? [] : [explicit(0, int(2))]),
    int(serial),
    by.key.algorithm,
    name(by.subject, by.stringTag),
    seq(time(plan.notBefore ?? today - 30 * day), time(plan.notAfter ?? today + 30 * day)),
    name(plan.subject, plan.stringTag),
    plan.key.spki,
    ...(plan.version === 1 ? [] : [explicit(3, seq(...extensionsOf(plan, by.key, issuer === undefined)))]),
  );
  return {
    der: seq(tbs, plan.outerAlgorithm ?? by.key.algorithm, bits(by.key.sign(tbs))),
    subject: plan.subject,
    key: plan.key,
    serial,
    stringTag: plan.stringTag,
  };
}

function extensionsOf(plan: Plan, by: Key, isSelfSigned: boolean): Octets[] {
  const subtrees = (n: number, list: readonly string[] = []): Octets[] =>
    list.length > 0 ? [explicit(n, ...list.map((base) => seq(generalName(base))))] : [];
  const usage = plan.keyUsage === undefined ? (plan.ca ? 0x06 : 0x80) : plan.keyUsage;
  const lowest = usage ? Math.log2(usage & -usage) : 0;
  return [
    ...(plan.bare
      ? []
      : [
          extension('2.5.29.19', seq(...(plan.ca ? [yes] : []), ...(plan.pathLength === undefined ? [] : [int(plan.pathLength)])), true),
          ...(usage === null ? [] : [extension('2.5.29.15', bits(Uint8Array.of(usage), lowest), true)]),
          ...(plan.noKeyIds ? [] : [extension('2.5.29.14', octets(sha1(plan.key.bits)))]),
          ...(plan.noKeyIds || isSelfSigned ? [] : [extension('2.5.29.35', seq(implicit(0, sha1(by.bits))))]),
        ]),
    ...(plan.altNames ? [extension('2.5.29.17', seq(...plan.altNames.map(generalName)), plan.subject === '')] : []),
    ...(plan.permitted || plan.excluded
      ? [extension('2.5.29.30', seq(...subtrees(0, plan.permitted), ...subtrees(1, plan.excluded)), true)]
      : []),
    ...(plan.eku ? [extension('2.5.29.37', seq(...plan.eku.map(oid)))] : []),
    ...(plan.policies ? [extension('2.5.29.32', seq(...plan.policies.map((id) => seq(oid(id)))))] : []),
    ...(plan.crlUrl === undefined ? [] : [extension('2.5.29.31', seq(seq(explicit(0, explicit(0, generalName(`URI:${plan.crlUrl}`))))))]),
    ...(plan.ocspUrl === undefined
      ? []
      : [extension('1.3.6.1.5.5.7.1.1', seq(seq(oid('1.3.6.1.5.5.7.48.1'), generalName(`URI:${plan.ocspUrl}`))))]),
    ...(plan.extensions ?? []),
  ];
}

/** What a revocation list is to be. */
export interface ListPlan {
  readonly revoked?: readonly number[];
  readonly reason?: number;
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly extensions?: readonly Octets[];
}

/** A revocation list. */
export function list(issuer: Made, plan: ListPlan = {}): Octets {
  const { revoked = [], reason, thisUpdate = today - day, nextUpdate = today + day, extensions = [] } = plan;
  const entry = (serial: number): Octets =>
    seq(
      int(serial),
      time(today - 2 * day),
      ...(reason === undefined ? [] : [seq(extension('2.5.29.21', der(0x0a, Uint8Array.of(reason))))]),
    );
  const tbs = seq(
    int(1),
    issuer.key.algorithm,
    name(issuer.subject, issuer.stringTag),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(revoked.length > 0 ? [seq(...revoked.map(entry))] : []),
    explicit(0, seq(extension('2.5.29.35', seq(implicit(0, sha1(issuer.key.bits)))), extension('2.5.29.20', int(7)), ...extensions)),
  );
  return seq(tbs, issuer.key.algorithm, bits(issuer.key.sign(tbs)));
}

/** What an OCSP response is to say. */
export interface ResponsePlan {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  /** Whose key signs; the issuer's without. */
  readonly signer?: Made;
  readonly byKey?: boolean;
  readonly certificates?: readonly Octets[];
  readonly serial?: number;
  readonly responseStatus?: number;
}

/** An OCSPResponse for a certificate. */
export function respond(certificate: Made, issuer: Made, plan: ResponsePlan = {}): Octets {
  const {
    status = 'good',
    thisUpdate = today - day,
    nextUpdate = today + day,
    signer = issuer,
    certificates = [],
    serial = certificate.serial,
  } = plan;
  const general = (at: number): Octets => time(at, true);
  const id = seq(
    seq(oid('1.3.14.3.2.26'), nul),
    octets(sha1(name(issuer.subject, issuer.stringTag))),
    octets(sha1(issuer.key.bits)),
    int(serial),
  );
  const value = {
    good: der(0x80),
    unknown: der(0x82),
    revoked: explicit(1, general(today - 2 * day), explicit(0, der(0x0a, Uint8Array.of(1)))),
  }[status];
  const single = seq(id, value, general(thisUpdate), ...(nextUpdate === null ? [] : [explicit(0, general(nextUpdate))]));
  const responder = plan.byKey ? explicit(2, octets(sha1(signer.key.bits))) : explicit(1, name(signer.subject, signer.stringTag));
  const tbs = seq(responder, general(today - day), seq(single));
  const basic = seq(
    tbs,
    signer.key.algorithm,
    bits(signer.key.sign(tbs)),
    ...(certificates.length > 0 ? [explicit(0, seq(...certificates))] : []),
  );
  return seq(der(0x0a, Uint8Array.of(plan.responseStatus ?? 0)), explicit(0, seq(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))));
}
