/**
 * Payloads of IKEv2 in words: what a person wants to know of each, in a line.
 *
 * @module
 */
import { readU16, toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { authenticationMethods, idTypes } from '../iana/ikev2.js';
import { keyExchangeMethods } from '../iana/key-exchange.js';
import { nameOf } from '../iana/registry.js';
import type { Payload, PayloadOfType, UnknownTrafficSelector } from '../ike.js';
import { formatProposal } from '../ikev2/proposal-format.js';
import { formatAddress } from '../ip/address.js';
import { decodeIdentity, formatIdentity, formatTrafficSelector, type TrafficSelector } from '../traffic-selector.js';
import { countOctets, printable, shortHex } from './explain-octets.js';

/** The name of a payload in a list: `SA`, `N(NAT_DETECTION_SOURCE_IP)`. */
export function namePayload(payload: Payload): string {
  if (payload.type === 'N') return `N(${payload.notify})`;
  return payload.type === 'unknown' ? `type ${payload.payloadType}` : payload.type;
}

/** What is in a payload, in lines; none where its name says all. */
export function explainPayload(payload: Payload): readonly string[] {
  switch (payload.type) {
    case 'SA':
      return payload.proposals.map(formatProposal);
    case 'KE':
      return [`${nameOf(keyExchangeMethods, payload.method)}, ${countOctets(payload.data)}`];
    case 'Nonce':
      return [countOctets(payload.data)];
    case 'IDi':
    case 'IDr':
      return [explainIdentity(payload)];
    case 'CERT':
    case 'CERTREQ':
      return [`${payload.encoding}, ${countOctets(payload.data)}`];
    case 'AUTH':
      return [`${payload.method}, ${countOctets(payload.data)}`];
    case 'N':
      return explainNotify(payload);
    case 'D':
      return [[`${payload.protocol}`, ...payload.spis.map((spi) => `0x${toHex(spi)}`)].join(' ')];
    case 'V':
      return [printable(payload.data) ?? shortHex(payload.data)];
    case 'TSi':
    case 'TSr':
      return [payload.selectors.map(explainSelector).join(', ')];
    case 'CP':
      return [`${payload.cfgType}: ${payload.attributes.map(explainAttribute).join(', ')}`];
    case 'EAP':
      return [explainEap(payload)];
    case 'SK':
      return [`closed, ${countOctets(payload.data)}`];
    case 'SKF':
      return [`fragment ${payload.fragmentNumber} of ${payload.totalFragments}, ${countOctets(payload.data)}`];
    case 'unknown':
      return [`${countOctets(payload.data)}${payload.critical === true ? ', critical' : ''}`];
  }
}

function explainIdentity({ idType, data }: PayloadOfType<'IDi' | 'IDr'>): string {
  const number = typeof idType === 'number' ? idType : idTypes.find(({ name }) => name === idType)!.id;
  try {
    return `${formatIdentity(decodeIdentity(number, data))} (${idType})`;
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return `${shortHex(data)} (${idType})`;
  }
}

function explainNotify({ notify, protocol, spi, data }: PayloadOfType<'N'>): readonly string[] {
  const about = spi.length > 0 ? `${protocol} SPI 0x${toHex(spi)}` : '';
  const details = [about, explainNotifyData(notify, data)].filter((part) => part !== '').join(', ');
  return details === '' ? [] : [`${notify}: ${details}`];
}

function explainNotifyData(notify: string | number, data: Uint8Array): string {
  if (data.length === 0) return '';
  switch (notify) {
    case 'INVALID_KE_PAYLOAD':
      return data.length === 2 ? `wanted is ${nameOf(keyExchangeMethods, readU16(data, 0))}` : countOctets(data);
    case 'IPCOMP_SUPPORTED':
      return data.length >= 3 ? `CPI 0x${toHex(data.subarray(0, 2))}, transform ${data[2]!}` : countOctets(data);
    case 'ADDITIONAL_IP4_ADDRESS':
    case 'ADDITIONAL_IP6_ADDRESS':
      return isAddress(data) ? formatAddress(data) : countOctets(data);
    case 'SUPPORTED_AUTH_METHODS':
      return data.length === 2 ? nameOf(authenticationMethods, data[1]!) : countOctets(data);
    default:
      return data.length <= 20 ? toHex(data) : countOctets(data);
  }
}

function explainSelector(selector: TrafficSelector | UnknownTrafficSelector): string {
  return 'tsType' in selector ? `type ${selector.tsType}, ${countOctets(selector.octets)}` : formatTrafficSelector(selector);
}

function explainAttribute({ type, value }: PayloadOfType<'CP'>['attributes'][number]): string {
  if (value.length === 0) return `${type}`;
  const isText = type === 'APPLICATION_VERSION' || type === 'INTERNAL_DNS_DOMAIN';
  if (isText) return `${type} ${printable(value) ?? shortHex(value)}`;
  if (isAddress(value)) return `${type} ${formatAddress(value)}`;
  // A subnet: an IPv4 address and its mask, or an IPv6 address and the length of its prefix.
  if (value.length === 8) return `${type} ${formatAddress(value.subarray(0, 4))} mask ${formatAddress(value.subarray(4))}`;
  if (value.length === 17) return `${type} ${formatAddress(value.subarray(0, 16))}/${value[16]!}`;
  return `${type} ${shortHex(value)}`;
}

const eapTypes: Readonly<Record<number, string>> = {
  1: 'Identity',
  2: 'Notification',
  3: 'Nak',
  4: 'MD5-Challenge',
  6: 'GTC',
  13: 'EAP-TLS',
  18: 'EAP-SIM',
  21: 'EAP-TTLS',
  23: 'EAP-AKA',
  25: 'PEAP',
  26: 'MSCHAPv2',
  50: "EAP-AKA'",
};

function explainEap({ code, identifier, data }: PayloadOfType<'EAP'>): string {
  const type = data.length > 0 ? `, ${eapTypes[data[0]!] ?? `type ${data[0]!}`}` : '';
  return `${code} ${identifier}${type}`;
}

function isAddress(value: Uint8Array): boolean {
  return value.length === 4 || value.length === 16;
}
