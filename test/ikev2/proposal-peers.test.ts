/** Offers of other implementations: messages of their tests and captures, and what logs say that desktop systems send. */
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { decodeMessage, decodePayloads, type Payload, type Proposal } from '../../src/ike.js';
import {
  createProposals,
  chooseChildProposal,
  chooseIkeProposal,
  encodeChildProposals,
  encodeIkeProposals,
  explainProposals,
  parseChildProposals,
  parseIkeProposals,
  readIkeAnswer,
} from '../../src/ikev2/proposal.js';
import aosp from '../../vectors/ikev2/aosp-ikev2-auth-psk.json' with { type: 'json' };
import ndpi from '../../vectors/ikev2/capture-ndpi-esp.json' with { type: 'json' };
import tcpdump from '../../vectors/ikev2/capture-tcpdump-ikev2four.json' with { type: 'json' };
import ikeScan from '../../vectors/ikev2/ike-scan-packets.json' with { type: 'json' };
import openiked from '../../vectors/ikev2/openiked-payloads.json' with { type: 'json' };
import rub from '../../vectors/ikev2/rub-ike-messages.json' with { type: 'json' };
import rusticata from '../../vectors/ikev2/rusticata-ike-sa-init.json' with { type: 'json' };
import scapy from '../../vectors/ikev2/scapy-ikev2-messages.json' with { type: 'json' };
import wireshark3des from '../../vectors/ikev2/wireshark-ikev2-decrypt-3des-sha1_160.json' with { type: 'json' };
import wiresharkCcm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes128ccm12.json' with { type: 'json' };
import wiresharkCbc from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256cbc.json' with { type: 'json' };
import wiresharkGcm from '../../vectors/ikev2/wireshark-ikev2-decrypt-aes256gcm16.json' with { type: 'json' };
import { allRows, ikeRecordOf } from './proposal-records.js';

const saOf = (payloads: readonly Payload[]): readonly Proposal[] => payloads.find((p) => p.type === 'SA')!.proposals;
const of = (hex: string): readonly Proposal[] => saOf(decodeMessage(fromHex(hex)).payloads);
const sorted = ({ transforms, ...rest }: Proposal) => ({ ...rest, transforms: transforms.map((t) => JSON.stringify(t)).sort() });
const noSpi = new Uint8Array(0);

describe('a recorded offer and its recorded answer', () => {
  test.each([
    ['tcpdump', tcpdump.cases[0]!.message, tcpdump.cases[3]!.message],
    ['nDPI', ndpi.cases[0]!.message, ndpi.cases[1]!.message],
    ['rusticata', rusticata.cases[0]!.ikeMessage, rusticata.cases[1]!.ikeMessage],
    ['RUB', rub.cases[20]!.message, rub.cases[21]!.message],
    ['Wireshark, AES-CCM', wiresharkCcm.cases[0]!.ikeMessage, wiresharkCcm.cases[1]!.ikeMessage],
    ['Wireshark, AES-CBC', wiresharkCbc.cases[0]!.ikeMessage, wiresharkCbc.cases[1]!.ikeMessage],
    ['Wireshark, AES-GCM', wiresharkGcm.cases[0]!.ikeMessage, wiresharkGcm.cases[1]!.ikeMessage],
  ])('%s', (_, request, response) => {
    const [offered, [answer]] = [of(request!), of(response!)];
    const choice = chooseIkeProposal(offered, [ikeRecordOf(answer!)]);
    expect(sorted(choice!.answer(noSpi))).toEqual(sorted(answer!));
    expect(readIkeAnswer([answer!], offered.map(ikeRecordOf)).chosen).toEqual(choice!.chosen);
  });
  test('an algorithm that RFC 9395 deprecates and nobody here has: nothing is chosen', () => {
    const offered = of(wireshark3des.cases[0]!.ikeMessage);
    expect(chooseIkeProposal(offered, offered.map(ikeRecordOf))).toBeUndefined();
  });
});

