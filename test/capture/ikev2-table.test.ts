import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { parseEspSa } from '../../src/capture/esp-sa.js';
import { createIkeFollower } from '../../src/capture/ike-follow.js';
import { readIkeKeyring } from '../../src/capture/ike-keys.js';
import { formatIkev2DecryptionTable, parseIkev2DecryptionTable } from '../../src/capture/ikev2-table.js';
import { formatChildSaKeyLog, formatIkeSaKeyLog } from '../../src/capture/key-log.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { IpsecError } from '../../src/errors.js';
import { chacha20Poly1305 } from '../../src/suite/aead.js';
import { encryptionOf, integrityOf, transcripts } from '../ikev2/transcripts.js';
import tables from '../../vectors/ikev2/wireshark-tables.json' with { type: 'json' };
import cbc from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256cbc.json' with { type: 'json' };
import ccm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes128ccm12.json' with { type: 'json' };
import gcm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256gcm16.json' with { type: 'json' };
import sha1 from '../../vectors/ikev2/wireshark-ikev2-decrypt-3des-sha1_160.json' with { type: 'json' };
import { captureOfTranscript, decodeWith, ikeRows, messagesOf } from './ike-captures.js';

const line = (cipher: string, mac: string, key = '00'.repeat(16), macKey = '00'.repeat(32)): string =>
  `0102030405060708,1112131415161718,${key},${key},"${cipher}",${macKey},${macKey},"${mac}"`;
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return (error as IpsecError).message;
  }
  return 'accepted';
};

describe("Wireshark's own tests: the messages open with the keys of its table", () => {
  test.each([cbc, ccm, gcm, sha1].map((set) => [set.what, set] as const))('%s', (_, set) => {
    const { spiI, spiR, skEi, skEr, skAi = '', skAr = '', cipher, integ } = set.sa as Record<string, string>;
    const { keys, warnings } = parseIkev2DecryptionTable([spiI, spiR, skEi, skEr, `"${cipher}"`, skAi, skAr, `"${integ}"`].join(','));
    expect([keys.length, warnings]).toEqual([1, []]);
    const follower = createIkeFollower({ keys, secrets: [] }, ikeRows);
    const at = { packet: 1, source: new Uint8Array(4), destination: new Uint8Array(4), sourcePort: 500, destinationPort: 500 };
    let opened = 0;
    for (const c of set.cases) {
      const { decrypted } = follower.follow(fromHex(c.ikeMessage), at);
      const sk = 'sk' in c ? c.sk : undefined;
      expect(decrypted && toHex(decrypted)).toBe(sk?.innerPayloads);
      if (decrypted !== undefined) opened++;
    }
    expect(opened).toBe(set.cases.length - 2);
  });
});

