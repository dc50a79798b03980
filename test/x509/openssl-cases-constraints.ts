/** Chains: name constraints of all kinds, policies. */
import type { Chain } from './openssl-cases.js';
import { certify, der, explicit, extension, generalName, implicit, int, keyOf, type Made, oid, type Plan, seq } from './maker.js';

const k = keyOf;
const root = certify({ subject: 'C=US/O=Example/CN=Root', key: k('root'), ca: true });

type Names = Pick<Plan, 'permitted' | 'excluded'>;

/** Root, an authority with these constraints, a leaf with these names. */
function named(name: string, rules: Names, altNames: readonly string[], more: Partial<Chain> & { readonly subject?: string } = {}): Chain {
  const { subject = 'C=US/O=Example/OU=Gateways/CN=gw', ...rest } = more;
  const sub = certify({ subject: 'C=US/O=Example/CN=Sub', key: k('sub'), ca: true, ...rules }, root);
  const certificate = certify({ subject, key: k('leaf'), ...(altNames.length > 0 ? { altNames } : {}) }, sub);
  return { name: `name constraints: ${name}`, certificate, others: [sub], anchors: [root], ...rest };
}

export function constraintChains(): Chain[] {
  return [...dns(), ...others(), ...shapes(), ...policies()];
}

function dns(): Chain[] {
  const p = { permitted: ['DNS:example.com'] };
  const e = { excluded: ['DNS:evil.example.com'] };
  return [
    named('permitted DNS, the domain itself', p, ['DNS:example.com']),
    named('permitted DNS, a host below', p, ['DNS:gw.example.com']),
    named('permitted DNS, in capitals', p, ['DNS:GW.EXAMPLE.COM']),
    named('permitted DNS, another domain', p, ['DNS:gw.example.org']),
    named('permitted DNS, a domain that only ends so', p, ['DNS:badexample.com']),
    named('permitted DNS, one of two names', p, ['DNS:gw.example.com', 'DNS:gw.example.org']),
    named('permitted DNS, a name of another kind', p, ['email:a@example.org']),
    named('permitted DNS with a dot, a host below', { permitted: ['DNS:.example.com'] }, ['DNS:gw.example.com']),
    named('permitted DNS with a dot, the domain itself', { permitted: ['DNS:.example.com'] }, ['DNS:example.com']),
    named('permitted DNS, two domains', { permitted: ['DNS:example.com', 'DNS:example.org'] }, [
      'DNS:gw.example.org',
      'DNS:gw.example.com',
    ]),
    named('permitted DNS, none', { permitted: ['DNS:'] }, ['DNS:gw.example.org']),
    named('excluded DNS, another host', e, ['DNS:gw.example.com']),
    named('excluded DNS, the host', e, ['DNS:evil.example.com']),
    named('excluded DNS, a host below', e, ['DNS:very.evil.example.com']),
    named('excluded DNS, all', { excluded: ['DNS:'] }, ['DNS:gw.example.com']),
    named('excluded DNS inside of permitted', { ...p, ...e }, ['DNS:evil.example.com']),
    named('permitted DNS, a host as common name', p, [], { subject: 'CN=gw.example.org' }),
    named('permitted DNS, a permitted host as common name', p, [], { subject: 'CN=gw.example.com' }),
    named('excluded DNS, a wildcard that may stand for it', e, ['DNS:*.example.com'], {
      differs: 'a wildcard below example.com speaks for the excluded host, too; openssl compares the text only',
    }),
  ];
}

