import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { explainIke } from '../../src/capture/explain-ike.js';
import { explainMessage, mapMessage } from '../../src/capture/explain-message.js';
import { explainPayload, namePayload } from '../../src/capture/explain-payload.js';
import type { MappedHeader } from '../../src/capture/packet-map.js';
import { createNotify, encodeMessage, type Payload } from '../../src/ike.js';
import { libreswanTranscripts, type Transcript, transcripts } from '../ikev2/transcripts.js';
import {
  captureOf,
  captureOfTranscript,
  datagram,
  decodeWith,
  keysOfTranscript,
  messagesOf,
  pskOf,
  secretsOfTranscript,
} from './ike-captures.js';
import { ikev1Captures } from './ikev1-captures.js';

const transcriptOf = (name: string): Transcript => transcripts.find((t) => t.name === name)!;
const explained = (name: string): string[] => {
  const t = transcriptOf(name);
  const records = decodeWith(captureOfTranscript(t), secretsOfTranscript(t, pskOf(t)[0]));
  return messagesOf(records).map((m) => explainIke(m));
};

describe('the ladder', () => {
  test('the original initiator on the left, whoever sends', () => {
    const heads = explained('ikev2-delete-by-responder').map((text) => text.split('\n')[0]!.replace(/-+/g, '-'));
    expect(heads.slice(0, 6)).toEqual([
      '#1  0.000000  192.0.2.1:500  - IKE_SA_INIT request 0 ->  192.0.2.2:500',
      '#2  0.000000  192.0.2.1:500  <- IKE_SA_INIT response 0 -  192.0.2.2:500',
      '#3  0.000000  192.0.2.1:4500  - IKE_AUTH request 1 ->  192.0.2.2:4500',
      '#4  0.000000  192.0.2.1:4500  <- IKE_AUTH response 1 -  192.0.2.2:4500',
      ...heads.slice(4, 6),
    ]);
    expect(heads.filter((head) => / <- INFORMATIONAL request /.test(head)).length).toBeGreaterThan(0);
    expect(heads.filter((head) => / - INFORMATIONAL response \d+ ->/.test(head)).length).toBeGreaterThan(0);
  });

  test('IKE_AUTH: identities, AUTH, proposals, selectors, the Child SAs', () => {
    const [, , request, response] = explained('ikev2-psk') as [string, string, string, string];
    expect(request.split('\n').slice(2)).toEqual([
      '  HDR, SK {IDi, N(INITIAL_CONTACT), IDr, AUTH, SA, TSi, TSr, N(MULTIPLE_AUTH_SUPPORTED), N(EAP_ONLY_AUTHENTICATION),',
      '    N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED)}',
      '      IDi     a.example.org (ID_FQDN)',
      '      IDr     b.example.org (ID_FQDN)',
      '      AUTH    Shared Key Message Integrity Code, 32 octets: right',
      '      SA      proposal 1, ESP, SPI 0x52aaa8bd: ENCR_AES_GCM_16 (128); no ESN',
      '      TSi     10.1.1.0/24',
      '      TSr     10.2.1.0/24',
    ]);
    expect(response.split('\n').slice(-2)).toEqual([
      '  Child SA: ESP 0x525b6fee, 192.0.2.1 > 192.0.2.2, tunnel mode, ENCR_AES_GCM_16',
      '  Child SA: ESP 0x52aaa8bd, 192.0.2.2 > 192.0.2.1, tunnel mode, ENCR_AES_GCM_16',
    ]);
  });

  test('a rekeyed IKE SA, a missing secret, fragments, refusals, closed messages', () => {
    expect(explained('ikev2-ike-rekey').join('\n')).toMatch(/a new IKE SA takes over: SPIi [0-9a-f]{16}, SPIr [0-9a-f]{16}/);
    const pfs = transcriptOf('group-curve25519');
    const { ikeSecrets } = secretsOfTranscript(pfs, undefined);
    const short = ikeSecrets.map((entry) => ({ ...entry, sharedSecrets: (entry['sharedSecrets'] as string[]).slice(0, 1) }));
    const text = messagesOf(decodeWith(captureOfTranscript(pfs), { ikeSecrets: short })).map((m) => explainIke(m));
    expect(text.join('\n')).toContain('its keys need a shared secret that is not listed');
    const fragments = explained('ikev2-fragmentation-bigchain').join('\n');
    expect(fragments).toContain('HDR, SKF 1 of 2\n');
    expect(fragments).toMatch(/HDR, SKF 2 of 2 \{IDi, CERT, /);
    expect(explained('ikev2-invalid-ke').join('\n')).toContain('INVALID_KE_PAYLOAD: wanted is 384-bit random ECP group');
    const closed = messagesOf(decodeWith(captureOfTranscript(transcriptOf('ikev2-psk')), {})).map((m) => explainIke(m));
    expect(closed[2]).toContain(
      'HDR, SK: closed\n  not opened: a key file would need { "spiI": "75c5a5d112a42800", "spiR": "5531a9bca3266b94" }',
    );
    const bad = decodeWith(captureOfTranscript(transcriptOf('ikev2-psk')), secretsOfTranscript(transcriptOf('ikev2-psk'), '00'));
    expect(explainIke(messagesOf(bad)[2]!)).toContain('AUTH    Shared Key Message Integrity Code, 32 octets: WRONG');
  });

  test('IKEv1, what is malformed, and what is none', () => {
    const old = messagesOf(decodeWith(ikev1Captures['ikev1-main-psk.pcap']!, {})).map((m) => explainIke(m));
    expect(old[0]).toMatch(
      /^#1 {2}0\.000000 {2}192\.0\.2\.1:500 {2}-+ Identity Protection 00000000 -+> {2}192\.0\.2\.2:500\n {2}IKE 1\.0, /,
    );
    expect(old[4]).toContain('HDR, closed');
    const { raw, ...ends } = transcriptOf('ikev2-psk').messages[0]!;
    const odd = [`${raw.slice(0, 34)}30${raw.slice(36)}`, `${raw}00`, '00'.repeat(28)].map((octets) =>
      datagram({ ...ends, raw: octets }, false),
    );
    const [next, broken, none] = messagesOf(decodeWith(captureOf(odd), {})).map((m) => explainIke(m));
    expect(next).toContain('IKE 3.0');
    expect(broken).toContain('malformed: read no further');
    expect(none).toContain('port of IKE, but no message of it: 28 octets');
  });

  test('never wider than 120 columns, whatever the conversation', () => {
    let lines = 0;
    for (const t of transcripts) {
      for (const keys of [secretsOfTranscript(t, pskOf(t)[0]), keysOfTranscript(t), {}]) {
        for (const m of messagesOf(decodeWith(captureOfTranscript(t), keys))) {
          for (const line of explainIke(m).split('\n')) {
            expect(line.length).toBeLessThanOrEqual(120);
            lines++;
          }
        }
      }
    }
    expect(lines).toBeGreaterThan(10_000);
  });
});

describe('payloads in words', () => {
  const octets = (...values: number[]): Uint8Array => Uint8Array.from(values);
  const cases: [Payload, string][] = [
    [{ type: 'D', protocol: 'ESP', spis: [octets(1, 2, 3, 4)] }, 'ESP 0x01020304'],
    [{ type: 'D', protocol: 'IKE', spis: [] }, 'IKE'],
    [{ type: 'V', data: new TextEncoder().encode('strongSwan') }, '"strongSwan"'],
    [{ type: 'V', data: octets(0, 1) }, '0001'],
    [{ type: 'EAP', code: 'Request', identifier: 3, data: octets(26, 1) }, 'Request 3, MSCHAPv2'],
    [{ type: 'EAP', code: 'Success', identifier: 4, data: octets() }, 'Success 4'],
    [{ type: 'unknown', payloadType: 200, critical: true, data: octets(1) }, '1 octet, critical'],
    [createNotify('IPCOMP_SUPPORTED', octets(0xab, 0xcd, 2)), 'IPCOMP_SUPPORTED: CPI 0xabcd, transform 2'],
    [createNotify('ADDITIONAL_IP4_ADDRESS', octets(192, 0, 2, 9)), 'ADDITIONAL_IP4_ADDRESS: 192.0.2.9'],
    [createNotify('REKEY_SA', octets(), { protocol: 'ESP', spi: octets(1, 2, 3, 4) }), 'REKEY_SA: ESP SPI 0x01020304'],
    [createNotify('COOKIE', new Uint8Array(40)), 'COOKIE: 40 octets'],
    [
      {
        type: 'CP',
        cfgType: 'CFG_REPLY',
        attributes: [
          { type: 'INTERNAL_IP6_ADDRESS', value: Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array<number>(12).fill(0), 64]) },
          { type: 'APPLICATION_VERSION', value: new TextEncoder().encode('1.0') },
          { type: 4711, value: octets(1, 2, 3) },
        ],
      },
      'CFG_REPLY: INTERNAL_IP6_ADDRESS 2001:db8::/64, APPLICATION_VERSION "1.0", 4711 010203',
    ],
    [{ type: 'IDi', idType: 'ID_KEY_ID', data: octets(1) }, 'ID_KEY_ID:01 (ID_KEY_ID)'],
    [{ type: 'IDr', idType: 'ID_IPV4_ADDR', data: octets(1) }, '01 (ID_IPV4_ADDR)'],
    [{ type: 'IDr', idType: 77, data: octets(1) }, '01 (77)'],
    [{ type: 'SKF', firstPayload: 0, fragmentNumber: 2, totalFragments: 3, data: octets(1) }, 'fragment 2 of 3, 1 octet'],
  ];
  test.each(cases.map(([payload, text]) => [`${namePayload(payload)}: ${text}`, payload, text] as const))('%s', (_, payload, text) => {
    expect(explainPayload(payload)).toEqual([text]);
  });
});

