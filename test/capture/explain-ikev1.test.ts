import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { explainIke } from '../../src/capture/explain-ike.js';
import { explainIkev1Message, mapIkev1Message } from '../../src/capture/ikev1.js';
import { decodeMessage, encodeMessage, encodePayloads, type Payload, type Proposal } from '../../src/ikev1.js';
import { transcripts } from '../ikev1/transcripts.js';
import { captureOf, datagram, messagesOf } from './ike-captures.js';
import { captureOfV1, decodeV1, keysOfV1, secretsOfV1 } from './ikev1-captures.js';
import { begin, beginExchange, octets } from './ikev1-conversation.js';

const explained = (name: string, keys?: unknown): string[] => {
  const transcript = transcripts.find((t) => t.name === name)!;
  return messagesOf(decodeV1(captureOfV1(transcript), keys ?? secretsOfV1(transcript))).map((m) => explainIke(m));
};

describe('the ladder of IKEv1', () => {
  test('main mode: who speaks, what is offered, that the hashes are right', () => {
    const text = explained('ikev1-main-psk');
    expect(text[0]).toMatch(
      /^#1 {2}0\.000000 {2}192\.0\.2\.1:500 {2}-+ Identity Protection 00000000 -+> {2}192\.0\.2\.2:500\n {2}IKE 1\.0, 180 octets, cookies 8d1a18ce07adc798, 0000000000000000\n {2}HDR, SA, VID, VID, VID, VID, VID\n/,
    );
    expect(text[0]).toContain('      SA      1 ISAKMP #1: AES-CBC 128, SHA2-256, pre-shared key, 2048-bit MODP Group, 0 seconds\n');
    expect(text[0]).toContain('      VID     Dead Peer Detection\n');
    expect(text[1]).toMatch(/192\.0\.2\.1:500 {2}<-+ Identity Protection 00000000 -+ {2}192\.0\.2\.2:500/);
    expect(text[2]).toContain('HDR, KE, NONCE, NAT-D, NAT-D\n      KE      256 octets\n      NONCE   32 octets\n');
    expect(text[4]).toContain('HDR*, ID, HASH, N(INITIAL-CONTACT)\n      ID      a.example.org (ID_FQDN)\n      HASH    32 octets: right');
    expect(text[7]).toContain('SA      1 ESP 0xdf61c370 #1: ESP_AES-CBC 128, HMAC-SHA2-256, UDP-Encapsulated-Tunnel, 28800 seconds');
    expect(text[7]).toContain('ID      10.1.1.0/24 (ID_IPV4_ADDR_SUBNET)');
    expect(text[7]).toContain('  Child SA: ESP 0xdf61c370, 192.0.2.1 > 192.0.2.2, tunnel mode, ENCR_AES_CBC, AUTH_HMAC_SHA2_256_128\n');
    expect(text[9]).toContain('D       ESP 0x7928ff69');
  });

  test('XAUTH and Mode Config: names and addresses in words, passwords in octets', () => {
    const text = explained('ikev1-xauth-psk-modecfg').join('\n');
    expect(text).toContain('ISAKMP_CFG_REQUEST 0: XAUTH-USER-NAME, XAUTH-USER-PASSWORD');
    expect(text).toContain('ISAKMP_CFG_REPLY 0: XAUTH-USER-NAME "carol", XAUTH-USER-PASSWORD 78617574682d7365637265742d3432');
    expect(text).toContain('ISAKMP_CFG_SET 0: XAUTH-STATUS 1');
    expect(text).toContain('ISAKMP_CFG_REPLY 0: INTERNAL_IP4_ADDRESS 10.3.0.1, INTERNAL_IP4_DNS 10.2.1.53');
  });

  test('Dead Peer Detection, groups, aggressive mode, fragments', () => {
    expect(explained('ikev1-dpd').join('\n')).toMatch(
      /N\(R-U-THERE\)\n {6}HASH {4}32 octets: right\n {6}N {7}R-U-THERE: sequence number \d+/,
    );
    expect(explained('ikev1-aggressive-psk-open')[1]).toMatch(/<-+ Aggressive 00000000 -+ .*\n.*\n {2}HDR, SA, KE, NONCE, ID,/);
    expect(explained('ikev1-aggressive-psk-open')[1]).toContain('HASH    16 octets: right');
    expect(explained('ikev1-quick-pfs')[6]).toContain('2048-bit MODP Group');
    const rsa = explained('ikev1-main-rsa');
    expect(rsa[4]).toContain('HDR, FRAG\n  the others are missing so far\n      FRAG    fragment 1 of message 1, 1212 octets');
    expect(rsa[5]).toContain('HDR, FRAG 2, the last: HDR*, ID, CERT, SIG, CR, N(INITIAL-CONTACT)');
  });

  test('a wrong hash, and what is closed', () => {
    const closed = explained('ikev1-main-psk', { ike1: [] });
    expect(closed[5]).toContain('<');
    expect(closed[5]).toContain(
      'HDR*, closed\n  not opened: a key file would need { "cookieI": "8d1a18ce07adc798" } in "ike1Secrets" or "ike1"',
    );
    expect(explained('ikev1-main-psk', keysOfV1(transcripts.find((t) => t.name === 'ikev1-main-psk')!))[4]).toContain('HASH    32 octets');
    const { talk, packets, entry } = begin('11'.repeat(256));
    const { say } = beginExchange(talk, 'Informational', 5);
    // Covered by another nonce: it is no HASH(1).
    const file = captureOf([
      ...packets,
      say(
        'A',
        [{ type: 'N', doi: 'IPSEC', protocol: 'ESP', notify: 'INVALID-SPI', spi: octets(1, 4), data: octets(1, 40) }],
        [octets(1, 8)],
      ),
    ]);
    const [last] = messagesOf(decodeV1(file, { ike1Secrets: [{ ...entry, sharedSecrets: ['11'.repeat(256)] }] })).slice(-1);
    expect(explainIke(last!)).toContain('HASH    32 octets: WRONG');
    expect(explainIke(last!)).toContain(`N       INVALID-SPI: ESP SPI 0x${toHex(octets(1, 4))}, 40 octets`);
  });

  test('every kind of payload, and what is strange in it', () => {
    const proposal = (transforms: Proposal['transforms'], protocol: 'ISAKMP' | 'ESP' = 'ISAKMP'): Proposal =>
      ({ proposalNum: 1, protocol, spi: new Uint8Array(0), transforms }) as Proposal;
    const many = Array.from(
      { length: 40 },
      (_, i) => ({ transformNum: i, id: 'KEY_IKE', attributes: [{ type: 'Encryption Algorithm', value: 99 }] }) as const,
    );
    const payloads: Payload[] = [
      { type: 'SA', doi: 'GDOI', situation: 1, proposals: [proposal([...many])] },
      {
        type: 'SA',
        doi: 'IPSEC',
        situation: 1,
        proposals: [proposal([{ transformNum: 1, id: 3, attributes: [{ type: 'SA Life Duration', value: 1 }] }], 'ESP')],
      },
      { type: 'ID', idType: 'ID_IPV4_ADDR', protocol: 17, port: 500, data: Uint8Array.of(192, 0, 2, 1) },
      { type: 'ID', idType: 'ID_IPV4_ADDR', protocol: 0, port: 0, data: octets(1, 5) },
      { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: octets(1, 9) },
      { type: 'VID', data: new TextEncoder().encode('a text') },
      { type: 'VID', data: octets(9, 30) },
      { type: 'NAT-OA', idType: 'ID_IPV4_ADDR', reserved: 0, reserved2: 0, data: Uint8Array.of(10, 0, 0, 1) } as Payload,
      { type: 'NAT-D draft', data: octets(1, 16) },
      { type: 'unknown', payloadType: 99, data: octets(1, 2) },
      {
        type: 'ATTR',
        cfgType: 'ISAKMP_CFG_REPLY',
        identifier: 7,
        attributes: [
          { type: 'INTERNAL_IP4_SUBNET', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) },
          { type: 'UNITY_BANNER', value: new TextEncoder().encode('welcome') },
          { type: 'XAUTH-PASSCODE', value: Uint8Array.of(49, 50, 51, 52) },
          { type: 99, value: octets(1, 3) },
        ],
      },
    ];
    const message = encodeMessage({
      ckyI: octets(1, 8),
      ckyR: octets(2, 8),
      exchange: 'Aggressive',
      authenticationOnly: false,
      commit: false,
      messageId: 0,
      payloads,
    });
    const ip = { src: '192.0.2.1', dst: '192.0.2.2', sport: 500, dport: 500 };
    const [found] = messagesOf(decodeV1(captureOf([datagramOf(ip, message)]), {}));
    const text = explainIke(found!);
    for (const line of [
      'HDR, SA, SA, ID, ID, CERT, VID, VID, NAT-OA, NAT-D, type 99, ATTR',
      'DOI GDOI, situation 1',
      '1 ISAKMP #31: encryption 99\n',
      'and 8 more',
      ' 31323334, 99 1f262d',
      '1 ESP #1: ESP_3DES, attributes that contradict themselves',
      '192.0.2.1 (ID_IPV4_ADDR, protocol 17, port 500)',
      `${toHex(octets(1, 5))} (ID_IPV4_ADDR)`,
      'X.509 Certificate - Signature, 9 octets',
      'VID     "a text"',
      'VID     30 octets: ',
      'NAT-OA  10.0.0.1',
      `NAT-D   ${toHex(octets(1, 16))}`,
      '?       2 octets',
      'ISAKMP_CFG_REPLY 7: INTERNAL_IP4_SUBNET 10.0.0.0 mask 255.0.0.0, UNITY_BANNER "welcome", XAUTH-PASSCODE',
    ])
      expect(text).toContain(line);
  });

  test('never wider than 120 columns, whatever the conversation', () => {
    let lines = 0;
    for (const t of transcripts)
      for (const keys of [secretsOfV1(t), keysOfV1(t), {}])
        for (const m of messagesOf(decodeV1(captureOfV1(t), keys)))
          for (const line of explainIke(m).split('\n')) {
            expect(line.length).toBeLessThanOrEqual(120);
            lines++;
          }
    expect(lines).toBeGreaterThan(2000);
  });
});