function others(): Chain[] {
  const net = { permitted: ['IP:0a000000ff000000'] };
  return [
    named('permitted mail, the host', { permitted: ['email:example.com'] }, ['email:a@example.com']),
    named('permitted mail, a host below', { permitted: ['email:example.com'] }, ['email:a@mail.example.com']),
    named('permitted mail, below a dot', { permitted: ['email:.example.com'] }, ['email:a@mail.example.com']),
    named('permitted mail, the domain below a dot', { permitted: ['email:.example.com'] }, ['email:a@example.com']),
    named('permitted mail, the box', { permitted: ['email:a@example.com'] }, ['email:a@example.com']),
    named('permitted mail, another box', { permitted: ['email:a@example.com'] }, ['email:b@example.com']),
    named('permitted mail, the box in capitals', { permitted: ['email:a@example.com'] }, ['email:A@example.com']),
    named('excluded mail, the box', { excluded: ['email:a@example.com'] }, ['email:a@EXAMPLE.com']),
    named('excluded mail, the host', { excluded: ['email:example.com'] }, ['email:a@example.com']),
    named('permitted mail, an address in the subject', { permitted: ['email:example.com'] }, [], { subject: 'C=US/E=a@example.org' }),
    named('excluded mail, an address in the subject', { excluded: ['email:example.org'] }, ['DNS:gw.example.com'], {
      subject: 'C=US/E=a@example.org',
    }),
    named('permitted addresses, one of them', net, ['IP:0a010203']),
    named('permitted addresses, another', net, ['IP:0b010203']),
    named('permitted addresses, IPv6 beside IPv4', net, ['IP:20010db8000000000000000000000001']),
    named('permitted IPv6, one of them', { permitted: ['IP:20010db8000000000000000000000000ffffffff000000000000000000000000'] }, [
      'IP:20010db8000000000000000000000001',
    ]),
    named('permitted IPv6, another', { permitted: ['IP:20010db8000000000000000000000000ffffffff000000000000000000000000'] }, [
      'IP:20010db9000000000000000000000001',
    ]),
    named('excluded addresses, one of them', { excluded: ['IP:0a000000ff000000'] }, ['IP:0a010203']),
    named('excluded addresses, another', { excluded: ['IP:0a000000ff000000'] }, ['IP:0b010203']),
    named('permitted names, below', { permitted: ['dir:C=US/O=Example'] }, ['DNS:gw.example.com']),
    named('permitted names, in other letters', { permitted: ['dir:C=US/O=EXAMPLE'] }, ['DNS:gw.example.com']),
    named('permitted names, elsewhere', { permitted: ['dir:C=US/O=Other'] }, ['DNS:gw.example.com']),
    named('permitted names, a subject that is shorter', { permitted: ['dir:C=US/O=Example/OU=Gateways'] }, [], {
      subject: 'C=US/O=Example',
    }),
    named('permitted names, no subject', { permitted: ['dir:C=US/O=Other'] }, ['DNS:gw.example.com'], { subject: '' }),
    named('permitted names, a directoryName elsewhere', { permitted: ['dir:C=US/O=Example'] }, ['dir:C=US/O=Other']),
    named('excluded names, below', { excluded: ['dir:C=US/O=Example/OU=Gateways'] }, ['DNS:gw.example.com']),
    named('excluded names, elsewhere', { excluded: ['dir:C=US/O=Example/OU=Clients'] }, ['DNS:gw.example.com']),
    named('excluded names, all', { excluded: ['dir:'] }, ['DNS:gw.example.com']),
    named('excluded names, two attributes in one relative name are not two relative names', { excluded: ['dir:C=US/O=Example'] }, [], {
      subject: 'C=US+O=Example/CN=gw',
    }),
    named('permitted URI, the host', { permitted: ['URI:www.example.com'] }, ['URI:https://www.example.com/a']),
    named('permitted URI, a host below', { permitted: ['URI:example.com'] }, ['URI:https://www.example.com/a']),
    named('permitted URI, below a dot', { permitted: ['URI:.example.com'] }, ['URI:https://www.example.com:8443/a']),
    named('permitted URI, another host', { permitted: ['URI:.example.com'] }, ['URI:https://www.example.org/']),
    named('permitted URI, a user who looks like a host', { permitted: ['URI:www.example.com'] }, [
      'URI:https://www.example.com@www.example.org/',
    ]),
    named('permitted URI, none with a host', { permitted: ['URI:.example.com'] }, ['URI:urn:example:a']),
    named('excluded URI, the host', { excluded: ['URI:www.example.com'] }, ['URI:https://www.example.com/']),
    named('excluded URI, another', { excluded: ['URI:www.example.com'] }, ['URI:https://www.example.org/']),
    named('a kind that nobody compares, and no such name', { permitted: ['RID:1.2.3.4'] }, ['DNS:gw.example.com']),
    named('a kind that nobody compares, and such a name', { permitted: ['RID:1.2.3.4'] }, ['RID:1.2.3.4']),
    named('excluded: a kind that nobody compares, and such a name', { excluded: ['RID:1.2.3.4'] }, ['RID:1.2.3.5']),
  ];
}

