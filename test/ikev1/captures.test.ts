/** Messages of many implementations: decoded, named, and encoded again octet for octet; and those that are damaged on purpose. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodeMessage, decodePayloads, encodeMessage, findVendorId, type Ikev1Message } from '../../src/ikev1.js';
import oobr from '../../vectors/ikev1/tcpdump-oobr-datagrams.json' with { type: 'json' };
import { libreswanTranscripts, transcripts } from './transcripts.js';

interface Set {
  source: string;
  cases: {
    message?: string;
    isakmpMessage?: string;
    payloadTypes?: number[];
  }[];
}
const sets = {
  ...import.meta.glob<Set>(['../../vectors/ikev1/*.json'], { eager: true, import: 'default' }),
  ...import.meta.glob<Set>(['../../vectors/ikev2/{capture-*,ike-scan-packets,rub-ike-messages,scapy-isakmp-messages}.json'], {
    eager: true,
    import: 'default',
  }),
};
/** Messages of version 1, by the file that they stand in. */
const recorded = Object.entries(sets).flatMap(([file, set]) =>
  set.cases.flatMap((c, i) => {
    const message = c.message ?? c.isakmpMessage;
    const isOurs = message?.[34] === '1' && !file.includes('oobr');
    return isOurs ? [{ name: `${file.replace(/.*\//, '')} ${i + 1}`, message, payloadTypes: c.payloadTypes }] : [];
  }),
);
/** What is wrong with those that are damaged. */
const faults: Record<string, string> = {
  'capture-tcpdump-isakmp-no-none-np.json 1': 'truncated',
  'capture-tcpdump-isakmp-pointer-loop.json 1': 'malformed',
  'capture-zeek-ipsec-ikev1-payload-bad-length.json 1': 'malformed',
  'capture-zeek-ipsec-ikev1-zero-length.json 1': 'malformed',
};

describe('messages of others', () => {
  it('are here', () => {
    expect(recorded.length).toBeGreaterThan(90);
  });
  for (const { name, message, payloadTypes } of recorded) {
    const fault = faults[name];
    it(`${name}${fault === undefined ? '' : `: ${fault}`}`, () => {
      const decoded = attempt(() => decodeMessage(fromHex(message)));
      if (decoded instanceof IpsecError || fault !== undefined) {
        expect(decoded).toMatchObject({ code: fault });
        return;
      }
      expect(toHex(encodeMessage(decoded))).toBe(message);
      if (!decoded.isEncrypted && payloadTypes !== undefined) expect(decoded.payloads).toHaveLength(payloadTypes.length);
    });
  }
});

describe('datagrams that made others read beyond their end', () => {
  it.each(oobr.cases)('$name', ({ message }) => {
    const octets = fromHex(message);
    expect(attempt(() => decodeMessage(octets))).toBeInstanceOf(IpsecError);
    // behind a header that is not right either
    const inside = attempt(() => decodePayloads(octets[16]!, octets.subarray(28)));
    expect(inside instanceof IpsecError || inside.end <= octets.length).toBe(true);
  });
});

describe('damage at every octet', () => {
  const samples = [
    ...recorded.filter((c) => faults[c.name] === undefined && c.message.length < 1600).slice(0, 30),
    ...transcripts.slice(0, 6).flatMap((t) => t.messages.slice(0, 4).map((m) => ({ name: t.name, message: m.raw }))),
    ...libreswanTranscripts.flatMap((t) => t.messages.slice(0, 3).map((m) => ({ name: t.name, message: m.hex }))),
  ];
  it('of truncation: an IpsecError, always', () => {
    for (const { message } of samples) {
      const octets = fromHex(message);
      for (let length = 0; length < octets.length; length++)
        expect(attempt(() => decodeMessage(octets.slice(0, length)))).toBeInstanceOf(IpsecError);
    }
  });
  it('of a mutation: an IpsecError, or a value that encodes to what decodes to it', () => {
    for (const { message } of samples) {
      const octets = fromHex(message);
      for (let at = 0; at < Math.min(octets.length, 160); at++) {
        for (const mask of [0x01, 0xff]) {
          const mutated = octets.slice();
          mutated[at] = mutated[at]! ^ mask;
          const decoded = attempt(() => decodeMessage(mutated));
          if (decoded instanceof IpsecError) continue;
          const again = encodeMessage(decoded);
          expect(toHex(encodeMessage(decodeMessage(again)))).toBe(toHex(again));
        }
      }
    }
  });
  it('of the payloads inside an encrypted message', () => {
    for (const { messages } of transcripts) {
      for (const { plaintext, raw } of messages.slice(4, 9)) {
        if (plaintext === undefined) continue;
        const first = fromHex(raw)[16]!;
        const octets = fromHex(plaintext);
        for (let at = 0; at < octets.length; at++) {
          const mutated = octets.slice();
          mutated[at] = mutated[at]! ^ 0xff;
          const decoded = attempt(() => decodePayloads(first, mutated));
          if (!(decoded instanceof IpsecError)) expect(decoded.end).toBeLessThanOrEqual(octets.length);
        }
      }
    }
  });
});

describe('RFC 2408 section 3.16: Vendor IDs', () => {
  it('those of strongSwan have names', () => {
    const names = new Set(
      transcripts.flatMap(({ messages }) => messages.slice(0, 2).flatMap(({ raw }) => vendors(decodeMessage(fromHex(raw))))),
    );
    for (const name of ['XAUTH', 'Dead Peer Detection', 'FRAGMENTATION', 'RFC 3947', 'draft-ietf-ipsec-nat-t-ike-02\\n'])
      expect(names).toContain(name);
  });
});

function vendors(message: Ikev1Message): (string | undefined)[] {
  return message.isEncrypted ? [] : message.payloads.flatMap((payload) => (payload.type === 'VID' ? [findVendorId(payload.data)] : []));
}

/** A value, or an IpsecError; anything else that is thrown is a fault. */
function attempt<T>(act: () => T): T | IpsecError {
  try {
    return act();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
}
