/** Conversations of IKEv1 that no transcript has: two peers made of the codec, with the secrets that a key file would list. */
import { concat, fromHex, toHex } from '../../src/bytes.js';
import {
  computeHash1,
  computeHash2,
  computeHash3,
  computeHashI,
  computeHashR,
  computePhase1Iv,
  computePhase2Iv,
  computeSkeyidPsk,
  createMessageCipher,
  deriveKeymat,
  derivePhase1Keys,
  encodeHashed,
  encodeMessage,
  encodePayloads,
  encodePhase1Attributes,
  type EncodedPayloads,
  type Ikev1Header,
  type MessageCipher,
  type Payload,
  type PayloadOfType,
  type Phase1Keys,
  type Proposal,
  sealMessage,
  decodeMessage,
} from '../../src/ikev1.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import { encodeNonEspMarker } from '../../src/nat-t.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hashSha256 } from '../../src/suite/hash.js';

/** The two hosts: A is the initiator of phase 1. */
export const hosts = { A: parseAddress('192.0.2.1'), B: parseAddress('192.0.2.2') } as const;
export type Host = keyof typeof hosts;
const other = { A: 'B', B: 'A' } as const;
export const psk = '6b6579';
const prf = hashSha256.prf;

export const octets = (seed: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);

/** An ISAKMP SA, as both have it. */
export interface Talk {
  ckyI: Uint8Array;
  ckyR: Uint8Array;
  keys: Phase1Keys;
  cipher: MessageCipher;
  /** The last block of phase 1. */
  last: Uint8Array;
  port: number;
}

/** An IP packet with a message of IKE in it. */
export function send(from: Host, message: Uint8Array, port = 4500): Uint8Array {
  const data = port === 500 ? message : encodeNonEspMarker(message);
  return encodeUdp({ source: hosts[from], destination: hosts[other[from]] }, port, port, data);
}

const suite: Proposal = {
  proposalNum: 1,
  protocol: 'ISAKMP',
  spi: new Uint8Array(0),
  transforms: [
    {
      transformNum: 1,
      id: 'KEY_IKE',
      attributes: encodePhase1Attributes({
        encryption: 'AES-CBC',
        keyLength: 128,
        hash: 'SHA2-256',
        group: 14,
        authentication: 'pre-shared key',
        lifetimes: [],
        others: [],
      }),
    },
  ],
};
const sa = (...proposals: Proposal[]): PayloadOfType<'SA'> => ({ type: 'SA', doi: 'IPSEC', situation: 1, proposals });

