/** Chains: how they hang together, times, usages, algorithms. */
import type { Chain, RsaKeys } from './openssl-cases.js';
import { bits, certify, day, der, extension, keyOf, type Made, oid, seq, today } from './maker.js';

const k = keyOf;
const firstOnly = 'openssl takes the first issuer that looks right and does not come back; we try the next';
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const asServer = { options: { extendedKeyUsages: ['serverAuth'] }, flags: ['-purpose', 'sslserver'] } as const;
const asClient = { options: { extendedKeyUsages: ['clientAuth'] }, flags: ['-purpose', 'sslclient'] } as const;

const root = certify({ subject: 'C=US/O=Example/CN=Root', key: k('root'), ca: true });
const sub = certify({ subject: 'C=US/O=Example/CN=Sub', key: k('sub'), ca: true }, root);
const leaf = certify({ subject: 'C=US/O=Example/CN=gw', key: k('leaf'), altNames: ['DNS:gw.example.com'] }, sub);

/** Root, `depth` authorities, leaf. */
function tall(depth: number, pathLengths: Readonly<Record<number, number>> = {}): { certificate: Made; others: Made[]; anchors: Made[] } {
  const others: Made[] = [];
  let top = root;
  for (let i = 0; i < depth; i++) {
    const pathLength = pathLengths[i];
    top = certify({ subject: `CN=Level ${i}`, key: k(`level ${i}`), ca: true, ...(pathLength === undefined ? {} : { pathLength }) }, top);
    others.push(top);
  }
  return { certificate: certify({ subject: 'CN=far', key: k('far') }, top), others, anchors: [root] };
}

const leafOf = (more: Partial<Parameters<typeof certify>[0]>, issuer: Made = root): Made =>
  certify({ subject: 'CN=gw', key: k('leaf'), ...more }, issuer);
const subOf = (more: Partial<Parameters<typeof certify>[0]>, issuer: Made = root): Made =>
  certify({ subject: 'CN=Sub', key: k('sub'), ca: true, ...more }, issuer);
const under = (name: string, issuer: Made, more: Partial<Chain> = {}): Chain => ({
  name,
  certificate: leafOf({}, issuer),
  others: [issuer],
  anchors: [root],
  ...more,
});

export function basicChains(keys: RsaKeys): Chain[] {
  return [...shapes(), ...loops(), ...times(), ...authorities(), ...usages(), ...algorithms(keys)];
}

function shapes(): Chain[] {
  const impostor = certify({ subject: 'C=US/O=Example/CN=Root', key: k('impostor'), ca: true });
  const sameNameNoIds = certify({ subject: 'CN=Twin', key: k('twin 1'), ca: true, noKeyIds: true });
  const otherTwin = certify({ subject: 'CN=Twin', key: k('twin 2'), ca: true, noKeyIds: true });
  const byTwin = certify({ subject: 'CN=gw', key: k('leaf'), noKeyIds: true }, otherTwin);
  const loud = certify({ subject: 'C=US/O=EXAMPLE/CN=Sub  Authority', key: k('sub'), ca: true }, root);
  const quiet = certify(
    { subject: 'CN=gw', key: k('leaf') },
    { subject: 'C=US/O=Example/CN=sub authority', key: k('sub'), stringTag: 0x13 },
  );
  return [
    { name: 'three certificates', certificate: leaf, others: [sub], anchors: [root] },
    { name: 'the anchor among the others, too', certificate: leaf, others: [root, sub], anchors: [root] },
    { name: 'two certificates', certificate: leafOf({}), anchors: [root] },
    { name: 'an intermediate as anchor', certificate: leaf, anchors: [sub] },
    { name: 'the certificate itself as anchor', certificate: leaf, anchors: [leaf] },
    { name: 'a self-signed certificate as its own anchor', ...alone() },
    {
      name: 'a self-signed certificate that nobody trusts',
      certificate: certify({ subject: 'CN=alone', key: k('alone') }),
      anchors: [root],
    },
    { name: 'the intermediate is missing', certificate: leaf, anchors: [root] },
    { name: 'another anchor', certificate: leaf, others: [sub], anchors: [certify({ subject: 'CN=Other', key: k('other'), ca: true })] },
    { name: 'an anchor of the same name with another key', certificate: leaf, others: [sub], anchors: [impostor] },
    {
      name: 'two anchors of one name without key identifiers',
      certificate: byTwin,
      anchors: [sameNameNoIds, otherTwin],
      differs: firstOnly,
    },
    { name: 'names that differ in case, spaces and string type', certificate: quiet, others: [loud], anchors: [root] },
    { name: 'eight authorities', ...tall(8) },
    { name: 'eleven authorities', ...tall(11), differs: 'our default depth is 10' },
    { name: 'eleven authorities and a depth of 20', ...tall(11), options: { limits: { depth: 20 } } },
    { name: 'authorities in the wrong order', certificate: tall(4).certificate, others: tall(4).others.reverse(), anchors: [root] },
    { name: 'pathLenConstraint 0 above a leaf', ...tall(1, { 0: 0 }) },
    { name: 'pathLenConstraint 0 above an authority', ...tall(2, { 0: 0 }) },
    { name: 'pathLenConstraint 1 above one authority', ...tall(2, { 0: 1 }) },
    { name: 'pathLenConstraint 1 above two authorities', ...tall(3, { 0: 1 }) },
    selfIssued(),
    { name: 'pathLenConstraint 0 in the anchor', ...withAnchor(0) },
    { name: 'pathLenConstraint 1 in the anchor', ...withAnchor(1) },
  ];
}