describe('tables with which tshark opened the captures', () => {
  test.each(tables.cases.map((c) => [c.name, c] as const))('%s: what we write is what tshark read', (name, c) => {
    const transcript = transcripts.find((t) => t.name === name)!;
    const written = transcript.ike_sas.map((sa) => {
      const encryption = encryptionOf(sa.algorithms.encryption_id, sa.algorithms.key_length);
      const { integrity } = integrityOf(sa.algorithms.integrity_id);
      const { sk_ei, sk_er, sk_ai, sk_ar } = sa;
      const keys = { SK_ei: fromHex(sk_ei), SK_er: fromHex(sk_er), SK_ai: fromHex(sk_ai), SK_ar: fromHex(sk_ar) };
      return formatIkeSaKeyLog({ spiI: fromHex(sa.spi_i), spiR: fromHex(sa.spi_r), encryption, integrity, keys });
    });
    expect(written).toEqual(c.ikev2.map((text) => `${text}\n`));

    const children = transcript.child_sas.flatMap((child) => {
      const algorithms = {
        encryption: encryptionOf(child.algorithms.encryption_id, child.algorithms.key_length),
        ...integrityOf(child.algorithms.integrity_id),
      };
      return [
        { spi: child.spi_responder, keys: { encryption: fromHex(child.encr_i), integrity: fromHex(child.integ_i) } },
        { spi: child.spi_initiator, keys: { encryption: fromHex(child.encr_r), integrity: fromHex(child.integ_r) } },
      ].flatMap(({ spi, keys }) =>
        formatChildSaKeyLog({ protocol: 'ESP', spi: Number.parseInt(spi, 16), ...algorithms, keys })
          .trimEnd()
          .split('\n'),
      );
    });
    // Wireshark has no AES-CCM for ESP: its packets were sealed again for tshark.
    if (name === 'cipher-aes256ccm16') expect(children[0]).toContain('ENCR_AES_CCM_16 has no place in this table');
    else expect(children.toSorted()).toEqual(c.espSa.map((text) => text.replace('"0x"', '""')).toSorted());
  });

  test.each(tables.cases.map((c) => [c.name, c] as const))('%s: read back', (name, c) => {
    const { keys, warnings } = parseIkev2DecryptionTable(`# IKEv2 SAs\r\n${c.ikev2.join('\r\n')}\r\n`);
    expect(warnings).toEqual([]);
    expect(formatIkev2DecryptionTable(keys)).toBe(`# IKEv2 SAs\n${c.ikev2.map((text) => `${text}\n`).join('')}`);
    const ike = keys.map(({ spiI, spiR, SK_ei, SK_er, SK_ai, SK_ar, encryption, integrity }) => ({
      ...Object.fromEntries(Object.entries({ spiI, spiR, SK_ei, SK_er, SK_ai, SK_ar }).map(([n, octets]) => [n, toHex(octets)])),
      encryption,
      integrity,
    }));
    const transcript = transcripts.find((t) => t.name === name)!;
    const found = messagesOf(decodeWith(captureOfTranscript(transcript), { ike }));
    // One line for each SA: of several generations of keys the last.
    const several = transcript.ike_sas.some((sa) => sa.key_generations !== undefined);
    const closed = found.filter((m) => m.outline!.payloads.some((p) => p.startsWith('SK')) && m.followed?.decrypted === undefined);
    expect(closed.length).toBe(several ? 3 : 0);
    expect(parseEspSa(c.espSa.join('\n')).warnings).toEqual([]);
  });
});

describe('the table', () => {
  test('fields in quotes or not, octets with 0x, names without their reference, comments', () => {
    const zeros = '00'.repeat(16);
    const quoted = `"0x0102030405060708","1112131415161718","0x${zeros}","${zeros}","AES-CBC-128","","","NONE"`;
    expect(parseIkev2DecryptionTable(quoted).warnings).toEqual([
      'ikev2_decryption_table.1: AES-CBC-128 with NONE is not supported, left out',
    ]);
    const text = `\ufeff# keys\n\n${line('aes-cbc-128', 'hmac_sha2_256_128')}\n`;
    expect(parseIkev2DecryptionTable(text).keys[0]).toMatchObject({ encryption: 'ENCR_AES_CBC', integrity: 'AUTH_HMAC_SHA2_256_128' });
  });

  test('what is wrong is said with the line, and no key is shown', () => {
    const secret = 'c0ffee';
    expect(refusal(() => parseIkev2DecryptionTable('\n01,02'))).toContain('expected 8 fields, found 2 (ikev2_decryption_table.2)');
    expect(refusal(() => parseIkev2DecryptionTable(line('AES-CBC-182 [RFC3602]', 'NONE')))).toMatch(/did you mean AES-CBC-1(28|92)\?/);
    expect(refusal(() => parseIkev2DecryptionTable(line('AES-CBC-128', 'HMAC_SHA2_256_129')))).toContain('did you mean HMAC_SHA2_256_128?');
    const odd = refusal(() => parseIkev2DecryptionTable(line('AES-CBC-128', 'NONE', `${secret}x`)));
    expect(odd).toContain('digits 0-9 and a-f');
    expect(odd).not.toContain(secret);
    expect(refusal(() => parseIkev2DecryptionTable(line('AES-CBC-128', 'NONE').slice(2)))).toContain('16 hexadecimal digits');
  });

  test('keys of a length that the cipher does not have', () => {
    const { keys } = parseIkev2DecryptionTable(line('AES-CBC-256 [RFC3602]', 'HMAC_SHA2_256_128 [RFC4868]', '00'.repeat(20)));
    expect(refusal(() => createIkeFollower({ keys, secrets: [] }, ikeRows))).toContain('(ikev2_decryption_table.1)');
  });

  test('any text: values or an error of ours', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', '\n', '#', '0', 'a', 'x', 'AES-CBC-128', '\\', ' ') }), (text) => {
        refusal(() => parseIkev2DecryptionTable(text));
      }),
    );
  });
});