describe('the octet map of IKEv1', () => {
  test('every octet of every message has one name', () => {
    let messages = 0;
    for (const t of transcripts)
      for (const { followedV1, octets: raw } of messagesOf(decodeV1(captureOfV1(t), secretsOfV1(t)))) {
        const { firstPayload, content, whole = raw } = followedV1!;
        const opened = firstPayload === undefined || content === undefined ? undefined : { firstPayload, content };
        const { parts, inside, error } = mapIkev1Message(whole, opened);
        expect(error).toBeUndefined();
        covers(
          parts.flatMap((part) => part.fields),
          whole.length,
        );
        if (opened !== undefined)
          covers(
            inside.flatMap((part) => part.fields),
            opened.content.length,
          );
        messages++;
      }
    expect(messages).toBe(214);
  });

  test('as text, with what stands encrypted', () => {
    const t = transcripts.find(({ name }) => name === 'ikev1-main-psk')!;
    const [first] = t.messages;
    const text = explainIkev1Message(fromHex(first!.raw));
    expect(text).toMatch(/^ISAKMP Header\n {5}0 {2}8d1a18ce07adc798 {2}ckyI\n/);
    expect(text).toContain('  nextPayload: 1 (SA)');
    expect(text).toContain('exchange: 2 (Identity Protection)');
    expect(text).toMatch(/proposals\.0\.transforms\.0\.attributes\.0\.type bits 1-15: 1 \(Encryption Algorithm\)/);
    const found = messagesOf(decodeV1(captureOfV1(t), secretsOfV1(t)))[4]!;
    const { firstPayload, content } = found.followedV1!;
    const closed = explainIkev1Message(found.octets, { firstPayload: firstPayload!, content: content! });
    expect(closed).toContain('firstPayload: 5 (ID)');
    expect(closed).toContain('  ID\n       0  08                nextPayload: 8 (HASH)');
    const broken = fromHex(`${first!.raw.slice(0, 60)}0001${first!.raw.slice(64)}`);
    expect(explainIkev1Message(broken)).toContain('read no further: ');
    expect(decodeMessage(fromHex(first!.raw)).isEncrypted).toBe(false);
    expect(explainIkev1Message(new Uint8Array(3))).toContain('read no further');
    expect(encodePayloads([]).octets.length).toBe(0);
  });
});

/** Every octet once. */
function covers(fields: readonly { offset: number; length: number }[], length: number): void {
  const seen = new Uint8Array(length);
  for (const field of fields) seen.fill(1, field.offset, field.offset + field.length);
  expect(seen.every((octet) => octet === 1)).toBe(true);
}

function datagramOf(
  { src, dst, sport, dport }: { src: string; dst: string; sport: number; dport: number },
  message: Uint8Array,
): Uint8Array {
  return datagram({ src, dst, sport, dport, raw: toHex(message) }, false);
}