describe('the octet map of a message', () => {
  /** Octets that no row names. */
  const gaps = (parts: readonly MappedHeader[], length: number): number[] => {
    const named = new Uint8Array(length);
    for (const { fields } of parts) for (const field of fields) named.fill(1, field.offset, field.offset + field.length);
    return Array.from(named.keys()).filter((at) => named[at] === 0);
  };

  test('every octet of every message has a name, inside SK too', () => {
    let [messages, inside] = [0, 0];
    for (const t of transcripts) {
      for (const m of t.messages.filter(({ raw }) => raw.startsWith('2', 34))) {
        const octets = fromHex(m.raw);
        const text = m.fragment === undefined ? m.plaintext : undefined;
        const opened =
          text === undefined ? undefined : { firstPayload: m.first_payload!, content: fromHex(text), ivLength: 8, icvLength: 12 };
        const map = mapMessage(octets, opened);
        expect([map.error, gaps(map.parts, octets.length)]).toEqual([undefined, []]);
        messages++;
        if (opened === undefined) continue;
        expect(gaps(map.inside, opened.content.length)).toEqual([]);
        expect(map.inside.length).toBe(m.payloads!.length);
        inside++;
      }
    }
    expect([messages, inside]).toEqual([742, 519]);
    for (const { hex } of libreswanTranscripts.flatMap((t) => t.messages))
      expect(gaps(mapMessage(fromHex(hex)).parts, hex.length / 2)).toEqual([]);
  });

  test('as text: offset, octets, name, value; algorithms by name', () => {
    const { messages } = transcriptOf('ikev2-psk');
    const text = explainMessage(fromHex(messages[0]!.raw)).split('\n');
    expect(text.slice(0, 4)).toEqual([
      'IKE Header',
      '     0  75c5a5d112a42800  spiI',
      '     8  0000000000000000  spiR',
      '    16  21                nextPayload: 33 (SA)',
    ]);
    expect(text).toContain('    46  000c              proposals.0.transforms.0.id: 12 (ENCR_AES_CBC)');
    expect(text).toContain('    80  0013              method: 19 (256-bit random ECP group)');
    const m = messages[2]!;
    const opened = { firstPayload: m.first_payload!, content: fromHex(m.plaintext!), ivLength: 16, icvLength: 16 };
    const sealed = explainMessage(fromHex(m.raw), opened).split('\n');
    const sk = sealed.indexOf('SK');
    expect(sealed.slice(sk + 5, sk + 11).map((line) => line.slice(26))).toEqual([
      'initializationVector: 16 octets',
      'encryptedPayloads: 198 octets',
      'padding (encrypted): 9 octets',
      'padLength (encrypted)',
      'integrityChecksumData: 16 octets',
      '',
    ]);
    expect(sealed).toContain('      54  02                method: 2 (Shared Key Message Integrity Code)');
  });

  test('what is malformed is explained as far as it goes', () => {
    const spi = new Uint8Array(8).fill(1);
    const message = encodeMessage({
      spiI: spi,
      spiR: spi,
      exchange: 'IKE_SA_INIT',
      isInitiator: true,
      isResponse: false,
      messageId: 0,
      payloads: [createNotify('COOKIE', new Uint8Array(4))],
    });
    for (let length = 0; length < message.length; length++) {
      const { error } = mapMessage(message.subarray(0, length));
      expect(error).toBeDefined();
      expect(explainMessage(message.subarray(0, length))).toContain('read no further: ');
    }
    const inner = { firstPayload: 41, content: Uint8Array.of(0, 0, 0, 90) };
    expect(mapMessage(message, inner).error?.message).toContain('payloads.0');
  });
});
