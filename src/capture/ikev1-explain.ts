/**
 * Messages of IKEv1 in words: what a person wants to know of each payload, in a line.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import {
  decodeClientId,
  decodeNotifyData,
  decodePhase1Id,
  findVendorId,
  type Ikev1Header,
  type Payload,
  type PayloadOfType,
} from '../ikev1.js';
import { formatAddress } from '../ip/address.js';
import { formatIdentity, formatTrafficSelector } from '../traffic-selector.js';
import { countOctets, printable, shortHex } from './explain-octets.js';
import type { AuthVerdict } from './ike-auth.js';
import { orNothing } from './ike-derive.js';
import { explainProposals } from './ikev1-explain-sa.js';
import type { ExplainedIkev1 } from './isakmp-followed.js';

/** What there is to say something about. */
export interface ExplainInput {
  /** Its header; absent when it is malformed. */
  readonly message?: Ikev1Header & { readonly isEncrypted?: boolean };
  /** Who sent it. */
  readonly byInitiator?: boolean;
  /** All of its payloads, as far as they are known. */
  readonly payloads?: readonly Payload[];
  /** The HASH payload, as far as it was verified. */
  readonly auth?: AuthVerdict | undefined;
  /** Why no more is known. */
  readonly note?: string;
}

/** A message in words. RFC 2409 section 3.2: "HDR is an ISAKMP header whose exchange type is the mode. When writen as HDR* it indicates payload encryption." */
export function explainIkev1({ message, payloads, auth, note }: ExplainInput): ExplainedIkev1 {
  const header = message?.isEncrypted === true ? 'HDR*' : 'HDR';
  const names = payloads?.map(namePayloadV1) ?? (message?.isEncrypted === true ? ['closed'] : []);
  const inPhase1 = message?.messageId === 0;
  const lines = (payloads ?? []).flatMap((payload) => {
    const verdict = payload.type === 'HASH' && auth !== undefined ? (auth === 'ok' ? ': right' : ': WRONG') : '';
    return explainPayloadV1(payload, inPhase1).map((line) => ({ name: notationOf(payload), line: `${line}${verdict}` }));
  });
  return { outline: [header, ...names].join(', '), lines, ...(note !== undefined && { note }) };
}

/** The notation of RFC 2408, and of `decode --json`. */
function notationOf(payload: Payload): string {
  switch (payload.type) {
    case 'Nonce':
      return 'NONCE';
    case 'NAT-D draft':
      return 'NAT-D';
    case 'NAT-OA draft':
      return 'NAT-OA';
    case 'unknown':
      return '?';
    default:
      return payload.type;
  }
}

/** `SA`, `N(R-U-THERE)`. */
function namePayloadV1(payload: Payload): string {
  if (payload.type === 'N') return `N(${payload.notify})`;
  return payload.type === 'unknown' ? `type ${payload.payloadType}` : notationOf(payload);
}

function explainPayloadV1(payload: Payload, inPhase1: boolean): readonly string[] {
  switch (payload.type) {
    case 'SA':
      return explainProposals(payload);
    case 'ID':
      return [explainId(payload, inPhase1)];
    case 'CERT':
    case 'CR':
      return [`${payload.encoding}, ${countOctets(payload.data)}`];
    case 'N':
      return explainNotifyV1(payload);
    case 'D':
      return [[`${payload.protocol}`, ...payload.spis.map((spi) => `0x${toHex(spi)}`)].join(' ')];
    case 'VID':
      return [findVendorId(payload.data) ?? printable(payload.data) ?? shortHex(payload.data)];
    case 'ATTR':
      return [`${payload.cfgType} ${payload.identifier}: ${payload.attributes.map(explainAttribute).join(', ')}`];
    case 'NAT-D':
    case 'NAT-D draft':
      return [shortHex(payload.data)];
    case 'NAT-OA':
    case 'NAT-OA draft':
      return [isAddress(payload.data) ? formatAddress(payload.data) : shortHex(payload.data)];
    case 'FRAG': {
      const { fragmentId, fragmentNumber, flags, data } = payload;
      return [`fragment ${fragmentNumber}${(flags & 1) !== 0 ? ', the last,' : ''} of message ${fragmentId}, ${countOctets(data)}`];
    }
    default:
      return [countOctets(payload.data)];
  }
}

/** In phase 1 a name, in phase 2 the traffic that is meant. */
function explainId(payload: PayloadOfType<'ID'>, inPhase1: boolean): string {
  const { idType, data, protocol, port } = payload;
  const words = orNothing(() => (inPhase1 ? formatIdentity(decodePhase1Id(payload)) : formatTrafficSelector(decodeClientId(payload))));
  const ports = inPhase1 && protocol !== 0 ? `, protocol ${protocol}, port ${port}` : '';
  return `${words ?? shortHex(data)} (${idType}${ports})`;
}

function explainNotifyV1({ notify, protocol, spi, data }: PayloadOfType<'N'>): readonly string[] {
  // Of an ISAKMP SA the SPI is both cookies, which the header says.
  const about = spi.length > 0 && protocol !== 'ISAKMP' ? `${protocol} SPI 0x${toHex(spi)}` : '';
  const details = [about, explainNotifyData(notify, data)].filter((part) => part !== '').join(', ');
  return details === '' ? [] : [`${notify}: ${details}`];
}

function explainNotifyData(notify: string | number, data: Uint8Array): string {
  if (data.length === 0) return '';
  if (notify === 'R-U-THERE' || notify === 'R-U-THERE-ACK') {
    const sequence = orNothing(() => decodeNotifyData(notify, data))?.sequence;
    if (sequence !== undefined) return `sequence number ${sequence}`;
  }
  return data.length <= 20 ? toHex(data) : countOctets(data);
}

const texts = /BANNER|DOMAIN|VERSION|DNS_NAME|HOSTNAME|MESSAGE|USER-NAME/;

/** Names, messages and addresses can be read; passwords, challenges and the rest stay octets. */
function explainAttribute({ type, value }: PayloadOfType<'ATTR'>['attributes'][number]): string {
  if (typeof value === 'number') return `${type} ${value}`;
  if (value.length === 0) return `${type}`;
  if (texts.test(`${type}`)) return `${type} ${printable(value) ?? shortHex(value)}`;
  if (/PASS|CHALLENGE|ANSWER|PIN/.test(`${type}`)) return `${type} ${shortHex(value)}`;
  if (isAddress(value)) return `${type} ${formatAddress(value)}`;
  if (value.length === 8 || value.length === 14) {
    const subnet = `${formatAddress(value.subarray(0, 4))} mask ${formatAddress(value.subarray(4, 8))}`;
    return `${type} ${subnet}`;
  }
  return `${type} ${shortHex(value)}`;
}

function isAddress(value: Uint8Array): boolean {
  return value.length === 4 || value.length === 16;
}