/** Main mode between A and B, with a pre-shared key. */
export function begin(
  gXyHex: string,
  seed = 1,
  port = 4500,
): { talk: Talk; packets: Uint8Array[]; entry: { cookieI: string; psk: string } } {
  const [ckyI, ckyR, Ni, Nr, gXi, gXr] = [8, 8, 32, 32, 256, 256].map((length, i) => octets(seed + i, length)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const gXy = fromHex(gXyHex);
  const header: Ikev1Header = { ckyI, ckyR, exchange: 'Identity Protection', authenticationOnly: false, commit: false, messageId: 0 };
  const clear = (payloads: Payload[], isFirst = false): Uint8Array =>
    encodeMessage({ ...header, ...(isFirst && { ckyR: new Uint8Array(8) }), payloads });
  const first = clear([sa(suite)], true);
  const decoded = decodeMessage(first);
  const saBody = !decoded.isEncrypted && decoded.payloads[0]?.type === 'SA' ? decoded.payloads[0].body! : new Uint8Array(0);
  const half = (ke: Uint8Array, nonce: Uint8Array): Payload[] => [
    { type: 'KE', data: ke },
    { type: 'Nonce', data: nonce },
  ];
  const SKEYID = computeSkeyidPsk(prf, fromHex(psk), { Ni, Nr });
  const keys = derivePhase1Keys(prf, SKEYID, { gXy, ckyI, ckyR });
  const cipher = createMessageCipher(aes128Cbc, keys.SKEYID_e.slice(0, 16));
  let last = computePhase1Iv(hashSha256, gXi, gXr, 16);
  const seal = (payloads: EncodedPayloads): Uint8Array => {
    const sealed = sealMessage(cipher, last, header, payloads);
    last = sealed.nextIv;
    return sealed.octets;
  };
  const proof = (from: Host): EncodedPayloads => {
    const id: Payload = { type: 'ID', idType: 'ID_IPV4_ADDR', protocol: 0, port: 0, data: hosts[from] };
    const idBody = concat(Uint8Array.of(1, 0, 0, 0), hosts[from]);
    const compute = from === 'A' ? computeHashI : computeHashR;
    return encodePayloads([id, { type: 'HASH', data: compute(prf, SKEYID, { gXi, gXr, ckyI, ckyR, saBody, idBody }) }]);
  };
  const messages: [Host, Uint8Array][] = [
    ['A', first],
    ['B', clear([sa(suite)])],
    ['A', clear(half(gXi, Ni))],
    ['B', clear(half(gXr, Nr))],
    ['A', seal(proof('A'))],
    ['B', seal(proof('B'))],
  ];
  return {
    talk: { ckyI, ckyR, keys, cipher, last, port },
    packets: messages.map(([from, message]) => send(from, message, port)),
    entry: { cookieI: toHex(ckyI), psk },
  };
}

/** An exchange of phase 2 that goes on as long as somebody speaks. */
export function beginExchange(
  { ckyI, ckyR, cipher, keys: { SKEYID_a }, last, port }: Talk,
  exchange: Ikev1Header['exchange'],
  messageId: number,
): {
  say: (from: Host, payloads: readonly Payload[], nonces?: readonly Uint8Array[]) => Uint8Array;
  end: (from: Host, Ni: Uint8Array, Nr: Uint8Array) => Uint8Array;
} {
  let iv = computePhase2Iv(hashSha256, last, messageId);
  const header: Ikev1Header = { ckyI, ckyR, exchange, authenticationOnly: false, commit: false, messageId };
  const seal = (from: Host, payloads: EncodedPayloads): Uint8Array => {
    const sealed = sealMessage(cipher, iv, header, payloads);
    iv = sealed.nextIv;
    return send(from, sealed.octets, port);
  };
  return {
    say: (from, payloads, [Ni] = []) =>
      seal(
        from,
        encodeHashed(payloads, (message) =>
          Ni === undefined ? computeHash1(prf, SKEYID_a, messageId, message) : computeHash2(prf, SKEYID_a, messageId, Ni, message),
        ),
      ),
    end: (from, Ni, Nr) =>
      seal(
        from,
        encodeHashed([], () => computeHash3(prf, SKEYID_a, messageId, Ni, Nr)),
      ),
  };
}

/** A Quick Mode of three messages. Each list of proposals is an SA payload of its own. */
export function quickMode(
  talk: Talk,
  offers: readonly (readonly Proposal[])[],
  answers: readonly (readonly Proposal[])[],
  { from = 'A', messageId = 0x1234, gXy }: { from?: Host; messageId?: number; gXy?: string } = {},
): { packets: Uint8Array[]; keymat: (protocol: 2 | 3, spi: Uint8Array, length: number) => Uint8Array } {
  const { say, end } = beginExchange(talk, 'Quick Mode', messageId);
  const [Ni, Nr] = [octets(messageId, 32), octets(messageId + 1, 32)];
  const payloads = (sas: readonly (readonly Proposal[])[], nonce: Uint8Array, ke: number): Payload[] => [
    ...sas.map((proposals) => sa(...proposals)),
    { type: 'Nonce', data: nonce },
    ...(gXy === undefined ? [] : [{ type: 'KE', data: octets(ke, 256) } as const]),
  ];
  const packets = [say(from, payloads(offers, Ni, 5)), say(other[from], payloads(answers, Nr, 6), [Ni]), end(from, Ni, Nr)];
  const input = { Ni, Nr, ...(gXy !== undefined && { gXy: fromHex(gXy) }) };
  return { packets, keymat: (protocol, spi, length) => deriveKeymat(prf, talk.keys.SKEYID_d, { ...input, protocol, spi }, length) };
}
