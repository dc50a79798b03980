// Certificates: reading one, and a path of three validated (two signatures), against what openssl inside of Node takes for the same two signatures.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createCertificateVerifier, validateCertificate } from '../dist/x509.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/x509/openssl-verify.json', import.meta.url), 'utf8'));
const kinds = { 'ECDSA P-256': 'three certificates', 'ECDSA P-384': 'ECDSA P-384', Ed25519: 'Ed25519', 'RSA-2048': 'RSA PKCS #1 v1.5' };
const windows = 15;

export async function run({ compareLater, sink }) {
  const rows = [];
  for (const [kind, name] of Object.entries(kinds)) {
    const chain = vectors.cases.find((c) => c.name === name);
    const octets = (place) => new Uint8Array(Buffer.from(vectors.der[place], 'base64'));
    const [certificate, ...others] = [chain.certificate, ...chain.others].map(octets);
    const anchors = chain.anchors.map(octets);
    const question = { certificate, others, anchors, at: chain.at };
    // A host has read its anchors and imported their keys before.
    const verify = createCertificateVerifier({ anchors });
    const ask = {
      kind: 'certificates',
      round: 0,
      matchIdentity: false,
      certificates: [certificate, ...others],
      crls: [],
      ocspResponses: [],
    };
    const verdict = await verify(ask, chain.at);
    if (verdict !== 'trusted') throw verdict;
    const ns = await compareLater(
      {
        node: () => sink(natively([certificate, ...others, ...anchors])),
        cold: () => validateCertificate(question),
        known: () => verify(ask, chain.at),
      },
      { windows, warmup: 400 },
    );
    for (const [what, value] of [
      ['three certificates', ns.cold],
      ['three certificates, the anchor at hand', ns.known],
    ])
      rows.push({
        name: `${kind}: ${what}`,
        value: value / 1000,
        unit: 'us',
        ratio: value / ns.node,
        baseline: 'the signatures alone in Node',
      });
  }
  return [...rows, await refused(compareLater)];
}

/** Reads them, and checks that each is signed by the next. */
function natively(list) {
  const read = list.map((der) => new X509Certificate(der));
  return read.slice(0, -1).every((certificate, i) => certificate.verify(read[i + 1].publicKey));
}

/** What a stranger costs who sends 32 authorities that have signed each other. */
async function refused(compareLater) {
  const mesh = vectors.cases.find((c) => c.name === 'a mesh of five without an anchor');
  const octets = (place) => new Uint8Array(Buffer.from(vectors.der[place], 'base64'));
  const verify = createCertificateVerifier({ anchors: mesh.anchors.map(octets) });
  const certificates = [mesh.certificate, ...mesh.others].map(octets);
  const ask = { kind: 'certificates', round: 0, matchIdentity: false, certificates, crls: [], ocspResponses: [] };
  const { value } = await compareLater({ value: () => verify(ask, mesh.at) });
  return { name: 'a mesh of five authorities, refused', value: value / 1000, unit: 'us' };
}
