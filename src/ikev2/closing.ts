/**
 * The end of an IKE SA: its Child SAs go, its keys are wiped, what was reserved is given back.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { IkeAction, Outcome, Secret } from './events.js';
import type { About, ChildOffer, Closed, Halfway, IkeCrypto, IkeSa } from './states.js';

/** The secrets of an IKE SA's algorithms. */
function secretsOfCrypto({ keys, seal, open }: IkeCrypto): Secret[] {
  return [...(Object.values(keys) as Uint8Array[]), seal, open];
}

/** Gives back what an offer of a Child SA has reserved. */
export function dropOffer(offer: ChildOffer): IkeAction[] {
  const { spi, cpi, keyExchange } = offer;
  return [
    { type: 'releaseSpi', spi },
    ...(cpi === undefined ? [] : [{ type: 'releaseCpi' as const, cpi }]),
    ...(keyExchange ? [{ type: 'wipe' as const, secrets: [keyExchange.exchange] }] : []),
  ];
}

/** Gives back what a request of ours has reserved. */
export function dropRequest(about: About): IkeAction[] {
  switch (about.kind) {
    case 'createChild':
    case 'rekeyChild':
      return dropOffer(about.offer);
    case 'rekeyIke':
      return [{ type: 'wipe', secrets: [about.exchange] }];
    default:
      return [];
  }
}

/**
 * Ends an IKE SA at once, without a word to the peer.
 *
 * @param sa in any state.
 * @param reason in a word, for people.
 * @param error why, where something went wrong.
 */
export function closeSa(sa: IkeSa, reason: string, error: IpsecError | undefined): Outcome & { readonly sa: Closed } {
  const never = { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity };
  const { role, spiI, spiR, path, windows, createdAt } = sa;
  const closed: Closed = {
    state: 'CLOSED',
    role,
    spiI,
    spiR,
    path,
    createdAt,
    reason,
    deadlines: never,
    waiting: undefined,
    windows: { ...windows, outstanding: [], requestQueue: undefined, responseQueue: undefined },
  };
  if (sa.state === 'CLOSED') return { sa, actions: [] };
  const first = sa.state === 'DELETING' ? sa.error : undefined;
  return { sa: closed, actions: [...releaseAll(sa), { type: 'closed', reason, error: first ?? error }] };
}

function releaseAll(sa: Exclude<IkeSa, Closed>): IkeAction[] {
  const requests = sa.windows.outstanding.flatMap(({ about }) => dropRequest(about));
  switch (sa.state) {
    case 'INIT_SENT':
      return [...requests, { type: 'wipe', secrets: [sa.keyExchange.exchange] }];
    case 'AUTH_SENT':
    case 'EAP_WANTED':
    case 'EAP_SENT':
    case 'EAP_AUTH_SENT':
      return [...requests, ...(sa.offer ? dropOffer(sa.offer) : []), { type: 'wipe', secrets: halfwaySecretsOf(sa) }];
    case 'INIT_ANSWERED':
    case 'EAP_REQUESTED':
    case 'EAP_SUCCEEDED':
    case 'AUTH_CONTINUES':
      return [...requests, { type: 'wipe', secrets: halfwaySecretsOf(sa) }];
    default:
      return [
        ...requests,
        ...sa.children.map((child): IkeAction => ({ type: 'removeChild', child, reason: 'closed' })),
        ...sa.leased.map((address): IkeAction => ({ type: 'releaseAddress', address })),
        { type: 'wipe', secrets: secretsOfCrypto(sa.crypto) },
      ];
  }
}

function halfwaySecretsOf(sa: Extract<IkeSa, Halfway>): Secret[] {
  const key = 'msk' in sa ? sa.msk : undefined;
  return [...secretsOfCrypto(sa.crypto), ...(key ? [key] : [])];
}
