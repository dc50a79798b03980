import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { authorizeChild, createPad, explainPeer, findPeer, formatPadId, type PadEntryConfig, parsePadId } from '../../src/pad.js';
import {
  decodeIdentity,
  formatTrafficSelector,
  type Identity,
  parseIdentity,
  parseSelector,
  type TrafficSelector,
  trafficSelectorsOf,
} from '../../src/traffic-selector.js';

const authentication = { protocol: 'IKEv2', method: 'pre-shared-key' };
const named = (id: string): PadEntryConfig => ({ name: id, id, authentication, child: { lookup: 'id' } });
const claims = (...texts: string[]): readonly TrafficSelector[] => trafficSelectorsOf(texts.map((t) => parseSelector(t))).remote;

describe('RFC 4301 section 4.4.3.1: PAD Entry IDs and Matching Rules', () => {
  const takes = (id: string, identity: string): boolean => findPeer(createPad([named(id)]), parseIdentity(identity)) !== undefined;
  it.each([
    // "A DNS name may be fully qualified and thus match exactly one name, e.g., foo.example.com."
    ['foo.example.com', 'foo.example.com', true],
    ['foo.example.com', 'FOO.Example.com', true],
    ['foo.example.com', 'bar.foo.example.com', false],
    // "the string ".example.com" could be used to match any DNS name ending in these two domain name components."
    ['.example.com', 'foo.example.com', true],
    ['.example.com', 'a.b.example.com', true],
    ['.example.com', 'example.com', false],
    ['.example.com', 'fooexample.com', false],
    ['.example.com', 'foo@bar.example.com', false],
    // "a Distinguished Name may specify a complete Distinguished Name to match exactly one entry"
    ['CN = Stephen, O = BBN Technologies, SP = MA, C = US', 'CN=Stephen,O=BBN Technologies,ST=MA,C=US', true],
    ['CN = Stephen, O = BBN Technologies, SP = MA, C = US', 'CN=Karen,O=BBN Technologies,ST=MA,C=US', false],
    // "an entry of the form "C = US, SP = MA" might be used to match all DNs that contain these two attributes as the top two"
    ['*, SP = MA, C = US', 'CN=Karen,O=BBN Technologies,ST=MA,C=US', true],
    ['*, SP = MA, C = US', 'CN=Karen,ST=MA,O=BBN Technologies,C=US', false],
    // "A complete address such as foo@example.com matches one entity"
    ['foo@example.com', 'foo@example.com', true],
    ['foo@example.com', 'bar@example.com', false],
    // "a sub-tree name such as "@example.com" could be used to match all the entities"
    ['@example.com', 'foo@example.com', true],
    ['@example.com', 'foo@EXAMPLE.com', true],
    ['@example.com', 'foo@badexample.com', false],
    ['@example.com', 'foo@mail.example.com', false],
    ['@.example.com', 'foo@mail.example.com', true],
    ['@.example.com', 'foo@example.com', false],
    // "an individual address (via a trivial range), an address prefix ..., or an arbitrary address range"
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.5-192.0.2.9', '192.0.2.10', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '192.0.2.1', false],
    ['0.0.0.0/0', '::1', false],
    // "For this name type, only exact-match syntax MUST be supported"
    ['ID_KEY_ID:0102', 'ID_KEY_ID:0102', true],
    ['ID_KEY_ID:0102', 'ID_KEY_ID:010203', false],
    ['*', 'ID_KEY_ID:010203', true],
    ['*', '192.0.2.1', true],
  ])('%s takes %s: %s', (id, identity, expected) => {
    expect(takes(id, identity)).toBe(expected);
    expect(formatPadId(parsePadId(formatPadId(parsePadId(id))))).toBe(formatPadId(parsePadId(id)));
  });
  it('a peer that asserts the pattern itself is none of the group', () => {
    const pad = createPad([named('.example.com'), named('@example.com')]);
    const asserted = (type: number, text: string): Identity => decodeIdentity(type, new TextEncoder().encode(text));
    expect(findPeer(pad, asserted(2, '.example.com'))).toBeUndefined();
    expect(findPeer(pad, asserted(3, '@example.com'))).toBeUndefined();
    expect(findPeer(pad, asserted(2, 'x.example.com'))?.name).toBe('.example.com');
  });
  it('"The PAD is an ordered database"', () => {
    const pad = createPad([named('vpn.example.com'), named('.example.com'), named('*')]);
    expect(findPeer(pad, parseIdentity('vpn.example.com'))?.name).toBe('vpn.example.com');
    expect(findPeer(pad, parseIdentity('www.example.com'))?.name).toBe('.example.com');
    expect(findPeer(pad, parseIdentity('192.0.2.1'))?.name).toBe('*');
  });
  it('says why there is no peer', () => {
    const pad = createPad([named('vpn.example.com'), named('192.0.2.1')]);
    expect(explainPeer(pad, parseIdentity('www.example.com'))).toBe(
      'ID_FQDN www.example.com is not in the PAD; entries of its type: vpn.example.com',
    );
    expect(explainPeer(pad, parseIdentity('a@b.c'))).toBe('ID_RFC822_ADDR a@b.c is not in the PAD; no entry is of type ID_RFC822_ADDR');
    expect(explainPeer(pad, parseIdentity('192.0.2.1'))).toBeUndefined();
  });
  it('no identity takes another by accident', () => {
    const label = fc.stringMatching(/^[a-z]{1,3}$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(takes(`.${a}`, b)).toBe(b !== a && b.split('.').slice(-a.split('.').length).join('.') === a);
        expect(takes(a, b)).toBe(a === b);
        expect(takes(`@${a}`, `x@${b}`)).toBe(a === b);
      }),
    );
  });
});

