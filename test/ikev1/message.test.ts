import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  groupProposals,
  type Ikev1Header,
  type Payload,
  type Proposal,
} from '../../src/ikev1.js';
import { clearMessageCodec, encryptedMessageCodec } from '../../src/ikev1/message.js';
import { checkDeclaration } from '../wire/check.js';

const header: Ikev1Header = {
  ckyI: fromHex('0102030405060708'),
  ckyR: fromHex('1112131415161718'),
  exchange: 'Informational',
  authenticationOnly: false,
  commit: false,
  messageId: 0x11223344,
};
const bodyOf = (payload: Payload): string => toHex(encodePayloads([payload]).octets.subarray(4));
const again = (payload: Payload): Payload => {
  const { firstPayload, octets } = encodePayloads([payload]);
  return decodePayloads(firstPayload, octets).payloads[0]!;
};
const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('RFC 2408 section 3.1: the ISAKMP header', () => {
  it('the octets, and what follows from the value', () => {
    const octets = encodeMessage({ ...header, payloads: [{ type: 'VID', data: fromHex('beef') }] });
    expect(toHex(octets)).toBe('01020304050607081112131415161718' + '0d100500' + '11223344' + '00000022' + '00000006beef');
    const payloads = [{ type: 'VID', data: fromHex('beef') }];
    expect(decodeMessage(octets)).toEqual({ ...header, isEncrypted: false, payloads, padding: EMPTY });
  });
  it('flags: authentication only, commit, encryption', () => {
    const flags = (message: Parameters<typeof encodeMessage>[0]): number => encodeMessage(message)[19]!;
    expect(flags({ ...header, payloads: [] })).toBe(0);
    expect(flags({ ...header, firstPayload: 8, data: fromHex('00') })).toBe(1);
    expect(flags({ ...header, commit: true, payloads: [] })).toBe(2);
    expect(flags({ ...header, authenticationOnly: true, commit: true, firstPayload: 8, data: EMPTY })).toBe(7);
  });
  it('what is encrypted is not read', () => {
    const octets = encodeMessage({ ...header, firstPayload: 8, data: fromHex('ffffffffffffffff') });
    expect(decodeMessage(octets)).toEqual({ ...header, isEncrypted: true, firstPayload: 8, data: fromHex('ffffffffffffffff') });
  });
  it('other versions are refused', () => {
    const octets = encodeMessage({ ...header, payloads: [] });
    octets[17] = 0x20;
    expect(failure(() => decodeMessage(octets))).toMatchObject({ code: 'invalid-major-version', blame: 'peer' });
    octets[17] = 0x11;
    expect(failure(() => decodeMessage(octets))).toMatchObject({ code: 'malformed', path: 'minorVersion' });
  });
  it('unknown numbers survive', () => {
    const payloads: Payload[] = [
      { type: 'unknown', payloadType: 200, data: fromHex('0102') },
      { type: 'N', doi: 77, protocol: 99, notify: 40_000, spi: fromHex('aa'), data: EMPTY },
      { type: 'ID', idType: 250, protocol: 1, port: 2, data: fromHex('03') },
      { type: 'ATTR', cfgType: 9, identifier: 7, attributes: [{ type: 30_000, value: 1 }] },
    ];
    const decoded = decodeMessage(encodeMessage({ ...header, exchange: 240, payloads }));
    expect(decoded).toMatchObject({ exchange: 240, payloads });
  });
  it('limits bound what a message may hold', () => {
    const payloads = Array.from({ length: 5 }, (): Payload => ({ type: 'VID', data: EMPTY }));
    const octets = encodeMessage({ ...header, payloads });
    for (const limits of [{ payloads: 4 }, { elements: 4 }, { octets: octets.length - 1 }])
      expect(failure(() => decodeMessage(octets, limits))).toMatchObject({ code: 'limit-exceeded', blame: 'peer' });
    expect(decodeMessage(octets, { payloads: 5, elements: 5, octets: octets.length }).isEncrypted).toBe(false);
  });
});