describe('offers of testers', () => {
  const offers: [string, readonly Proposal[]][] = [
    ['AOSP', of(aosp.cases[0]!.realMessage)],
    ['ike-scan', of(ikeScan.cases[3]!.message)],
    ['OpenIKED', saOf(decodePayloads(33, fromHex(openiked.cases[2]!.payload)))],
    ['scapy', of(scapy.cases[1]!.message)],
  ];
  test.each(offers)('%s: all of it is acceptable to whoever accepts everything, none of it to the defaults', (_, offered) => {
    const choice = chooseIkeProposal(offered, offered.map(ikeRecordOf));
    const types = new Set(offered[0]!.transforms.map(({ type }) => type));
    expect(
      choice!
        .answer(noSpi)
        .transforms.map(({ type }) => type)
        .sort(),
    ).toEqual([...types].sort());
    expect(chooseIkeProposal(offered, createProposals(allRows).ike)).toBeUndefined();
    expect(explainProposals(offered, createProposals(allRows).ike)).toMatch(
      /^proposal 1 comes nearest, but no (cipher|integrity algorithm|group) in common/,
    );
  });
  test('a proposal of nothing (scapy)', () => {
    const offered = of(scapy.cases[0]!.message);
    expect(chooseIkeProposal(offered, createProposals(allRows).ike)).toBeUndefined();
    expect(explainProposals(offered, createProposals(allRows).ike)).toMatch(
      /^proposal 1 is unacceptable: Transform Type ENCR is missing\. /,
    );
  });
});

/** A Windows client as it comes, by the log of a strongSwan that it asked: 18 proposals, weak ones first, every one with group 2. */
const windows = [
  ...['3des', 'aes128', 'aes192', 'aes256'].flatMap((cipher) => ['sha1', 'sha256', 'sha384'].map((hash) => `${cipher}-${hash}-modp1024`)),
  ...['aes128gcm16', 'aes256gcm16'].flatMap((cipher) => ['sha1', 'sha256', 'sha384'].map((hash) => `${cipher}-prf${hash}-modp1024`)),
].join(',');
/** macOS 14 as it comes, by the log of a libreswan. */
const macOs = 'aes256gcm16-prfsha256-ecp256,aes256gcm16-prfsha256-modp2048,aes256-sha256-ecp256,aes256-sha256-modp2048';
const macOsChild = 'aes256gcm16-noesn,aes256gcm16-noesn,aes256-sha256-noesn,aes256-sha256-noesn';

describe('what desktop systems send', () => {
  test('Windows: the defaults refuse and say why; whoever lists group 2 gets the best of the rest, though it is offered last', () => {
    const offered = encodeIkeProposals(parseIkeProposals(windows, allRows));
    expect(offered).toHaveLength(18);
    expect(chooseIkeProposal(offered, createProposals(allRows).ike)).toBeUndefined();
    expect(explainProposals(offered, createProposals(allRows).ike)).toMatch(
      /^proposal 5 comes nearest, but no group in common: offered 1024-bit MODP Group, accepted Curve25519 or /,
    );
    const choice = chooseIkeProposal(
      offered,
      parseIkeProposals('default,aes256gcm16-aes256-sha256-sha384-prfsha256-modp2048-modp1024', allRows),
    );
    expect(choice?.proposal.proposalNum).toBe(17);
  });
  test('macOS: the defaults agree', () => {
    const offered = encodeIkeProposals(parseIkeProposals(macOs, allRows));
    expect(chooseIkeProposal(offered, createProposals(allRows).ike)?.proposal.proposalNum).toBe(1);
    const child = encodeChildProposals(parseChildProposals(macOsChild, allRows), () => Uint8Array.of(1, 2, 3, 4), { keyExchange: false });
    expect(chooseChildProposal(child, createProposals(allRows).child, { keyExchange: false })?.chosen).toMatchObject({
      protocol: 'ESP',
      esn: false,
    });
  });
});
