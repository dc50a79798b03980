/** The keys of EAP-TLS, compared with those that OpenSSL's own command line derives in the same handshake. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import type { TlsEngine, TlsProgress } from '../../src/eap/tls-engine.js';
import { deriveTlsMsk } from '../../src/eap/tls-key.js';
import { createNodeTlsEngine } from '../../src/node/eap-tls.js';
import { ends, root } from './eap-tls-pair.js';
import { type OpensslEnd, opensslVersion, withClient, withServer } from './eap-tls-openssl.js';

const engineOf = (end: keyof typeof ends): TlsEngine => createNodeTlsEngine({ ...ends[end], trustAnchors: root });
const isHere = opensslVersion !== null;
if (!isHere) console.info('there is no openssl here: keys are not compared with it');

/** As RFC 8446 sections 7.1 and 7.5 define the exporter. */
function exportTls13(secret: Uint8Array, hash: 'sha256' | 'sha384', label: string, context: Uint8Array, length: number): Uint8Array {
  const digest = (data: Uint8Array): Uint8Array => createHash(hash).update(data).digest();
  const derived = expandLabel(hash, secret, label, digest(new Uint8Array()), secret.length);
  return expandLabel(hash, derived, 'exporter', digest(context), length);
}

function expandLabel(hash: string, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = concat(Uint8Array.of(length >> 8, length & 0xff, name.length), name, Uint8Array.of(context.length), context);
  let block: Uint8Array = new Uint8Array();
  let all: Uint8Array = new Uint8Array();
  for (let i = 1; all.length < length; i++) {
    block = createHmac(hash, secret)
      .update(concat(block, info, Uint8Array.of(i)))
      .digest();
    all = concat(all, block);
  }
  return all.subarray(0, length);
}

describe.each([
  ['s_server', 'client', 'alice', withServer, 'rsaServer'],
  ['s_client', 'server', 'server', withClient, 'bob'],
] as const)('openssl %s', (_, role, own, withOther, other) => {
  test('RFC 5216 section 2.3: the MSK is the first half of what OpenSSL exports', async () => {
    if (!isHere) return;
    const session = engineOf(own).createSession({ role, versions: ['TLSv1.2'], serverNames: ['vpn.example.org'] });
    await withOther(session, other, 'tls1_2', (progress: TlsProgress, { keyMaterial }: OpensslEnd) => {
      expect(progress).toMatchObject({ isDone: true, version: 'TLSv1.2', verdict: 'trusted', error: undefined });
      expect(toHex(deriveTlsMsk(session, 'TLSv1.2', 13)).toUpperCase()).toBe(keyMaterial.slice(0, 128));
    });
    session.destroy();
  });

  test('RFC 9190 section 2.3: with TLS 1.3 the MSK is what comes of the exporter secret that OpenSSL logs', async () => {
    if (!isHere) return;
    const session = engineOf(own).createSession({ role, versions: ['TLSv1.3'], serverNames: ['vpn.example.org'] });
    await withOther(session, other, 'tls1_3', (progress: TlsProgress, { keyMaterial, secrets }: OpensslEnd) => {
      expect(progress).toMatchObject({ isDone: true, version: 'TLSv1.3', verdict: 'trusted', error: undefined });
      const secret = fromHex(secrets.get('EXPORTER_SECRET')!);
      const hash = secret.length === 48 ? 'sha384' : 'sha256';
      // The derivation of this test is right if it comes to what OpenSSL exports.
      expect(toHex(exportTls13(secret, hash, 'client EAP encryption', new Uint8Array(), 128)).toUpperCase()).toBe(keyMaterial);
      const expected = exportTls13(secret, hash, 'EXPORTER_EAP_TLS_Key_Material', Uint8Array.of(13), 128).subarray(0, 64);
      expect(toHex(deriveTlsMsk(session, 'TLSv1.3', 13))).toBe(toHex(expected));
    });
    session.destroy();
  });
});