function shapes(): Chain[] {
  const tall = (name: string, first: Names, second: Names, altNames: readonly string[], middle = 'C=US/O=Example/CN=Sub'): Chain => {
    const one = certify({ subject: 'C=US/O=Example/CN=One', key: k('one'), ca: true, ...first }, root);
    const two = certify({ subject: middle, key: k('two'), ca: true, ...second }, one);
    return {
      name: `name constraints: ${name}`,
      certificate: certify({ subject: 'C=US/O=Example/CN=gw', key: k('leaf'), altNames }, two),
      others: [one, two],
      anchors: [root],
    };
  };
  const strict = certify({ subject: 'CN=Strict', key: k('strict'), ca: true, permitted: ['DNS:example.com'] });
  const byStrict = (text: string): Made => certify({ subject: 'CN=gw', key: k('leaf'), altNames: [text] }, strict);
  const range = extension('2.5.29.30', seq(explicit(0, seq(generalName('DNS:example.com'), implicit(0, int(1).subarray(2))))), true);
  const ranged = certify({ subject: 'CN=Ranged', key: k('ranged'), ca: true, extensions: [range] }, root);
  const first = certify({ subject: 'CN=Roll', key: k('roll 1'), ca: true, permitted: ['dir:O=Elsewhere'] }, root);
  const second = certify({ subject: 'CN=Roll', key: k('roll 2'), ca: true }, first);
  return [
    tall('both authorities permit it', { permitted: ['DNS:example.com'] }, { permitted: ['DNS:gw.example.com'] }, ['DNS:gw.example.com']),
    tall(
      'the second one widens what the first permits',
      { permitted: ['DNS:gw.example.com'] },
      { permitted: ['DNS:example.com', 'DNS:example.org'] },
      ['DNS:other.example.com'],
    ),
    tall('the first excludes what the second permits', { excluded: ['DNS:example.com'] }, { permitted: ['DNS:example.com'] }, [
      'DNS:gw.example.com',
    ]),
    tall('kinds of both', { permitted: ['DNS:example.com'] }, { permitted: ['IP:0a000000ff000000'] }, [
      'DNS:gw.example.com',
      'IP:0a000001',
    ]),
    tall(
      'the second authority has a name that the first may not give',
      { permitted: ['dir:C=US/O=Example'] },
      {},
      ['DNS:gw.example.com'],
      'C=US/O=Other',
    ),
    { name: 'name constraints: of the anchor, kept', certificate: byStrict('DNS:gw.example.com'), anchors: [strict] },
    { name: 'name constraints: of the anchor, broken', certificate: byStrict('DNS:gw.example.org'), anchors: [strict] },
    {
      name: 'name constraints: with a minimum',
      certificate: certify({ subject: 'CN=gw', key: k('leaf'), altNames: ['DNS:gw.example.com'] }, ranged),
      others: [ranged],
      anchors: [root],
    },
    {
      name: 'name constraints: a self-issued authority is not held to them, the leaf is',
      certificate: certify({ subject: 'O=Elsewhere/CN=gw', key: k('leaf') }, second),
      others: [first, second],
      anchors: [root],
    },
  ];
}

