/**
 * Real conversations of libreswan: nothing is known but the shared secrets of the key exchanges and the pre-shared key. Everything else
 * follows from the messages; the keys of the Child SAs have to be those that the kernel was given.
 */
import { describe, expect, test } from 'vitest';
import { concat, fromHex, readU32, toHex } from '../../src/bytes.js';
import {
  type ChildKeys,
  computeRekeySkeyseed,
  computeSkeyseed,
  createSkContext,
  decodeMessage,
  decodePayloads,
  deriveChildKeys,
  deriveIkeKeys,
  encodeMessage,
  encodePayloads,
  encodeSignedOctets,
  type IkeKeys,
  type IkeMessage,
  openSk,
  type Payload,
  type PayloadOfType,
  type Proposal,
  type SkContext,
  verifySharedKeyAuth,
} from '../../src/ike.js';
import type { PrfRow } from '../../src/suite/types-ike.js';
import { encryptionOf, integrityOf, type KernelSa, libreswanTranscripts, prfOf } from './transcripts.js';

const find = <Type extends Payload['type']>(payloads: readonly Payload[], type: Type): PayloadOfType<Type> | undefined =>
  payloads.find((p): p is PayloadOfType<Type> => p.type === type);
const nonceOf = (payloads: readonly Payload[]): Uint8Array => find(payloads, 'Nonce')!.data;

function chosen({ transforms }: Proposal) {
  const id = (type: string): number => transforms.find((t) => t.type === type)?.id ?? 0;
  const length = transforms.find((t) => t.type === 'ENCR')!.attributes.find((a) => a.type === 'Key Length')?.value;
  return {
    prf: id('PRF'),
    algorithms: { encryption: encryptionOf(id('ENCR'), length as number | undefined), ...integrityOf(id('INTEG')) },
  };
}

interface Sa {
  row: PrfRow;
  keys: IkeKeys;
  i: SkContext;
  r: SkContext;
}

function makeSa(
  proposal: Proposal,
  skeyseed: Uint8Array,
  input: { Ni: Uint8Array; Nr: Uint8Array; spiI: Uint8Array; spiR: Uint8Array },
): Sa {
  const { prf, algorithms } = chosen(proposal);
  const row = prfOf(prf);
  const keys = deriveIkeKeys(row, algorithms, skeyseed, input);
  return {
    row,
    keys,
    i: createSkContext({ ...algorithms, encryptionKey: keys.SK_ei, integrityKey: keys.SK_ai }),
    r: createSkContext({ ...algorithms, encryptionKey: keys.SK_er, integrityKey: keys.SK_ar }),
  };
}

const keymatOf = (sa: KernelSa): string[] =>
  sa.aead ? [sa.aead.keymat, ''] : [sa.enc?.keymat ?? sa.enc?.key ?? '', sa.auth?.keymat ?? sa.auth?.key ?? ''];

const totals = { messages: 0, opened: 0, auth: 0, children: 0, ikeRekeys: 0 };

describe.each(libreswanTranscripts.map((t) => [t.name, t] as const))('%s', (_, transcript) => {
  test('from the shared secrets to every key, message and AUTH', () => {
    const secrets = transcript.dhSharedSecrets.map(fromHex);
    const kernel = [...transcript.kernelSAs, ...(transcript.kernelSAsAfterRekey ?? [])];
    const sas = new Map<string, Sa>();
    const first: { request?: IkeMessage; response?: IkeMessage } = {};
    let pending: readonly Payload[] = [];
    let initNonces: readonly [Uint8Array, Uint8Array] | undefined;
    const seen = new Set<string>();

    for (const { hex, plain, firstPayload } of transcript.messages) {
      totals.messages++;
      const message = decodeMessage(fromHex(hex));
      expect(toHex(encodeMessage(message))).toBe(hex);
      if (message.exchange === 'IKE_SA_INIT') {
        if (!message.isResponse) first.request = message;
        else if (find(message.payloads, 'SA')) {
          first.response = message;
          const { spiI, spiR } = message;
          const [Ni, Nr] = (initNonces = [nonceOf(first.request!.payloads), nonceOf(message.payloads)]);
          const [proposal] = find(message.payloads, 'SA')!.proposals;
          const skeyseed = computeSkeyseed(prfOf(chosen(proposal!).prf), { Ni, Nr, gIr: secrets.shift()! });
          sas.set(toHex(concat(spiI, spiR)), makeSa(proposal!, skeyseed, { Ni, Nr, spiI, spiR }));
        }
        continue;
      }
      const sa = sas.get(toHex(concat(message.spiI, message.spiR)))!;
      const opened = openSk(message.isInitiator ? sa.i : sa.r, message);
      if (!opened.ok) throw new Error(opened.reason);
      totals.opened++;
      if (seen.has(hex)) continue; // a retransmission
      seen.add(hex);
      expect([toHex(opened.octets), opened.firstPayload]).toEqual([plain, firstPayload]);
      const payloads = decodePayloads(opened.firstPayload, opened.octets);
      expect(toHex(encodePayloads(payloads).octets)).toBe(plain);

      if (message.exchange === 'IKE_AUTH') {
        const id = find(payloads, message.isInitiator ? 'IDi' : 'IDr')!;
        const octets = encodeSignedOctets(sa.row, {
          message: (message.isInitiator ? first.request! : first.response!).raw,
          nonce: initNonces![message.isInitiator ? 1 : 0],
          idBody: id.body!,
          SK_p: message.isInitiator ? sa.keys.SK_pi : sa.keys.SK_pr,
        });
        expect(verifySharedKeyAuth(sa.row, fromHex(transcript.psk), octets, find(payloads, 'AUTH')!.data)).toBe(true);
        totals.auth++;
      }
      if (!message.isResponse) pending = payloads;
      else if (message.exchange === 'IKE_AUTH' || message.exchange === 'CREATE_CHILD_SA') child(sa, message, payloads);
    }
    expect(secrets.length).toBe(0);

    function child(sa: Sa, message: IkeMessage, payloads: readonly Payload[]): void {
      const [proposal] = find(payloads, 'SA')!.proposals;
      const [offer] = find(pending, 'SA')!.proposals;
      const isFirst = message.exchange === 'IKE_AUTH';
      const [Ni, Nr] = isFirst ? initNonces! : [nonceOf(pending), nonceOf(payloads)];
      const gIr = find(payloads, 'KE') && secrets.shift();
      if (proposal!.protocol === 'IKE') {
        const [spiI, spiR] = [offer!.spi, proposal!.spi];
        const skeyseed = computeRekeySkeyseed(sa.row, sa.keys.SK_d, { Ni, Nr, gIr: gIr! });
        sas.set(toHex(concat(spiI, spiR)), makeSa(proposal!, skeyseed, { Ni, Nr, spiI, spiR }));
        totals.ikeRekeys++;
        return;
      }
      const keys: ChildKeys = deriveChildKeys(sa.row, chosen(proposal!).algorithms, sa.keys.SK_d, { Ni, Nr, ...(gIr && { gIr }) });
      for (const [spi, direction] of [
        [proposal!.spi, keys.initiator],
        [offer!.spi, keys.responder],
      ] as const) {
        const installed = kernel.find((k) => k.spi === readU32(spi, 0) && k.proto === 'esp')!;
        expect([toHex(direction.encryption), toHex(direction.integrity)]).toEqual(keymatOf(installed));
      }
      totals.children++;
    }
  });
});

test('all of them together', () => {
  expect(libreswanTranscripts.length).toBe(7);
  expect(totals).toEqual({ messages: 78, opened: 64, auth: 14, children: 8, ikeRekeys: 1 });
});
