/**
 * Why certificate paths are judged by our own code: what the chain engine of pkijs says of the chains in vectors/x509/openssl-verify.json, and what
 * OpenSSL says. `node scripts/judge-pkijs.mjs`; docs/architecture.md has the counts. Run it again with a later pkijs: the day it agrees, ours can go.
 */
import { readFileSync } from 'node:fs';
import * as pkijs from 'pkijs';

const { cases, der } = JSON.parse(readFileSync(new URL('../vectors/x509/openssl-verify.json', import.meta.url), 'utf8'));
const octets = der.map((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const certificate = (i) => pkijs.Certificate.fromBER(octets[i]);
const patience = 5000;

async function judge({ at, certificate: end, others, anchors, crls }) {
  try {
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: anchors.map(certificate),
      certs: [...others.map(certificate), certificate(end)], // the one in question comes last
      crls: crls.map((i) => pkijs.CertificateRevocationList.fromBER(octets[i])),
      checkDate: new Date(at),
    });
    const timeout = new Promise((resolve) =>
      setTimeout(() => resolve({ resultMessage: `no end within ${patience} ms` }), patience).unref(),
    );
    const { result, resultMessage } = await Promise.race([engine.verify(), timeout]);
    return result === true ? 'OK' : resultMessage;
  } catch (error) {
    return `throws: ${error.message}`;
  }
}

const counts = { same: 0, laxer: 0, stricter: 0 };
for (const one of cases) {
  const verdict = await judge(one);
  const kind = (verdict === 'OK') === (one.openssl === 'OK') ? 'same' : verdict === 'OK' ? 'laxer' : 'stricter';
  counts[kind]++;
  if (kind !== 'same') console.log(`${kind}: ${one.name}\n  OpenSSL: ${one.openssl}\n  pkijs:   ${verdict}`);
}
console.log(
  `${cases.length} chains: ${counts.same} as OpenSSL, ${counts.laxer} accepted that OpenSSL refuses, ${counts.stricter} refused that it accepts`,
);
globalThis.process.exit(); // what was given up may still go on