function alone(): Pick<Chain, 'certificate' | 'anchors'> {
  const certificate = certify({ subject: 'CN=alone', key: k('alone') });
  return { certificate, anchors: [certificate] };
}

function withAnchor(pathLength: number): Pick<Chain, 'certificate' | 'others' | 'anchors'> {
  const anchor = certify({ subject: 'CN=Short', key: k('short'), ca: true, pathLength });
  const middle = subOf({}, anchor);
  return { certificate: leafOf({}, middle), others: [middle], anchors: [anchor] };
}

/** A new key of the same authority does not count for the length. */
function selfIssued(): Chain {
  const first = subOf({ pathLength: 0 });
  const second = subOf({ key: k('sub, new key') }, first);
  return {
    name: 'a self-issued certificate does not count for pathLenConstraint',
    certificate: leafOf({}, second),
    others: [first, second],
    anchors: [root],
  };
}

function loops(): Chain[] {
  const a = { subject: 'CN=A', key: k('A') };
  const b = { subject: 'CN=B', key: k('B') };
  const aByB = certify({ ...a, ca: true }, b);
  const bByA = certify({ ...b, ca: true }, a);
  const byA = leafOf({}, aByB);
  const bByRoot = certify({ ...b, ca: true }, root);
  const rootTwo = certify({ subject: 'CN=Root Two', key: k('root two'), ca: true });
  const crossed = certify({ subject: 'CN=Sub', key: k('sub'), ca: true }, rootTwo);
  const expired = subOf({ notAfter: today - day });
  const renewed = subOf({});
  const mesh = Array.from({ length: 5 }, (_, i) => ({ subject: `CN=Mesh ${i}`, key: k(`mesh ${i}`) }));
  const links = mesh.flatMap((x) => mesh.filter((y) => y !== x).map((y) => certify({ ...x, ca: true }, y)));
  const mouth = certify({ ...mesh[4]!, ca: true }, root);
  return [
    { name: 'a loop of two without an anchor', certificate: byA, others: [aByB, bByA], anchors: [root] },
    { name: 'a loop of two with a way out', certificate: byA, others: [aByB, bByA, bByRoot], anchors: [root], differs: firstOnly },
    {
      name: 'cross-signed, and only the second root is trusted',
      certificate: leafOf({}, crossed),
      others: [subOf({}), crossed],
      anchors: [rootTwo],
      differs: firstOnly,
    },
    {
      name: 'cross-signed, and both roots are trusted',
      certificate: leafOf({}, crossed),
      others: [subOf({}), crossed],
      anchors: [root, rootTwo],
    },
    { name: 'the same authority expired and renewed', certificate: leafOf({}, renewed), others: [expired, renewed], anchors: [root] },
    { name: 'a mesh of five without an anchor', certificate: leafOf({}, links[0]), others: links, anchors: [root] },
    {
      name: 'a mesh of five with one way out',
      certificate: leafOf({}, links[0]),
      others: [...links, mouth],
      anchors: [root],
      options: { limits: { signatures: 200, steps: 4096 } },
      differs: firstOnly,
    },
  ];
}