describe('RFC 2408 section 5.3: payloads', () => {
  it('whose RESERVED is not zero are refused', () => {
    const octets = encodeMessage({ ...header, payloads: [{ type: 'VID', data: fromHex('beef') }] });
    octets[29] = 0x80;
    expect(failure(() => decodeMessage(octets))).toMatchObject({ code: 'malformed', offset: 29 });
    octets[29] = 0x01;
    expect(failure(() => decodeMessage(octets))).toMatchObject({ code: 'malformed', offset: 29 });
  });
  it('have no critical bit', () => {
    const vid = { type: 'VID', data: EMPTY, critical: true } as Payload;
    expect(failure(() => encodePayloads([vid])).code).toBe('invalid-argument');
  });
  it('up to three octets may stand behind them, not four', () => {
    const with3 = encodeMessage({ ...header, payloads: [], padding: new Uint8Array(3) });
    expect(decodeMessage(with3)).toMatchObject({ payloads: [], padding: new Uint8Array(3) });
    expect(failure(() => encodeMessage({ ...header, payloads: [], padding: new Uint8Array(4) })).code).toBe('invalid-argument');
    const with4 = new Uint8Array(32);
    with4.set(encodeMessage({ ...header, payloads: [] }));
    with4[27] = 32;
    expect(failure(() => decodeMessage(with4)).code).toBe('malformed');
  });
});

describe('payloads, octet for octet', () => {
  it('Identification: type, protocol, port', () => {
    const id: Payload = { type: 'ID', idType: 'ID_IPV4_ADDR_SUBNET', protocol: 17, port: 500, data: fromHex('0a010100ffffff00') };
    expect(bodyOf(id)).toBe('041101f4' + '0a010100ffffff00');
    expect(again(id)).toEqual({ ...id, body: fromHex(bodyOf(id)) });
  });
  it('Certificate and Certificate Request', () => {
    expect(bodyOf({ type: 'CERT', encoding: 'X.509 Certificate - Signature', data: fromHex('3000') })).toBe('043000');
    expect(bodyOf({ type: 'CR', encoding: 'X.509 Certificate - Signature', data: EMPTY })).toBe('04');
  });
  it('Notification and Delete', () => {
    const notify: Payload = {
      type: 'N',
      doi: 'IPSEC',
      protocol: 'ESP',
      notify: 'NO-PROPOSAL-CHOSEN',
      spi: fromHex('01020304'),
      data: fromHex('ff'),
    };
    expect(bodyOf(notify)).toBe('00000001' + '0304000e' + '01020304' + 'ff');
    expect(again(notify)).toEqual(notify);
    const spis = [fromHex('01020304'), fromHex('05060708')];
    expect(bodyOf({ type: 'D', doi: 'IPSEC', protocol: 'ESP', spis })).toBe('00000001' + '03040002' + '0102030405060708');
  });
  it('Nonce: 8 to 256 octets', () => {
    for (const length of [8, 256]) expect(again({ type: 'Nonce', data: new Uint8Array(length) })).toMatchObject({ type: 'Nonce' });
    for (const length of [7, 257])
      expect(failure(() => bodyOf({ type: 'Nonce', data: new Uint8Array(length) })).code).toBe('invalid-argument');
  });
  it('NAT-D and NAT-OA have one number in RFC 3947, and had another before', () => {
    const data = fromHex('c0000201');
    expect(encodePayloads([{ type: 'NAT-D', data }]).firstPayload).toBe(20);
    expect(encodePayloads([{ type: 'NAT-D draft', data }]).firstPayload).toBe(130);
    expect(encodePayloads([{ type: 'NAT-OA', idType: 'ID_IPV4_ADDR', data }]).firstPayload).toBe(21);
    expect(encodePayloads([{ type: 'NAT-OA draft', idType: 'ID_IPV4_ADDR', data }]).firstPayload).toBe(131);
    expect(bodyOf({ type: 'NAT-OA', idType: 'ID_IPV4_ADDR', data })).toBe('01000000c0000201');
  });
  it('Attributes', () => {
    const attributes: Payload = {
      type: 'ATTR',
      cfgType: 'ISAKMP_CFG_REQUEST',
      identifier: 0x1234,
      attributes: [
        { type: 'XAUTH-TYPE', value: 0 },
        { type: 'XAUTH-USER-NAME', value: EMPTY },
        { type: 'XAUTH-USER-PASSWORD', value: fromHex('70') },
      ],
    };
    expect(bodyOf(attributes)).toBe('01001234' + 'c0880000' + '40890000' + '408a000170');
    expect(again(attributes)).toEqual(attributes);
  });
});