describe('a key log', () => {
  test('what Wireshark does not know becomes a comment without keys', () => {
    const key = fromHex('c0ffee'.repeat(12));
    const text = formatIkeSaKeyLog({
      spiI: new Uint8Array(8),
      spiR: new Uint8Array(8),
      encryption: chacha20Poly1305,
      keys: { SK_ei: key, SK_er: key, SK_ai: new Uint8Array(0), SK_ar: new Uint8Array(0) },
    });
    expect(text).toBe('# an IKE SA: ENCR_CHACHA20_POLY1305 has no place in this table\n');
    expect(formatChildSaKeyLog({ protocol: 'AH', spi: 0x1234, keys: { encryption: key, integrity: key } })).toBe(
      '# SPI 0x00001234: AH has no place in this table\n',
    );
  });
});

describe('the lists `ike` and `ikeSecrets` of a key file', () => {
  const spis = { spiI: '0102030405060708', spiR: '0x1112131415161718' };
  const keys = { ...spis, SK_ei: '00'.repeat(16), SK_er: '00'.repeat(16), encryption: 'ENCR_AES_CBC' };
  const read = (file: Record<string, unknown>) => readIkeKeyring(parseKeyFile(JSON.stringify(file)));

  test('members that are not known give a warning; null is absent', () => {
    const { keys: found, warnings } = read({
      ike: [{ ...keys, SK_ai: null, integrity: 'NONE', keyLenght: 128, SK_d: '00', keyLength: 256 }],
    });
    expect(found[0]).toMatchObject({ encryption: 'ENCR_AES_CBC', path: 'ike.0' });
    expect(found[0]!.integrity).toBeUndefined();
    expect(warnings).toEqual([
      'ike.0.keyLenght: unknown member, ignored (did you mean keyLength?)',
      'ike.0.keyLength: 256 does not fit SK_ei, which has 128 bits; ignored',
    ]);
    const twice = read({
      ikeSecrets: [
        { ...spis, sharedSecrets: [] },
        { ...spis, sharedSecrets: ['00'], psk: null, ppk: '00' },
      ],
    });
    expect(twice.warnings).toEqual(['ikeSecrets.1: the same SPIs as an entry before it, not used']);
  });

  test('wrong values are refused with their place', () => {
    const wrongs: [Record<string, unknown>, string][] = [
      [{ ike: [1] }, 'ike.0'],
      [{ ike: [{ ...keys, spiI: '01' }] }, 'ike.0.spiI'],
      [{ ike: [{ ...keys, SK_ei: 'zz' }] }, 'ike.0.SK_ei'],
      [{ ike: [{ ...keys, SK_er: undefined }] }, 'ike.0.SK_er'],
      [{ ike: [{ ...keys, encryption: 7 }] }, 'ike.0.encryption'],
      [{ ikeSecrets: ['x'] }, 'ikeSecrets.0'],
      [{ ikeSecrets: [{ ...spis }] }, 'ikeSecrets.0.sharedSecrets'],
      [{ ikeSecrets: [{ ...spis, sharedSecrets: ['00', ''] }] }, 'ikeSecrets.0.sharedSecrets.1'],
      [{ ikeSecrets: [{ ...spis, sharedSecrets: ['00'], psk: 5 }] }, 'ikeSecrets.0.psk'],
    ];
    for (const [file, path] of wrongs) expect(refusal(() => read(file))).toContain(`(${path})`);
  });

  test('algorithms that are not at hand are refused when the follower is made', () => {
    const make = (entry: Record<string, unknown>) => () => createIkeFollower(read({ ike: [entry] }), ikeRows);
    expect(refusal(make({ ...keys, encryption: 'ENCR_CAMELLIA_CBC' }))).toContain('(ike.0)');
    expect(refusal(make(keys))).toContain('(ike.0)');
    expect(refusal(make({ ...keys, integrity: 'AUTH_HMAC_SHA2_256_128', SK_ai: '00', SK_ar: '00' }))).toContain('(ike.0)');
    expect(refusal(make({ ...keys, encryption: 'ENCR_NULL', SK_ei: '', SK_er: '' }))).toContain('(ike.0)');
  });
});
