/**
 * Trust anchors, revocation lists, and what judges peers' certificates by them.
 *
 * @module
 */
import type { Credential, EndpointAsk, Finding, PeerSpec, PlacedText, TrustSpec } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import type { TrustedCertificates, TrustedKeys } from '../../keying/connection.js';
import { equalPublicKeys, publicKeyOfCertificate } from '../../suite/public-key.js';
import type { PublicKey } from '../../suite/types-sign.js';
import type { CertificateVerifierConfig } from '../../x509.js';
import { lintAuthority, lintKey } from './certificate-findings.js';
import { fetchCertificate } from './fetch.js';
import { pickRows } from './rows.js';
import { placed, readSource, type Source } from './sources.js';
import type { LoadContext } from './types.js';
import { loadX509 } from './wings.js';

/** What certificates are judged by, loaded. */
export interface LoadedTrust {
  readonly config: CertificateVerifierConfig;
  /** DER with the places where they stand. */
  readonly anchors: readonly { readonly der: Uint8Array; readonly path: string }[];
}

/** Loads trust anchors and lists. Throws IpsecError. */
export async function loadTrust(spec: TrustSpec, context: LoadContext): Promise<LoadedTrust> {
  const { readCertificates, readCrls } = await loadX509();
  const readAll = async (
    places: readonly PlacedText[],
    read: (data: Source['data'], options: { readonly source: string }) => Uint8Array[],
  ): Promise<{ readonly der: Uint8Array; readonly path: string }[]> => {
    const sources = await Promise.all(places.map(async (place) => ({ place, ...(await readSource(place, context.folder)) })));
    return sources.flatMap(({ place, data, source }) =>
      placing(place.path, () => read(data, { source })).map((der) => ({ der, path: place.path })),
    );
  };
  const anchors = await readAll(spec.authorities, readCertificates);
  const intermediates = await readAll(spec.intermediates, readCertificates);
  const crls = await readAll(spec.crls, readCrls);
  const { fetch: words, revocation, extendedKeyUsages } = spec;
  const config: CertificateVerifierConfig = {
    anchors: anchors.map(({ der }) => der),
    intermediates: intermediates.map(({ der }) => der),
    crls: crls.map(({ der }) => der),
    ...(revocation && { revocation }),
    ...(extendedKeyUsages && { extendedKeyUsages: extendedKeyUsages.map(({ text }) => text) }),
    ...((words.includes('crls') || words.includes('ocsp')) && {
      fetch: (url, options) => {
        const isWanted = words.includes(options.purpose === 'crl' ? 'crls' : 'ocsp');
        return isWanted
          ? context.fetch(url, options)
          : Promise.reject(new IpsecError('unsupported', `the configuration does not let ${options.purpose} be fetched`));
      },
    }),
  };
  return { config, anchors };
}

function placing<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw placed(path, error);
  }
}

/** Loads what a peer's certificate is judged by. */
export async function loadAuthorities(
  spec: Extract<PeerSpec, { form: 'certificate' }>,
  context: LoadContext,
): Promise<Credential<TrustedCertificates>> {
  const { authorityHashes, createCertificateVerifier } = await loadX509();
  const { config, anchors } = await loadTrust(spec.trust, context);
  const verify = createCertificateVerifier(config);
  const mayFetch = spec.trust.fetch.includes('certificates');
  return {
    auth: {
      method: 'certificate',
      rows: pickRows(spec.schemes, context.signatureRows, undefined, `${spec.path}.schemes`),
      authorities: authorityHashes(config.anchors),
      ...(spec.askOcsp && { ocspResponders: [] }),
      ...(mayFetch && { hashAndUrl: true }),
    },
    answer: (question: EndpointAsk) => {
      if (question.kind === 'certificates') return verify(question, context.clock());
      return question.kind === 'fetch-certificate' && mayFetch ? fetchCertificate(question.url) : undefined;
    },
    findings: () => lintTrust({ config, anchors }, context),
  };
}

/** What there is to say against trust anchors. */
export function lintTrust({ anchors }: LoadedTrust, { clock }: LoadContext): Finding[] {
  return anchors.flatMap(({ der, path }) => lintAuthority(der, path, clock()));
}

/** Loads the keys that a peer may have. */
export async function loadPeerKeys(
  spec: Extract<PeerSpec, { form: 'public-key' }>,
  context: LoadContext,
): Promise<Credential<TrustedKeys>> {
  const { readCertificates, readPublicKeys } = await loadX509();
  const readKeys = (data: Source['data'], options: { readonly source: string }): PublicKey[] =>
    holdsCertificates(data) ? readCertificates(data, options).map(publicKeyOfCertificate) : readPublicKeys(data, options);
  const keys: PublicKey[] = [];
  for (const place of spec.publicKeys) {
    const { data, source } = await readSource(place, context.folder);
    for (const key of placing(place.path, () => readKeys(data, { source })))
      if (!keys.some((known) => equalPublicKeys(known, key))) keys.push(key);
  }
  const rows = pickRows(spec.schemes, context.signatureRows, keys, `${spec.path}.schemes`);
  return { auth: { method: 'public-key', keys, rows }, findings: () => keys.flatMap((key) => lintKey(key, `${spec.path}.publicKey`)) };
}

/** A certificate may stand for its key. */
function holdsCertificates(data: Source['data']): boolean {
  const text = typeof data === 'string' ? data : data[0] === 0x30 ? '' : new TextDecoder().decode(data);
  return /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text) && !text.includes('-----BEGIN PUBLIC KEY-----');
}
