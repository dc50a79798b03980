/** The TLS of strongSwan's recorded EAP conversations. */
import { fromHex, toHex } from '../../src/bytes.js';
import { decodePayloads } from '../../src/ike.js';
import eapTls from '../../vectors/ikev2/strongswan/ikev2-eap-tls.json' with { type: 'json' };
import eapTtls from '../../vectors/ikev2/strongswan/ikev2-eap-ttls-mschapv2.json' with { type: 'json' };

/** One EAP packet of a method over TLS. */
export interface RecordedEap {
  readonly from: 'peer' | 'authenticator';
  /** Octets of the packet. */
  readonly size: number;
  readonly typeData: Uint8Array;
}

interface Recording {
  messages: { response: boolean; first_payload?: number; plaintext?: string; reassembled?: string }[];
  derivations: { a: { label: string; data: string }[] };
}

/** Packets of a Type, in order. */
function packetsOf({ messages }: Recording, type: number): RecordedEap[] {
  return messages.flatMap(({ response, first_payload, plaintext }) => {
    if (first_payload === undefined || plaintext === undefined) return [];
    return decodePayloads(first_payload, fromHex(plaintext)).flatMap((payload) => {
      if (payload.type !== 'EAP') return [];
      if (payload.data[0] !== type) return [];
      const from = response ? ('authenticator' as const) : ('peer' as const);
      return [{ from, size: 4 + payload.data.length, typeData: payload.data.subarray(1) }];
    });
  });
}

/** The messages that somebody said, put together by hand: data without flags and lengths. */
export function messagesOf(packets: readonly RecordedEap[], from: RecordedEap['from']): Uint8Array[] {
  const messages: string[] = [];
  let open = '';
  for (const { typeData } of packets.filter((p) => p.from === from)) {
    const flags = typeData[0]!;
    open += toHex(typeData.subarray(flags & 0x80 ? 5 : 1));
    if (flags & 0x40 || open === '') continue;
    messages.push(open);
    open = '';
  }
  return messages.map(fromHex);
}

export const tls = packetsOf(eapTls, 13);
export const ttls = packetsOf(eapTtls, 21);
/** The MSK of the conversation with EAP-TLS, as the daemon logged it. */
export const tlsMsk = fromHex((eapTls as unknown as Recording).derivations.a.find(({ label }) => label === 'secret')!.data);