function times(): Chain[] {
  const at = (name: string, certificate: Made, others: readonly Made[] = [], more: Partial<Chain> = {}): Chain => ({
    name,
    certificate,
    others,
    anchors: [root],
    ...more,
  });
  const oldRoot = certify({ subject: 'CN=Old', key: k('old'), ca: true, notAfter: today - day });
  const early = subOf({ notBefore: today + day });
  const late = subOf({ notAfter: today - day });
  const exact = leafOf({ notBefore: today, notAfter: today + day });
  const long = leafOf({ notAfter: 2_840_140_800_000 });
  return [
    at('an expired leaf', leafOf({ notAfter: today - 1000 })),
    at('a leaf that is not yet valid', leafOf({ notBefore: today + 1000 })),
    at('an expired authority', leafOf({}, late), [late]),
    at('an authority that is not yet valid', leafOf({}, early), [early]),
    { name: 'an expired anchor', certificate: leafOf({}, oldRoot), anchors: [oldRoot] },
    at('the first second', exact, [], { at: today }),
    at('the second before', exact, [], { at: today - 1000 }),
    at('the last second', exact, [], { at: today + day, differs: 'RFC 5280 section 4.1.2.5 includes it; openssl does not' }),
    at('the second after', exact, [], { at: today + day + 1000 }),
    at('a GeneralizedTime in 2060', long),
    at('of the twentieth century', leafOf({ notBefore: -10 * 365 * day, notAfter: 10 * 365 * day }), [], { at: 0 }),
  ];
}

function authorities(): Chain[] {
  const ca = (critical: boolean): Uint8Array => extension('2.5.29.19', seq(der(0x01, Uint8Array.of(0xff))), critical);
  const signer = extension('2.5.29.15', bits(Uint8Array.of(0x04), 2), true);
  const oneRoot = certify({ subject: 'CN=One', key: k('one'), version: 1 });
  return [
    under('an authority with cA FALSE', subOf({ ca: false, keyUsage: 0x04 })),
    under('an authority without extensions', subOf({ bare: true })),
    under('an authority of version 1', subOf({ version: 1 })),
    under('an authority with keyUsage, but without basicConstraints', subOf({ bare: true, extensions: [signer] })),
    under('the same where it is allowed', subOf({ bare: true, extensions: [signer] }), {
      options: { allowMissingBasicConstraints: true },
      differs: 'openssl does not allow it',
    }),
    under('an authority with basicConstraints only', subOf({ bare: true, extensions: [ca(true)] })),
    under('basicConstraints that is not critical', subOf({ bare: true, extensions: [ca(false)] })),
    under('an authority without keyCertSign', subOf({ keyUsage: 0x80 })),
    { name: 'an anchor of version 1', certificate: leafOf({}, oneRoot), anchors: [oneRoot] },
    { name: 'a leaf of version 1', certificate: leafOf({ version: 1 }), anchors: [root] },
    {
      name: 'an authority as the end of a path',
      certificate: sub,
      anchors: [root],
      differs: 'its keyUsage has no digitalSignature: RFC 4945 section 5.1.3.2 has us refuse',
    },
    under('the leaf issues another leaf', leafOf({ keyUsage: null })),
  ];
}

