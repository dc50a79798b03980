/** Chains: revocation lists. */
import type { Chain } from './openssl-cases.js';
import {
  certify,
  day,
  der,
  explicit,
  extension,
  generalName,
  implicit,
  int,
  keyOf,
  list,
  type ListPlan,
  type Made,
  seq,
  today,
} from './maker.js';

const k = keyOf;
const root = certify({ subject: 'CN=Root', key: k('root'), ca: true });
const sub = certify({ subject: 'CN=Sub', key: k('sub'), ca: true, crlUrl: 'http://crl.example.com/root' }, root);
const leaf = certify({ subject: 'CN=gw', key: k('leaf'), crlUrl: 'http://crl.example.com/sub' }, sub);
const flags = ['-crl_check_all'];
const options = { revocation: 'required' } as const;

const scope = (...parts: Uint8Array[]): Uint8Array => extension('2.5.29.28', seq(...parts), true);
const place = (url: string): Uint8Array => explicit(0, explicit(0, generalName(`URI:${url}`)));
const yes = Uint8Array.of(0xff);

export function revocationChains(): Chain[] {
  const both = (name: string, ofSub: ListPlan | undefined, ofRoot: ListPlan | null = {}, more: Partial<Chain> = {}): Chain => ({
    name: `revocation: ${name}`,
    certificate: leaf,
    others: [sub],
    anchors: [root],
    crls: [...(ofSub ? [list(sub, ofSub)] : []), ...(ofRoot ? [list(root, ofRoot)] : [])],
    options,
    flags,
    ...more,
  });
  const impostor: Made = { ...sub, key: k('impostor') };
  const mute = certify({ subject: 'CN=Mute', key: k('mute'), ca: true, keyUsage: 0x04 }, root);
  const unknown = extension('1.3.6.1.4.1.55555.1', int(1), true);
  return [
    both('nobody is', {}),
    both('others are', { revoked: [1, 2, 3] }),
    both('the leaf is', { revoked: [5, leaf.serial] }),
    both('the leaf is, for its key', { revoked: [leaf.serial], reason: 1 }),
    both('the leaf is on hold', { revoked: [leaf.serial], reason: 6 }),
    both('the authority is', {}, { revoked: [sub.serial] }),
    both('the leaf is, and nothing is required', { revoked: [leaf.serial] }, {}, { options: {} }),
    both('the list of the leaf is missing', undefined),
    both('the list of the authority is missing', {}, null),
    both('no list', undefined, null),
    both('no list, and none required', undefined, null, { options: {}, flags: [] }),
    both('an old list', { nextUpdate: today - 1000 }),
    both(
      'an old list, and none required',
      { nextUpdate: today - 1000 },
      {},
      { options: {}, differs: 'openssl refuses an old list where it looks at lists at all; if-available takes it as none' },
    ),
    both('an old list that has the leaf', { revoked: [leaf.serial], nextUpdate: today - 1000 }),
    both('a list of tomorrow', { thisUpdate: today + day, nextUpdate: today + 2 * day }),
    both(
      'a list without an end',
      { nextUpdate: null },
      {},
      { differs: 'RFC 5280 section 5.1.2.5 demands nextUpdate; openssl takes such a list for ever' },
    ),
    both(
      'a delta',
      { extensions: [extension('2.5.29.27', int(1), true)] },
      {},
      { releasesDiffer: 'RFC 4945 section 5.2.2.4.1 has us refuse; so has openssl since 3.0.22, which took it for a whole list before' },
    ),
    both('an unknown critical extension', { extensions: [unknown] }),
    both('for this place', { extensions: [scope(place('http://crl.example.com/sub'))] }),
    both('for another place', { extensions: [scope(place('http://crl.example.com/other'))] }),
    both('for users', { extensions: [scope(implicit(1, yes))] }),
    both('for authorities', { extensions: [scope(implicit(2, yes))] }),
    both('for users, of the root', {}, { extensions: [scope(implicit(1, yes))] }),
    both('for some reasons', { extensions: [scope(der(0x83, Uint8Array.of(6, 0x40)))] }),
    both('indirect', { extensions: [scope(implicit(4, yes))] }),
    both('signed by another key', undefined, {}, { crls: [list(impostor), list(root)] }),
    {
      name: 'revocation: an authority without cRLSign',
      certificate: certify({ subject: 'CN=gw', key: k('leaf') }, mute),
      others: [mute],
      anchors: [root],
      crls: [list(mute), list(root)],
      options,
      flags,
    },
  ];
}