describe('RFC 4301 section 4.4.3.3: Child SA Authorization Data', () => {
  const pad = createPad([
    {
      id: 'gw.example.com',
      authentication,
      child: { lookup: 'traffic-selectors', addresses: ['10.2.0.0/16', '10.4.0.0-10.4.0.99', '2001:db8:2::/48'] },
    },
    { id: '@example.com', authentication, child: { lookup: 'id' } },
    { id: '.pool.example.com', authentication, child: { lookup: 'id', addresses: ['10.9.0.0/16'] } },
  ]);
  const verdictOf = (id: string, ...texts: string[]): ReturnType<typeof authorizeChild> => {
    const identity = parseIdentity(id);
    return authorizeChild(findPeer(pad, identity)!, identity, claims(...texts));
  };
  it('a peer may claim the addresses of its entry, "for both address types"', () => {
    expect(verdictOf('gw.example.com', '10.2.3.0/24 tcp 443')).toEqual({ ok: true, lookup: { by: 'addresses' } });
    expect(verdictOf('gw.example.com', '2001:db8:2:1::/64', '10.4.0.7')).toEqual({ ok: true, lookup: { by: 'addresses' } });
  });
  it('and no others: "to prevent an authenticated peer from spoofing IDs associated with other, legitimate peers"', () => {
    const verdict = verdictOf('gw.example.com', '10.3.0.0/16');
    expect(verdict).toMatchObject({ ok: false, narrowed: [] });
    expect(!verdict.ok && verdict.explanation).toBe(
      'the peer claims 10.3.0.0/16, but 10.3.0.0/16 is not among the addresses it may claim: 10.2.0.0/16, 10.4.0.0-10.4.0.99, 2001:db8:2::/48',
    );
  });
  it('a claim that is too wide is refused with what a responder can narrow to', () => {
    const verdict = verdictOf('gw.example.com', '10.2.0.1 tcp 80', '10.0.0.0/8');
    expect(verdict.ok).toBe(false);
    if (verdict.ok) return;
    expect(verdict.explanation).toContain('but 10.0.0.0/15 is not among');
    expect(verdict.narrowed.map(formatTrafficSelector)).toEqual(['10.2.0.1 tcp 80', '10.2.0.0/16', '10.4.0.0-10.4.0.99']);
  });
  it('"If the entry indicates that the IKE ID is to be used, then the PAD entry ID field defines the authorized set of IDs."', () => {
    expect(verdictOf('mozart@example.com', '10.77.0.1')).toEqual({
      ok: true,
      lookup: { by: 'name', identity: parseIdentity('mozart@example.com') },
    });
    const verdict = authorizeChild(pad.entries[1]!, parseIdentity('salieri@example.org'), claims('10.77.0.1'));
    expect(!verdict.ok && verdict.explanation).toContain('is not among the identities of this PAD entry, @example.com');
  });
  it('road warriors may be kept to their pool', () => {
    expect(verdictOf('a.pool.example.com', '10.9.1.1').ok).toBe(true);
    expect(verdictOf('a.pool.example.com', '10.8.1.1').ok).toBe(false);
  });
  it('a claim of nothing is no claim', () => {
    expect(authorizeChild(pad.entries[1]!, parseIdentity('mozart@example.com'), []).ok).toBe(false);
  });
});

describe('a wrong PAD is refused with its path', () => {
  const good = named('foo.example.com');
  it.each<[object, string]>([
    [{ id: 'a b' }, 'peers.0.id'],
    [{ id: '10.0.0.1/8' }, 'peers.0.id'],
    [{ authentication: { protocol: '', method: 'x' } }, 'peers.0.authentication.protocol'],
    [{ authentication: { protocol: 'IKEv2' } }, 'peers.0.authentication.method'],
    [{ child: { lookup: 'name' } }, 'peers.0.child.lookup'],
    [{ child: { lookup: 'traffic-selectors' } }, 'peers.0.child.addresses'],
    [{ child: { lookup: 'id', addresses: ['10.0.0.0/8', '10.0.0.0/99'] } }, 'peers.0.child.addresses.1'],
  ])('%j', (change, path) => {
    let error: unknown;
    try {
      createPad([{ ...good, ...change }]);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect((error as IpsecError).code).toBe('invalid-config');
    expect((error as IpsecError).path).toBe(path);
  });
});