/** Each authority's policies, constraints and mappings. */
function policies(): Chain[] {
  const [p1, p2, p3, any] = ['1.2.3.1', '1.2.3.2', '1.2.3.3', '2.5.29.32.0'];
  const explicitPolicy = (n: number): Uint8Array => extension('2.5.29.36', seq(implicit(0, Uint8Array.of(n))), true);
  const noMapping = (n: number): Uint8Array =>
    extension('2.5.29.36', seq(implicit(0, Uint8Array.of(0)), implicit(1, Uint8Array.of(n))), true);
  const noAny = (n: number): Uint8Array => extension('2.5.29.54', der(0x02, Uint8Array.of(n)), true);
  const map = (...pairs: (readonly [string, string])[]): Uint8Array =>
    extension('2.5.29.33', seq(...pairs.map(([a, b]) => seq(oid(a), oid(b)))), true);
  const on = { flags: ['-policy_check', '-policy', any] };
  const wanted = (...list: string[]): Partial<Chain> => ({
    options: { policies: list },
    flags: ['-policy_check', '-explicit_policy', ...list.flatMap((id) => ['-policy', id])],
  });
  const chain = (name: string, plans: readonly Partial<Plan>[], more: Partial<Chain> = on): Chain => {
    let top = root;
    const list = plans.map(
      (plan, i) => (top = certify({ subject: `CN=Policy ${i}`, key: k(`policy ${i}`), ca: i < plans.length - 1, ...plan }, top)),
    );
    return { name: `policies: ${name}`, certificate: list.at(-1)!, others: list.slice(0, -1), anchors: [root], ...more };
  };
  return [
    chain('none, and none demanded', [{}, {}]),
    chain('none, and one demanded by the authority', [{ extensions: [explicitPolicy(0)] }, {}]),
    chain('the same in both', [{ policies: [p1], extensions: [explicitPolicy(0)] }, { policies: [p1] }]),
    chain('different ones', [{ policies: [p1], extensions: [explicitPolicy(0)] }, { policies: [p2] }]),
    chain('any above, one below', [{ policies: [any], extensions: [explicitPolicy(0)] }, { policies: [p2] }]),
    chain('one above, any below', [{ policies: [p1], extensions: [explicitPolicy(0)] }, { policies: [any] }]),
    chain('any is inhibited', [{ policies: [p1], extensions: [explicitPolicy(0), noAny(0)] }, { policies: [any] }]),
    chain('any is inhibited later', [{ policies: [p1], extensions: [explicitPolicy(0), noAny(1)] }, { policies: [any] }]),
    chain('demanded after one more', [{ extensions: [explicitPolicy(1)] }, {}, {}]),
    chain('demanded after three more', [{ extensions: [explicitPolicy(3)] }, {}, {}]),
    chain('mapped', [{ policies: [p1], extensions: [explicitPolicy(0), map([p1, p2])] }, { policies: [p2] }]),
    chain('mapped, and the old one below', [{ policies: [p1], extensions: [explicitPolicy(0), map([p1, p2])] }, { policies: [p1] }]),
    chain('mapped twice', [
      { policies: [p1], extensions: [explicitPolicy(0), map([p1, p2])] },
      { policies: [p2], extensions: [map([p2, p3])] },
      { policies: [p3] },
    ]),
    chain('mapped where mapping is inhibited', [
      { policies: [p1], extensions: [noMapping(0)] },
      { policies: [p1], extensions: [map([p1, p2])] },
      { policies: [p2] },
    ]),
    chain('a mapping from any', [{ policies: [any], extensions: [map([any, p2])] }, { policies: [p2] }]),
    chain('the wanted one', [{ policies: [p1] }, { policies: [p1] }], wanted(p1)),
    chain('another than the wanted one', [{ policies: [p2] }, { policies: [p2] }], wanted(p1)),
    chain('the wanted one under any', [{ policies: [any] }, { policies: [p1] }], wanted(p1)),
    chain('any, where one is wanted', [{ policies: [any] }, { policies: [any] }], wanted(p1)),
    chain('the wanted one after mapping', [{ policies: [p1], extensions: [map([p1, p2])] }, { policies: [p2] }], wanted(p1)),
    chain('a wanted one that is only mapped to', [{ policies: [p1], extensions: [map([p1, p2])] }, { policies: [p2] }], wanted(p2)),
  ];
}