describe('RFC 2408 section 4.2: proposals', () => {
  const spi = fromHex('01020304');
  const esp: Proposal = {
    proposalNum: 1,
    protocol: 'ESP',
    spi,
    transforms: [
      { transformNum: 1, id: 'ESP_3DES', attributes: [{ type: 'Encapsulation Mode', value: 1 }] },
      { transformNum: 2, id: 'ESP_DES', attributes: [] },
    ],
  };
  const ah: Proposal = { proposalNum: 1, protocol: 'AH', spi, transforms: [{ transformNum: 1, id: 'AH_SHA', attributes: [] }] };
  const compress: Proposal = {
    proposalNum: 1,
    protocol: 'IPCOMP',
    spi: fromHex('0002'),
    transforms: [{ transformNum: 1, id: 'IPCOMP_DEFLATE', attributes: [] }],
  };
  it('the first example: ESP with two transforms and AH with one, all of them wanted', () => {
    const sa: Payload = { type: 'SA', doi: 'IPSEC', situation: 1, proposals: [esp, ah] };
    expect(bodyOf(sa)).toBe(
      '00000001' + '00000001' + // DOI, situation
        '02000020' + '01030402' + '01020304' + // ESP; another proposal follows
        '0300000c' + '01030000' + '80040001' + '00000008' + '02020000' + // 3DES, DES
        '00000014' + '01020401' + '01020304' + '00000008' + '01030000', // AH with SHA
    ); // prettier-ignore
    expect(again(sa)).toEqual({ ...sa, unread: undefined, body: fromHex(bodyOf(sa)) });
  });
  it('one number is a unit, several numbers are alternatives', () => {
    const second = { ...esp, proposalNum: 2 };
    expect(groupProposals([ah, esp, compress, second])).toEqual([[ah, esp, compress], [second]]);
    expect(groupProposals([])).toEqual([]);
    // RFC 2408 section 4.2: "MUST NOT be separated by a proposal with a different proposal number."
    expect(groupProposals([ah, second, esp])).toEqual([[ah], [second], [esp]]);
  });
  it('in another situation than identity only nothing of it is read, and nothing lost', () => {
    const sa: Payload = { type: 'SA', doi: 'IPSEC', situation: 3, unread: fromHex('00000000ffff'), proposals: [] };
    expect(again(sa)).toEqual({ ...sa, body: fromHex(bodyOf(sa)) });
    expect(failure(() => bodyOf({ ...sa, proposals: [esp] })).code).toBe('invalid-argument');
    expect(failure(() => bodyOf({ ...sa, situation: 1, proposals: [esp] })).code).toBe('invalid-argument');
  });
  it('the names of transforms and attributes are those of the protocol', () => {
    const sa = { type: 'SA', doi: 'IPSEC', situation: 1 } as const;
    const wrong = { ...ah, transforms: [{ transformNum: 1, id: 'ESP_3DES', attributes: [] }] } as unknown as Proposal;
    expect(failure(() => bodyOf({ ...sa, proposals: [wrong] })).code).toBe('invalid-argument');
    const unknown: Proposal = {
      proposalNum: 1,
      protocol: 9,
      spi,
      transforms: [{ transformNum: 1, id: 3, attributes: [{ type: 4, value: 5 }] }],
    };
    expect(again({ ...sa, proposals: [unknown] })).toMatchObject({ proposals: [unknown] });
  });
});

describe('every value, every truncation, every mutation', () => {
  it('of a clear message', () => {
    checkDeclaration(clearMessageCodec, 25);
  });
  it('of an encrypted message', () => {
    checkDeclaration(encryptedMessageCodec);
  });
});
