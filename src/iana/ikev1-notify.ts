/**
 * Notify Message Types of IKEv1: RFC 2408 section 3.14.1, RFC 2407 section 4.6.3, and those of RFC 3706 out of the private range.
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** Notify Message Types, errors first. */
export const notifyTypesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'INVALID-PAYLOAD-TYPE', rfc: 'RFC 2408' },
  { id: 2, name: 'DOI-NOT-SUPPORTED', rfc: 'RFC 2408' },
  { id: 3, name: 'SITUATION-NOT-SUPPORTED', rfc: 'RFC 2408' },
  { id: 4, name: 'INVALID-COOKIE', rfc: 'RFC 2408' },
  { id: 5, name: 'INVALID-MAJOR-VERSION', rfc: 'RFC 2408' },
  { id: 6, name: 'INVALID-MINOR-VERSION', rfc: 'RFC 2408' },
  { id: 7, name: 'INVALID-EXCHANGE-TYPE', rfc: 'RFC 2408' },
  { id: 8, name: 'INVALID-FLAGS', rfc: 'RFC 2408' },
  { id: 9, name: 'INVALID-MESSAGE-ID', rfc: 'RFC 2408' },
  { id: 10, name: 'INVALID-PROTOCOL-ID', rfc: 'RFC 2408' },
  { id: 11, name: 'INVALID-SPI', rfc: 'RFC 2408' },
  { id: 12, name: 'INVALID-TRANSFORM-ID', rfc: 'RFC 2408' },
  { id: 13, name: 'ATTRIBUTES-NOT-SUPPORTED', rfc: 'RFC 2408' },
  { id: 14, name: 'NO-PROPOSAL-CHOSEN', rfc: 'RFC 2408' },
  { id: 15, name: 'BAD-PROPOSAL-SYNTAX', rfc: 'RFC 2408' },
  { id: 16, name: 'PAYLOAD-MALFORMED', rfc: 'RFC 2408' },
  { id: 17, name: 'INVALID-KEY-INFORMATION', rfc: 'RFC 2408' },
  { id: 18, name: 'INVALID-ID-INFORMATION', rfc: 'RFC 2408' },
  { id: 19, name: 'INVALID-CERT-ENCODING', rfc: 'RFC 2408' },
  { id: 20, name: 'INVALID-CERTIFICATE', rfc: 'RFC 2408' },
  { id: 21, name: 'CERT-TYPE-UNSUPPORTED', rfc: 'RFC 2408' },
  { id: 22, name: 'INVALID-CERT-AUTHORITY', rfc: 'RFC 2408' },
  { id: 23, name: 'INVALID-HASH-INFORMATION', rfc: 'RFC 2408' },
  { id: 24, name: 'AUTHENTICATION-FAILED', rfc: 'RFC 2408' },
  { id: 25, name: 'INVALID-SIGNATURE', rfc: 'RFC 2408' },
  { id: 26, name: 'ADDRESS-NOTIFICATION', rfc: 'RFC 2408' },
  { id: 27, name: 'NOTIFY-SA-LIFETIME', rfc: 'RFC 2408' },
  { id: 28, name: 'CERTIFICATE-UNAVAILABLE', rfc: 'RFC 2408' },
  { id: 29, name: 'UNSUPPORTED-EXCHANGE-TYPE', rfc: 'RFC 2408' },
  { id: 30, name: 'UNEQUAL-PAYLOAD-LENGTHS', rfc: 'RFC 2408' },
  { id: 16384, name: 'CONNECTED', rfc: 'RFC 2408' },
  { id: 24576, name: 'RESPONDER-LIFETIME', rfc: 'RFC 2407' },
  { id: 24577, name: 'REPLAY-STATUS', rfc: 'RFC 2407' },
  { id: 24578, name: 'INITIAL-CONTACT', rfc: 'RFC 2407' },
  { id: 36136, name: 'R-U-THERE', rfc: 'RFC 3706' },
  { id: 36137, name: 'R-U-THERE-ACK', rfc: 'RFC 3706' },
]);
