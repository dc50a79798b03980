/** Who takes part in a phase 1: keys, certificates, and answers to what the machine asks. */
import { derContents, decodeDer, derFields, SEQUENCE } from '../../src/der.js';
import { encodeRsaBlock } from '../../src/ikev1.js';
import type { Ikev1Ask } from '../../src/ikev1/requests.js';
import { fromHex, toHex } from '../../src/bytes.js';
import type { Connection, RemoteAuthentication } from '../../src/keying/connection.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { authorityOf, ownOf, type Signer } from '../ikev2/signers.js';
import { begin, type Host, type HostOptions, later, settle, twoHosts } from './two-hosts.js';

/** RSA's private operation, on big integers: no time to hide here. */
export function signRaw({ pkcs8 }: Signer, hash: Uint8Array): Uint8Array {
  const [, , wrapped] = derFields(decodeDer(pkcs8!, { what: 'a key', path: 'key' }, SEQUENCE));
  const [, n, , d] = derFields(decodeDer(derContents(wrapped!), { what: 'an RSA key', path: 'key' }, SEQUENCE)).map((field) =>
    BigInt(`0x${toHex(derContents(field))}`),
  );
  const length = Math.ceil(n!.toString(16).length / 2);
  const block = BigInt(`0x${toHex(encodeRsaBlock(hash, length))}`);
  return fromHex(
    power(block, d!, n!)
      .toString(16)
      .padStart(2 * length, '0'),
  );
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** What a host says to its machine's questions. */
export function answersFor(signer: Signer | undefined, verdict: unknown = 'trusted'): (ask: Ikev1Ask) => unknown {
  return (ask) => {
    if (ask.kind === 'sign-hash') return signer?.pkcs8 ? signRaw(signer, ask.hash) : later;
    if (ask.kind === 'certificates') return verdict;
    if (ask.kind === 'xauth') return ask.role === 'client' ? { user: 'carol', password: Uint8Array.of(1, 2, 3) } : 'accepted';
    return later;
  };
}

/** What is demanded of a party: with a certificate that, else its key. */
export function demandOf({ certificates, publicKey }: Signer): RemoteAuthentication {
  const rows = defaultSignatureRows;
  if (certificates.length === 0) return { method: 'public-key', keys: [publicKey], rows };
  const authority = publicKeyOfCertificate(authorityOf(publicKey.type === 'RSA' ? 'rsa' : 'p256')).spki;
  return { method: 'certificate', rows, authorities: [sha1(authority)] };
}

/** Two hosts with keys. */
export function signing(a: Signer, b: Signer, more: HostOptions = {}): readonly [HostOptions, HostOptions] {
  const side = (own: Signer, peer: Signer): HostOptions => ({
    answer: answersFor(own),
    ...more,
    connection: { localAuth: ownOf(own), remoteAuth: demandOf(peer), ...more.connection },
  });
  return [side(a, b), side(b, a)];
}

/** Two hosts that have talked until nobody had anything to say. */
export function talk(options: readonly [HostOptions, HostOptions]): ReturnType<typeof twoHosts> {
  const hosts = twoHosts(...options);
  begin(hosts.a);
  settle(hosts);
  return hosts;
}

/** The same change for one side of a pair. */
export function change(options: HostOptions, connection: Partial<Connection>, more: HostOptions = {}): HostOptions {
  return { ...options, ...more, connection: { ...options.connection, ...connection } };
}

/** The states of two hosts. */
export function statesOf({ a, b }: { readonly a: Host; readonly b: Host }): string[] {
  return [a, b].map(({ sas }) => [...sas.values()].at(-1)?.sa.state ?? 'none');
}
