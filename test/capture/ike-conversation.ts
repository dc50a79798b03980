/** Conversations that no transcript has: two peers made of the codec, with the secrets that a key file would list. */
import { concat, fromHex, toHex, writeU32 } from '../../src/bytes.js';
import {
  computeRekeySkeyseed,
  computeSkeyseed,
  createSkContext,
  deriveChildKeys,
  deriveIkeKeys,
  encodeMessage,
  type IkeKeys,
  type Payload,
  type Proposal,
  sealSk,
  type Transform,
} from '../../src/ike.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import { encodeNonEspMarker } from '../../src/nat-t.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';

/** The two hosts: A is the original initiator. */
export const hosts = { A: parseAddress('192.0.2.1'), B: parseAddress('192.0.2.2') } as const;
type Host = keyof typeof hosts;
const other = { A: 'B', B: 'A' } as const;

const transform = (type: Transform['type'], id: number, keyLength?: number): Transform => ({
  type,
  id,
  attributes: keyLength === undefined ? [] : [{ type: 'Key Length', value: keyLength }],
});
const ikeTransforms = [transform('ENCR', 20, 128), transform('PRF', 5), transform('KE', 19)];
const octets = (seed: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
const ke: Payload = { type: 'KE', method: 19, data: new Uint8Array(64) };

/** What a Child SA is to be. */
export interface ChildWish {
  protocol?: 'ESP' | 'AH';
  encryption?: EncryptionRow;
  integrity?: IntegrityRow;
  esn?: boolean;
  /** g^ir of the exchange, in hexadecimal: with PFS. */
  gIr?: string;
  /** In both messages. */
  notifies?: (from: Host) => Payload[];
  /** SPIs: what A and what B want to receive. */
  spis: Record<Host, number>;
}

/** One direction of a Child SA, as its sender has it. */
export interface ChildEnd {
  encryption: Uint8Array;
  integrity: Uint8Array;
}

/** An IKE SA of a conversation. */
export interface Talk {
  spiI: Uint8Array;
  spiR: Uint8Array;
  keys: IkeKeys;
  /** Which host began it: its flag is I. */
  initiator: Host;
  nonces: readonly [Uint8Array, Uint8Array];
}

/** An IP packet with a message of IKE in it. */
function send(from: Host, message: Uint8Array): Uint8Array {
  return encodeUdp({ source: hosts[from], destination: hosts[other[from]] }, 4500, 4500, encodeNonEspMarker(message));
}

/** IKE_SA_INIT between A and B. */
export function begin(gIr: string, seed = 1): { talk: Talk; packets: Uint8Array[]; entry: { spiI: string; spiR: string } } {
  const [spiI, spiR, Ni, Nr] = [octets(seed, 8), octets(seed + 1, 8), octets(seed + 2, 32), octets(seed + 3, 32)];
  const proposal: Proposal = { proposalNum: 1, protocol: 'IKE', spi: new Uint8Array(0), transforms: ikeTransforms };
  const packets = (
    [
      ['A', Ni],
      ['B', Nr],
    ] as const
  ).map(([from, data]) =>
    send(
      from,
      encodeMessage({
        spiI,
        spiR: from === 'A' ? new Uint8Array(8) : spiR,
        exchange: 'IKE_SA_INIT',
        isInitiator: from === 'A',
        isResponse: from === 'B',
        messageId: 0,
        payloads: [{ type: 'SA', proposals: [proposal] }, ke, { type: 'Nonce', data }],
      }),
    ),
  );
  const SKEYSEED = computeSkeyseed(prfHmacSha256, { Ni, Nr, gIr: fromHex(gIr) });
  const keys = deriveIkeKeys(prfHmacSha256, { encryption: aes128Gcm16 }, SKEYSEED, { Ni, Nr, spiI, spiR });
  return { talk: { spiI, spiR, keys, initiator: 'A', nonces: [Ni, Nr] }, packets, entry: { spiI: toHex(spiI), spiR: toHex(spiR) } };
}

let firstIv = 1;
/** A sealed message of an IKE SA. */
export function say(
  { spiI, spiR, keys, initiator }: Talk,
  from: Host,
  exchange: 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'INFORMATIONAL',
  messageId: number,
  isResponse: boolean,
  payloads: readonly Payload[],
): Uint8Array {
  const isInitiator = from === initiator;
  const iv = new Uint8Array(8);
  writeU32(iv, 4, firstIv++);
  const context = createSkContext({ encryption: aes128Gcm16, encryptionKey: isInitiator ? keys.SK_ei : keys.SK_er, firstIv: iv });
  return send(
    from,
    sealSk(context, { spiI, spiR, exchange, isInitiator, isResponse, messageId }, payloads, () => undefined),
  );
}

const spiOctets = (spi: number): Uint8Array => {
  const out = new Uint8Array(4);
  writeU32(out, 0, spi);
  return out;
};

/** The two messages of an exchange that makes a Child SA, and the keys that both sides then have. */
export function makeChild(
  talk: Talk,
  wish: ChildWish,
  { from = 'A', messageId = 1, seed = 50 }: { from?: Host; messageId?: number; seed?: number } = {},
): { packets: [Uint8Array, Uint8Array]; keys: Record<Host, ChildEnd> } {
  const { protocol = 'ESP', encryption, integrity, esn = false, gIr, spis, notifies } = wish;
  const isFirst = messageId === 1 && from === 'A' && gIr === undefined && seed === 50;
  const transforms = [
    ...(encryption
      ? [transform('ENCR', encryption.id, encryption.name === 'ENCR_CHACHA20_POLY1305' ? undefined : encryption.keyLength * 8)]
      : []),
    ...(integrity ? [transform('INTEG', integrity.id)] : []),
    ...(gIr === undefined ? [] : [transform('KE', 19)]),
    transform('ESN', esn ? 1 : 0),
  ];
  const [Ni, Nr] = isFirst ? talk.nonces : [octets(seed, 32), octets(seed + 1, 32)];
  const message = (host: Host): Payload[] => [
    { type: 'SA', proposals: [{ proposalNum: 1, protocol, spi: spiOctets(spis[host]), transforms }] },
    ...(isFirst ? [] : [{ type: 'Nonce', data: host === from ? Ni : Nr } as const]),
    ...(gIr === undefined ? [] : [ke]),
    ...(notifies?.(host) ?? []),
  ];
  const exchange = isFirst ? 'IKE_AUTH' : 'CREATE_CHILD_SA';
  const packets: [Uint8Array, Uint8Array] = [
    say(talk, from, exchange, messageId, false, message(from)),
    say(talk, other[from], exchange, messageId, true, message(other[from])),
  ];
  const algorithms = { ...(encryption && { encryption }), ...(integrity && { integrity }) };
  const keys = deriveChildKeys(prfHmacSha256, algorithms, talk.keys.SK_d, { Ni, Nr, ...(gIr !== undefined && { gIr: fromHex(gIr) }) });
  const [mine, theirs] = [keys.initiator, keys.responder];
  return { packets, keys: from === 'A' ? { A: mine, B: theirs } : { A: theirs, B: mine } };
}

/** The two messages that put another IKE SA in the place of this one. */
export function replaceTalk(
  talk: Talk,
  gIr: string,
  from: Host,
  messageId: number,
  seed: number,
): { packets: [Uint8Array, Uint8Array]; next: Talk } {
  const [spiI, spiR, Ni, Nr] = [octets(seed, 8), octets(seed + 1, 8), octets(seed + 2, 32), octets(seed + 3, 32)];
  const message = (spi: Uint8Array, data: Uint8Array): Payload[] => [
    { type: 'SA', proposals: [{ proposalNum: 1, protocol: 'IKE', spi, transforms: ikeTransforms }] },
    { type: 'Nonce', data },
    ke,
  ];
  const packets: [Uint8Array, Uint8Array] = [
    say(talk, from, 'CREATE_CHILD_SA', messageId, false, message(spiI, Ni)),
    say(talk, other[from], 'CREATE_CHILD_SA', messageId, true, message(spiR, Nr)),
  ];
  const SKEYSEED = computeRekeySkeyseed(prfHmacSha256, talk.keys.SK_d, { Ni, Nr, gIr: fromHex(gIr) });
  const keys = deriveIkeKeys(prfHmacSha256, { encryption: aes128Gcm16 }, SKEYSEED, { Ni, Nr, spiI, spiR });
  return { packets, next: { spiI, spiR, keys, initiator: from, nonces: [Ni, Nr] } };
}

/** An IP packet of ESP or AH, in UDP: `esp` stands behind an IPv4 header. */
export function inUdp(packet: Uint8Array): Uint8Array {
  return encodeUdp({ source: packet.slice(12, 16), destination: packet.slice(16, 20) }, 4500, 4500, concat(packet.subarray(20)));
}
