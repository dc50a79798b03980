/**
 * EAP Method Types, as far as somebody may meet them with IKEv2.
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** Method Types of EAP (RFC 3748 section 6.2). */
export const eapTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'Identity', rfc: 'RFC 3748' },
  { id: 2, name: 'Notification', rfc: 'RFC 3748' },
  { id: 3, name: 'Legacy Nak', rfc: 'RFC 3748' },
  { id: 4, name: 'MD5-Challenge', rfc: 'RFC 3748' },
  { id: 5, name: 'One-Time Password (OTP)', rfc: 'RFC 3748' },
  { id: 6, name: 'Generic Token Card (GTC)', rfc: 'RFC 3748' },
  { id: 13, name: 'EAP-TLS', rfc: 'RFC 5216' },
  { id: 18, name: 'EAP-SIM', rfc: 'RFC 4186' },
  { id: 21, name: 'EAP-TTLS', rfc: 'RFC 5281' },
  { id: 23, name: 'EAP-AKA', rfc: 'RFC 4187' },
  { id: 25, name: 'PEAP', rfc: 'MS-PEAP' },
  { id: 26, name: 'EAP-MSCHAP-V2', rfc: 'MS-CHAP' },
  { id: 43, name: 'EAP-FAST', rfc: 'RFC 4851' },
  { id: 47, name: 'EAP-PSK', rfc: 'RFC 4764' },
  { id: 48, name: 'EAP-SAKE', rfc: 'RFC 4763' },
  { id: 49, name: 'EAP-IKEv2', rfc: 'RFC 5106' },
  { id: 50, name: "EAP-AKA'", rfc: 'RFC 5448' },
  { id: 51, name: 'EAP-GPSK', rfc: 'RFC 5433' },
  { id: 52, name: 'EAP-pwd', rfc: 'RFC 5931' },
  { id: 53, name: 'EAP-EKE', rfc: 'RFC 6124' },
  { id: 55, name: 'TEAP', rfc: 'RFC 7170' },
  { id: 254, name: 'Expanded Types', rfc: 'RFC 3748' },
  { id: 255, name: 'Experimental', rfc: 'RFC 3748' },
]);
