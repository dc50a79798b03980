/**
 * IPsec as a protocol library: no sockets, no clock, no global state. Each module is a subpath of its own, so that you pay for what you
 * import; this page gathers those that most programs need. Left out on purpose, because they bring something along: `ipsec-ts/ipcomp`
 * (the package fflate), `ipsec-ts/suite/node` (Node), `ipsec-ts/suite/legacy` (algorithms that RFC 8221 advises against) and
 * `ipsec-ts/capture` (pcap, key files, decoding).
 *
 * @example
 * ```ts
 * import { createSa, esp, ip, suite } from 'ipsec-ts';
 *
 * const config = {
 *   protocol: 'ESP', mode: 'transport', spi: 0x1234,
 *   encryption: { row: suite.aes256Gcm16, key: crypto.getRandomValues(new Uint8Array(36)) },
 * } as const;
 * const clear = ip.encodeUdp({ source: ip.parseAddress('192.0.2.1'), destination: ip.parseAddress('192.0.2.2') }, 1000, 2000, new Uint8Array(8));
 * const verdict = esp.open(createSa(config), esp.seal(createSa(config), clear));
 * if (!verdict.ok || verdict.packet.length !== clear.length) throw new Error('what was sealed opens');
 * ```
 *
 * @module
 */
export { createSa, fullSeq, wipeSa, type SaConfig, type SecurityAssociation } from './association.js';
export { IpsecError, type IpsecErrorCode } from './errors.js';
export { dropCodes, dropReason, type AuditRecord, type DropReason, type Verdict } from './verdict.js';
export * as ah from './ah.js';
export * as esp from './esp.js';
export * as ip from './ip.js';
export * as natT from './nat-t.js';
export * as pad from './pad.js';
export * as process from './process.js';
export * as replayWindow from './replay-window.js';
export * as sad from './sad.js';
export * as spd from './spd.js';
export * as suite from './suite.js';
export * as trafficSelector from './traffic-selector.js';
