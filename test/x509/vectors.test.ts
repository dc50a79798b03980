/** The chains of openssl.node.test.ts with what `openssl verify` said of them, in every runtime. */
import { describe, expect, it } from 'vitest';
import { type CertificateQuestion, validateCertificate } from '../../src/x509.js';
import vectors from '../../vectors/x509/openssl-verify.json' with { type: 'json' };

const octets = vectors.der.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
const at = (place: number): Uint8Array => octets[place]!;

describe('RFC 5280 section 6: recorded verdicts of openssl verify', () => {
  it('are many', () => {
    expect(vectors.cases.length).toBe(vectors.count);
    expect(vectors.count).toBeGreaterThan(200);
    expect(vectors.cases.filter((c) => c.openssl === 'OK').length).toBeGreaterThan(80);
  });

  it.each(vectors.cases)('$name', async (c) => {
    const options = c.options as Partial<CertificateQuestion>;
    const question = {
      certificate: at(c.certificate),
      others: c.others.map(at),
      anchors: c.anchors.map(at),
      crls: c.crls.map(at),
      at: c.at,
      ...options,
    };
    const ours = await validateCertificate(question).then(
      () => 'OK',
      (error: unknown) => (error as Error).message,
    );
    expect({ name: c.name, isValid: ours === 'OK', ours }).toEqual({
      name: c.name,
      isValid: (c.openssl === 'OK') !== 'differs' in c,
      ours,
    });
  });
});