function usages(): Chain[] {
  const one = (name: string, plan: Partial<Parameters<typeof certify>[0]>, more: Partial<Chain> = {}): Chain => ({
    name,
    certificate: leafOf(plan),
    anchors: [root],
    ...more,
  });
  const forClients = subOf({ eku: [clientAuth] });
  return [
    one('no keyUsage', { keyUsage: null }),
    one('nonRepudiation', { keyUsage: 0x40 }),
    one('keyEncipherment only, as a client', { keyUsage: 0x20 }, asClient),
    one('keyEncipherment only', { keyUsage: 0x20 }, { differs: 'openssl has no purpose of IKE; RFC 4945 section 5.1.3.2 has us refuse' }),
    one('serverAuth where that is wanted', { eku: [serverAuth] }, asServer),
    one('clientAuth where serverAuth is wanted', { eku: [clientAuth] }, asServer),
    one('serverAuth where clientAuth is wanted', { eku: [serverAuth] }, asClient),
    one('both where clientAuth is wanted', { eku: [serverAuth, clientAuth] }, asClient),
    one(
      'anyExtendedKeyUsage where serverAuth is wanted',
      { eku: ['2.5.29.37.0'] },
      { ...asServer, differs: 'openssl wants the usage itself; RFC 4945 section 5.1.3.12 takes anyExtendedKeyUsage' },
    ),
    one('id-kp-ipsecIKE', { eku: ['1.3.6.1.5.5.7.3.17'] }),
    one('iKEIntermediate', { eku: ['1.3.6.1.5.5.8.2.2'] }),
    one(
      'serverAuth where that is not wanted',
      { eku: [serverAuth] },
      { differs: 'openssl has no purpose of IKE; RFC 4945 section 5.1.3.12 has us refuse' },
    ),
    {
      name: 'a leaf for servers below an authority for clients',
      certificate: leafOf({ eku: [serverAuth] }, forClients),
      others: [forClients],
      anchors: [root],
      ...asServer,
    },
    {
      name: 'a leaf for clients below an authority for clients',
      certificate: leafOf({ eku: [clientAuth] }, forClients),
      others: [forClients],
      anchors: [root],
      ...asClient,
    },
  ];
}

/** The anchor has the name and another key. */
function otherEdwards(): Partial<Chain> {
  const signer = { subject: 'CN=Edwards', key: k('edwards', 'Ed25519') };
  const anchor = certify({ ...signer, key: k('edwards, other', 'Ed25519'), ca: true, noKeyIds: true });
  return { certificate: certify({ subject: 'CN=gw', key: k('leaf'), noKeyIds: true }, signer), others: [], anchors: [anchor] };
}

function algorithms(keys: RsaKeys): Chain[] {
  const by = (name: string, key: Made['key'], more: Partial<Chain> = {}): Chain => {
    const anchor = certify({ subject: `CN=${name}`, key, ca: true });
    const middle = certify({ subject: 'CN=Sub', key, ca: true }, anchor);
    return { name, certificate: leafOf({}, middle), others: [middle], anchors: [anchor], ...more };
  };
  const flipped = leaf.der.slice();
  flipped[flipped.length - 1]! ^= 1;
  const changed = leaf.der.slice();
  changed[40]! ^= 1;
  return [
    by('ECDSA P-384', k('384', 'P-384')),
    by('Ed25519', k('edwards', 'Ed25519')),
    by('Ed448', k('edwards 448', 'Ed448')),
    by('Ed25519, and another key of that name', k('edwards', 'Ed25519'), otherEdwards()),
    by('RSA PKCS #1 v1.5', keys.rsa),
    by('RSA with SHA-512', keys.rsaSha512),
    by('RSASSA-PSS by an RSA key', keys.pss),
    by('RSASSA-PSS by a key for that alone', keys.pssOnly),
    by('RSA with SHA-1', keys.rsaSha1),
    by('RSA with SHA-1 where that is allowed', keys.rsaSha1, { options: { allowSha1: true }, flags: ['-auth_level', '0'] }),
    by('RSA with 1024 bits', keys.rsa1024),
    by('RSA with 1024 bits where that is allowed', keys.rsa1024, { options: { minRsaBits: 1024 }, flags: ['-auth_level', '1'] }),
    by('ECDSA with SHA-1', k('sha1', 'P-256-SHA1')),
    { name: 'a leaf whose own RSA key is short', certificate: leafOf({ key: keys.rsa1024 }), anchors: [root] },
    { name: 'a signature with one bit wrong', certificate: flipped, others: [sub], anchors: [root] },
    { name: 'a certificate with one bit wrong', certificate: changed, others: [sub], anchors: [root] },
    {
      name: 'two signature algorithms in one certificate',
      certificate: leafOf({ outerAlgorithm: seq(oid('1.2.840.10045.4.3.3')) }),
      anchors: [root],
    },
  ];
}
