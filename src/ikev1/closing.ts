/**
 * The end of an IKE SA: its Child SAs go, its keys are wiped, what was reserved is given back.
 *
 * @module
 */
import { EMPTY, concat } from '../bytes.js';
import type { IpsecError } from '../errors.js';
import type { Secret } from '../keying/machine.js';
import type { Ikev1Action, Outcome } from './events.js';
import type { PayloadOfType } from './payload-cases.js';
import type { QuickOffer } from './quick-types.js';
import type { About, FirstMessage, GrantedChild } from './requests.js';
import { type Closed, isAuthenticated, type Living, type Phase1Crypto } from './states.js';

/** Gives back what an offer of a Child SA has reserved. */
export function dropOffer({ spi, cpi, keyExchange }: QuickOffer): Ikev1Action[] {
  return [
    { type: 'releaseSpi', spi },
    ...(cpi === undefined ? [] : [{ type: 'releaseCpi' as const, cpi }]),
    ...(keyExchange ? [{ type: 'wipe' as const, secrets: [keyExchange.exchange] }] : []),
  ];
}

/** Gives back what a pair that never came into the SAD has reserved, and wipes its keys. */
export function dropGranted({ child: { spiIn, ipcomp }, keys }: GrantedChild): Ikev1Action[] {
  const both = keys.ah ? [keys, keys.ah] : [keys];
  const secrets = both
    .flatMap(({ inbound, outbound }) => [inbound, outbound])
    .flatMap(({ encryption, integrity }) => [encryption, integrity])
    .filter((key) => key !== undefined);
  return [
    { type: 'releaseSpi', spi: spiIn },
    ...(ipcomp ? [{ type: 'releaseCpi' as const, cpi: ipcomp.cpiIn }] : []),
    { type: 'wipe', secrets },
  ];
}

/** Gives back what an exchange has reserved that comes to nothing. */
export function dropExchange(about: About): Ikev1Action[] {
  switch (about.kind) {
    case 'quick-offered':
      return dropOffer(about.offer);
    case 'quick-answered':
    case 'quick-committed':
      return about.granted.flatMap(dropGranted);
    default:
      return [];
  }
}

/**
 * Ends an IKE SA at once, without a word to the peer.
 *
 * @param reason in a word, for people.
 * @param error why, where something went wrong.
 */
export function closeSa(sa: Living, reason: string, error: IpsecError | undefined): Outcome<Closed> {
  const { version, role, spiI, spiR, path, createdAt, phase1, nextFragmentId, abilities } = sa;
  const deadlines = { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity };
  const nothing = { fragments: undefined, waiting: undefined, refusal: undefined, first: undefined };
  const base = { version, role, spiI, spiR, path, createdAt, deadlines, phase1, nextFragmentId, abilities, ...nothing };
  return { sa: { ...base, state: 'CLOSED', reason }, actions: [...releaseAll(sa), { type: 'closed', reason, error }] };
}

/**
 * Ends an IKE SA whose peer is not let in, with one notification; and a responder with a Delete, too: it takes the IKE SA for one that is up, which a notification does
 * not end. RFC 2408 section 3.15: "The Delete Payload contains a protocol-specific security association identifier that the sender has removed from its security association
 * database and is, therefore, no longer valid."
 *
 * @param error why, for our log: the peer learns nothing of it.
 */
export function refuseSa(sa: Living, error: IpsecError, notify: PayloadOfType<'N'>['notify'] = 'AUTHENTICATION-FAILED'): Outcome<Closed> {
  const spi = concat(sa.spiI, sa.spiR);
  const payload = { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', spi, notify, data: EMPTY } as const;
  const gone = { type: 'D', doi: 'IPSEC', protocol: 'ISAKMP', spis: [spi] } as const;
  const messages = sa.role === 'initiator' ? [payload, gone] : [payload]; // an initiator who is told that it is gone may begin anew at once
  const begin = messages.map((one): FirstMessage => ({ exchange: 'Informational', payloads: [one], awaitsAnswer: false }));
  const { sa: closed, actions } = closeSa(sa, 'the peer was refused', error);
  return { sa: closed, begin, actions: [{ type: 'audit', event: 'refused', detail: error.message }, ...actions] };
}

function releaseAll(sa: Living): Ikev1Action[] {
  const ask = sa.waiting?.ask;
  const asked: Ikev1Action[] = ask?.kind === 'xauth' && ask.role === 'server' ? [{ type: 'wipe', secrets: [ask.password] }] : [];
  return [...asked, ...releaseKnown(sa)];
}

function releaseKnown(sa: Living): Ikev1Action[] {
  if (isAuthenticated(sa)) {
    return [
      ...sa.exchanges.flatMap(({ about }) => dropExchange(about)),
      ...sa.children.map((child): Ikev1Action => ({ type: 'removeChild', child, reason: 'closed' })),
      ...sa.leased.map((address): Ikev1Action => ({ type: 'releaseAddress', address })),
      { type: 'wipe', secrets: secretsOf(sa.crypto) },
    ];
  }
  if ('crypto' in sa) return [{ type: 'wipe', secrets: secretsOf(sa.crypto) }];
  if ('keyExchange' in sa) return [{ type: 'wipe', secrets: [sa.keyExchange.exchange] }];
  return sa.state === 'AGGRESSIVE_R0' && sa.made ? [{ type: 'wipe', secrets: secretsOf(sa.made.crypto) }] : [];
}

function secretsOf({ keys, cipher }: Phase1Crypto): Secret[] {
  return [keys.SKEYID, keys.SKEYID_d, keys.SKEYID_a, keys.SKEYID_e, cipher];
}
