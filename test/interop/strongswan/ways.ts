/** Ways to prove who one is, each as this package and as strongSwan are told it. Names of files are those of credentials.ts. */
import type { Section } from './swanctl.js';

/** What one side is told of a way. */
export interface Half {
  /** Our `local.auth` or `remote.auth`. */
  readonly ours: object;
  /** The section `local` or `remote` of a connection of strongSwan. */
  readonly theirs: Section;
  /** Names of files by the folder of strongSwan that they belong into. */
  readonly files?: Files | undefined;
  /** Subsections of `secrets`. */
  readonly secrets?: Section | undefined;
}

/** Folders of swanctl. */
export type Files = Readonly<Partial<Record<'x509' | 'x509ca' | 'x509crl' | 'private' | 'pubkey', readonly string[]>>>;

/** A way: of who proves, and of who checks. */
export interface Way {
  readonly proves: Half;
  readonly checks: Half;
}

/** A way of which one side is told otherwise. */
export function otherwise(way: Way, more: { readonly proves?: Partial<Half>; readonly checks?: Partial<Half> }): Way {
  return { proves: { ...way.proves, ...more.proves }, checks: { ...way.checks, ...more.checks } };
}

/** A shared secret. */
export function secret(text: string): Way {
  const half: Half = { ours: { psk: text }, theirs: { auth: 'psk' }, secrets: { 'ike-1': { secret: `"${text}"` } } };
  return { proves: half, checks: half };
}

/** How certificates are used and judged. */
export interface CertificateWishes {
  /** The signature algorithm as we call it, and as strongSwan does. */
  readonly scheme?: readonly [ours: string, theirs: string] | undefined;
  /** Between the certificate and `ca`. */
  readonly chain?: readonly string[];
  readonly ca?: string;
  readonly crl?: boolean;
  /** Members of our `remote.auth`. */
  readonly trust?: object;
  /** Of strongSwan's section `remote`. */
  readonly constraints?: Section;
}

/** A certificate below `ca`. */
export function certificate(name: string, wishes: CertificateWishes = {}): Way {
  const { scheme, chain = [], ca = 'ca', crl = false, trust = {}, constraints = {} } = wishes;
  const schemes = scheme && { schemes: scheme[0] };
  return {
    proves: {
      ours: { certificate: [name, ...chain].map(pem), key: `${name}.key`, ...schemes },
      theirs: { auth: scheme?.[1] ?? 'pubkey', certs: pem(name) },
      files: { x509: [pem(name)], private: [`${name}.key`], x509ca: chain.map(pem) },
    },
    checks: {
      ours: { ca: pem(ca), ...schemes, ...(crl && { crls: `${ca}.crl` }), ...trust },
      theirs: { auth: 'pubkey', ...constraints },
      files: { x509ca: [pem(ca)], ...(crl && { x509crl: [`${ca}.crl`] }) },
    },
  };
}

/** A key that the other side has. @param known which one it has: another, or the key of a certificate. */
export function rawKey(name: string, known = `${name}.pub`): Way {
  const isCertificate = known.endsWith('.pem');
  return {
    proves: {
      ours: { publicKey: `${name}.pub`, key: `${name}.key` },
      theirs: { auth: 'pubkey', pubkeys: `${name}.pub` },
      files: { pubkey: [`${name}.pub`], private: [`${name}.key`] },
    },
    checks: {
      ours: { publicKey: known },
      theirs: { auth: 'pubkey', ...(isCertificate ? { certs: known } : { pubkeys: known }) },
      files: isCertificate ? { x509: [known] } : { pubkey: [known] },
    },
  };
}

/** How a name and a password are used. */
export interface PasswordWishes {
  /** Absent: the identity of IKE. */
  readonly user?: string;
  /** That of the client, where it is another one than the server knows. */
  readonly password?: string;
  /** What the client has, where it is another method than the server's. */
  readonly method?: string;
}

const passwordOfAnna = 'correct horse battery staple';
/** What else is tried. */
export const wrongPassword = 'a horse of another colour';
/** Shared secrets, the right one and another. */
export const sharedSecrets = ['chance: 3f0c1b7f5a0e4bd1', 'chance: 9d2e6a80c47b15f3'] as const;
/** What stands in no log. */
export const secrets: readonly string[] = [passwordOfAnna, wrongPassword, ...sharedSecrets, 'PRIVATE KEY'];

/** EAP with a password; methods without a key only where both sides say so. */
export function eapPassword(method: string, wishes: PasswordWishes = {}): Way {
  const { user = 'anna@example.org', password = passwordOfAnna, method: own = method } = wishes;
  const keyless = method === 'mschapv2' && own === 'mschapv2' ? {} : { allowKeyless: true };
  const account = (text: string): Section => ({ 'eap-anna': { id: user, secret: `"${text}"` } });
  const asked = wishes.user === undefined ? {} : { identify: true };
  return {
    proves: {
      ours: { eap: own, identity: user, password, ...keyless },
      theirs: { auth: `eap-${own}`, ...(wishes.user !== undefined && { eap_id: user }) },
      secrets: account(password),
    },
    checks: {
      ours: { eap: method, users: { [user]: passwordOfAnna }, ...keyless, ...asked },
      theirs: { auth: `eap-${method}`, ...(wishes.user !== undefined && { id: '%any', eap_id: '%any' }) },
      secrets: account(passwordOfAnna),
    },
  };
}

/** IKEv1: a name and a password, behind phase 1 or (hybrid) instead of the client's part of it. */
export function xauth(password = passwordOfAnna): Way {
  const account = (text: string): Section => ({ 'xauth-anna': { id: 'anna', secret: `"${text}"` } });
  return {
    proves: { ours: { xauth: { user: 'anna', password } }, theirs: { auth: 'xauth', xauth_id: 'anna' }, secrets: account(password) },
    checks: { ours: { xauth: { users: { anna: passwordOfAnna } } }, theirs: { auth: 'xauth' }, secrets: account(passwordOfAnna) },
  };
}

/** EAP-TLS. @param name of the client. @param server its certificate. */
export function eapTls(name: string, server: string, wishes: { readonly crl?: boolean; readonly serverName?: string } = {}): Way {
  const { crl = false, serverName } = wishes;
  const trust = { ca: pem('ca'), ...(crl && { crls: 'ca.crl' }) };
  return {
    proves: {
      ours: {
        eap: 'tls',
        certificate: pem(name),
        key: `${name}.key`,
        ...trust,
        ...(serverName !== undefined && { serverNames: serverName }),
      },
      theirs: { auth: 'eap-tls', certs: pem(name) },
      files: { x509: [pem(name)], private: [`${name}.key`], x509ca: [pem('ca')] },
    },
    checks: {
      ours: { eap: 'tls', certificate: pem(server), key: `${server}.key`, ...trust },
      theirs: { auth: 'eap-tls' },
      files: { x509: [pem(server)], private: [`${server}.key`], x509ca: [pem('ca')], ...(crl && { x509crl: ['ca.crl'] }) },
    },
  };
}

function pem(name: string): string {
  return `${name}.pem`;
}
