/** Requirements of RFC 7296 that no other test shows: of the machine. */
import { describe, expect, it, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { decodeConfigurationReply, decodeConfigurationRequest, encodeConfigurationRequest } from '../../src/ikev2/configuration.js';
import { configurationWants } from '../../src/ikev2/configuration-request.js';
import { encodePayloads, decodeMessage, encodeMessage } from '../../src/ikev2/message.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { findNotify, payloadOf } from '../../src/ikev2/pick.js';
import { chooseIkeProposal, createProposals, encodeChildProposals, encodeIkeProposals } from '../../src/ikev2/proposal.js';
import { computeNatDetection } from '../../src/ikev2/nat-detection.js';
import { detectNat } from '../../src/ikev2/exchange/init-extensions.js';
import { respond } from '../../src/ikev2/respond.js';
import type { Established } from '../../src/ikev2/states.js';
import { aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { allRows } from '../../src/suite/all.js';
import { curve25519, ecp256, ecp384, keyExchangeRows } from '../../src/suite/dh.js';
import { encrRows } from '../../src/suite/encr.js';
import { hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { tripleDesCbc } from '../../src/suite/legacy.js';
import { prfHmacSha256, prfHmacSha512, prfRows } from '../../src/suite/prf.js';
import { policyOf } from '../ikev2/child-fixtures.js';
import { answer, openOf, pairOf, start } from '../ikev2/child-pair.js';
import { begin, createJournal, createWorld, flood, mainKey as mainKeyOf, order, pass, read, settle as settleWorld, type World } from '../ikev2/model-hosts.js'; // prettier-ignore
import { openLast, openSent } from '../ikev2/open-last.js';
import { deliver, expectAgreement, firstKey, happen, type Host, type HostOptions, ikeProposal, lose, mainKey, nextWake, receive, saOf, setClock, settle, twoHosts } from '../ikev2/two-hosts.js'; // prettier-ignore

const world = (a: HostOptions = {}, b: HostOptions = {}): World => createWorld(createJournal(), a, b);
const groups = (...keyExchange: typeof ikeProposal.keyExchange): HostOptions => ({ connection: { proposals: [{ ...ikeProposal, keyExchange }] } }); // prettier-ignore
const hexOf = (host: Host): string[] => host.outbox.map(({ data }) => toHex(data));
const tsOnly = { exchange: 'IKE_SA_INIT', isInitiator: true, isResponse: false, messageId: 0, spiR: new Uint8Array(8) } as const;

/** The first messages of `a` until there is an IKE SA, in order, and the answers. */
function initMessages(w: World): { asked: Uint8Array[]; answered: Uint8Array[] } {
  const [asked, answered]: [Uint8Array[], Uint8Array[]] = [[], []];
  begin(w);
  for (let i = 0; i < 10 && saOf(w.a, mainKeyOf(w.a)).state === 'INIT_SENT'; i++) {
    asked.push(w.a.outbox[0]!.data);
    pass(w, w.a);
    answered.push(w.b.outbox[0]!.data);
    pass(w, w.b);
  }
  return { asked, answered };
}
const chainOf = (data: Uint8Array): string => toHex(encodePayloads(decodeMessage(data).payloads).octets);

describe('RFC 7296 section 1.2: IKE_SA_INIT with another group', () => {
  const w = world(groups(curve25519, ecp256, ecp384), groups(ecp384, curve25519));
  const { asked, answered } = initMessages(w);
  const [first, second] = asked.map((data) => decodeMessage(data).payloads) as [Payload[], Payload[]];

  it('is asked for by INVALID_KE_PAYLOAD, tried again with, and agreed on', () => {
    expect(asked).toHaveLength(2);
    expect([payloadOf(first, 'KE').method, payloadOf(second, 'KE').method]).toEqual([31, 20]);
    expect(decodeMessage(answered[0]!).payloads).toMatchObject([{ notify: 'INVALID_KE_PAYLOAD', data: Uint8Array.of(0, 20) }]);
    settleWorld(w);
    expect((saOf(w.a, mainKeyOf(w.a)) as Established).crypto.suite.keyExchange).toBe(ecp384);
  });

  it('"The initiator MUST again propose its full set of acceptable cryptographic suites"', () => {
    expect(payloadOf(first, 'SA').proposals[0]!.transforms.filter(({ type }) => type === 'KE').map(({ id }) => id)).toEqual([31, 19, 20]); // prettier-ignore
    expect(payloadOf(second, 'SA')).toEqual(payloadOf(first, 'SA'));
  });

  it('KE is for a group that SA proposes in the same message, at first for the first one', () => {
    for (const payloads of [first, second]) {
      const offered = payloadOf(payloads, 'SA')
        .proposals[0]!.transforms.filter(({ type }) => type === 'KE')
        .map(({ id }) => id);
      expect(offered).toContain(payloadOf(payloads, 'KE').method);
    }
    expect(payloadOf(first, 'KE').method).toBe(31);
  });
});

describe('RFC 7296 section 2.6: cookies', () => {
  it('"include the COOKIE notification containing the received data as the first payload, and all other payloads unchanged"', () => {
    const w = world();
    flood(w);
    const { asked, answered } = initMessages(w);
    expect(asked).toHaveLength(2);
    const cookie = findNotify(decodeMessage(answered[0]!).payloads, 'COOKIE')!;
    const again = decodeMessage(asked[1]!).payloads;
    expect(again[0]).toEqual({ type: 'N', protocol: 0, notify: 'COOKIE', spi: new Uint8Array(0), data: cookie.data });
    expect(chainOf(asked[1]!).endsWith(chainOf(asked[0]!))).toBe(true);
    expect(again.slice(1)).toEqual(decodeMessage(asked[0]!).payloads);
    // Section 3.1: the responder's SPI is zero, the Message ID too, in both.
    for (const data of asked) expect([toHex(data.subarray(8, 16)), toHex(data.subarray(20, 24))]).toEqual(['00'.repeat(8), '00000000']);
  });

  it('"that party MUST ignore the cookie and process the message as if no cookie had been included"', () => {
    const w = world();
    begin(w);
    const { data, path } = w.a.outbox[0]!;
    const { payloads, ...header } = decodeMessage(data);
    const wrong = encodeMessage({ ...header, payloads: [createNotify('COOKIE', new Uint8Array(17).fill(9)), ...payloads] });
    const ask = () => respond({ data: wrong, from: path.local, to: path.remote }, w.listening.listener, w.b.env);
    expect(ask().sa?.state).toBe('INIT_ANSWERED');
    flood(w);
    const { sa, actions } = ask();
    expect(sa).toBeUndefined();
    const sent = actions.flatMap((action) => (action.type === 'send' ? decodeMessage(action.data).payloads : []));
    expect(sent).toMatchObject([{ notify: 'COOKIE' }]);
    expect((sent[0] as { data: Uint8Array }).data).not.toEqual(new Uint8Array(17).fill(9));
  });

  it('section 2.6.1: a cookie and another group: the shorter exchange', () => {
    const w = world(groups(curve25519, ecp384), groups(ecp384, curve25519));
    flood(w);
    const { asked, answered } = initMessages(w);
    const kinds = answered.map((data) => decodeMessage(data).payloads.map((p) => (p.type === 'N' ? String(p.notify) : p.type))[0]);
    expect(kinds).toEqual(['COOKIE', 'INVALID_KE_PAYLOAD', 'SA']);
    const [, second, third] = asked.map((data) => findNotify(decodeMessage(data).payloads, 'COOKIE'));
    expect(third).toEqual(second);
    settleWorld(w);
    expect(saOf(w.b, mainKeyOf(w.b)).state).toBe('ESTABLISHED');
  });

  it('section 2.6.1: a responder without it asks for another cookie, and the exchange goes on', () => {
    const more = { options: { maxInitTries: 5 } };
    const w = world({ ...groups(curve25519, ecp384), ...more }, groups(ecp384, curve25519));
    flood(w);
    begin(w);
    const answers: string[] = [];
    for (let i = 0; i < 10 && saOf(w.a, mainKeyOf(w.a)).state === 'INIT_SENT'; i++) {
      pass(w, w.a);
      const payloads = decodeMessage(w.b.outbox[0]!.data).payloads;
      answers.push(payloads.map((p) => (p.type === 'N' ? String(p.notify) : p.type))[0]!);
      // The responder has new secrets whenever it has asked for a group.
      if (answers.at(-1) === 'INVALID_KE_PAYLOAD') {
        const other = world();
        w.listening = { ...w.listening, listener: { ...w.listening.listener, cookies: { ...other.listening.listener.cookies, current: { version: 9, key: new Uint8Array(32).fill(7), createdAt: 0 } } } }; // prettier-ignore
      }
      pass(w, w.b);
    }
    expect(answers).toEqual(['COOKIE', 'INVALID_KE_PAYLOAD', 'COOKIE', 'SA']);
  });
});

describe('RFC 7296 section 2.10: nonces', () => {
  it('are random, of 128 bits at least, and half the key of the prf at least; never twice the same', () => {
    const seen: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const prf = seed % 2 === 0 ? prfHmacSha512 : prfHmacSha256;
      const more = { seed, connection: { proposals: [{ ...ikeProposal, prf: [prf] }] } };
      const w = world(more, more);
      const { asked, answered } = initMessages(w);
      settleWorld(w);
      order(w.a, { type: 'rekeyIke' });
      const request = read(w.b, w.a.outbox[0]!);
      pass(w, w.a);
      const reply = read(w.a, w.b.outbox[0]!);
      for (const payloads of [decodeMessage(asked[0]!).payloads, decodeMessage(answered[0]!).payloads, request, reply]) {
        const { data } = payloadOf(payloads, 'Nonce');
        expect(data.length).toBeGreaterThanOrEqual(Math.max(16, prf.preferredKeyLength / 2));
        seen.push(toHex(data));
      }
    }
    expect(new Set(seen).size).toBe(80);
  });

  it('section 5: no prf has less than 128 bits of output', () => {
    for (const row of prfRows) expect([row.name, row.outputLength >= 16]).toEqual([row.name, true]);
  });
});

describe('RFC 7296 section 3.1: SPIs', () => {
  it('SPIi "MUST NOT be zero"', () => {
    const w = world();
    begin(w);
    const { data, path } = w.a.outbox[0]!;
    const { payloads } = decodeMessage(data);
    const ask = (spiI: Uint8Array) =>
      respond({ data: encodeMessage({ ...tsOnly, spiI, payloads }), from: path.local, to: path.remote }, w.listening.listener, w.b.env);
    expect(ask(new Uint8Array(8).fill(1)).sa).toBeDefined();
    expect(ask(new Uint8Array(8)).sa).toBeUndefined();
    // Not even where chance says so.
    const zeros = { ...w.a.env, random: (octets: Uint8Array): void => void octets.fill(0) };
    const made = respond({ data, from: path.local, to: path.remote }, w.listening.listener, { ...zeros, random: (o) => void o.fill(o.length === 8 ? 0 : 3) }); // prettier-ignore
    expect(made.sa?.spiR.some((octet) => octet !== 0)).toBe(true);
  });
});

describe('RFC 7296 section 2.1: retransmission', () => {
  it('"A retransmission from the initiator MUST be bitwise identical to the original request", Message ID and all, until it is answered', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    const [first] = hexOf(a);
    for (let i = 0; i < 5; i++) {
      lose(a);
      setClock(hosts, nextWake(a));
      expect(hexOf(a)).toEqual([first]);
    }
    expect((saOf(a) as Established).windows.outstanding).toHaveLength(1);
    deliver(a, b);
    deliver(b, a);
    expect((saOf(a) as Established).windows.outstanding).toEqual([]);
    setClock(hosts, 3_600_000);
    expect(a.outbox).toEqual([]);
    expectAgreement(hosts, 2);
  });

  it('"The responder MUST never retransmit a response unless it receives a retransmission of the request.", and then the same octets', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, { type: 'createChild', policy: 'net' });
    const request = a.outbox[0]!;
    deliver(a, b);
    const [reply] = hexOf(b);
    lose(b);
    setClock({ a: b, b }, 60_000);
    expect(b.outbox).toEqual([]);
    for (let i = 0; i < 3; i++) {
      receive(b, request);
      expect(hexOf(b)).toEqual([reply]);
      b.outbox.length = 0;
    }
    expect(b.sad.size).toBe(2);
  });

  it.each([1, 4])('responses are remembered as long as the window of %i says; what is forgotten is ignored', (windowSize) => {
    const hosts = twoHosts({ sa: {} }, { options: { windowSize } });
    const { a, b } = hosts;
    const sa = saOf(a) as Established;
    a.sas.set(firstKey, { sa: { ...sa, windows: { ...sa.windows, ownSize: windowSize } }, wakeAt: Infinity });
    const requests: Host['outbox'][number][] = [];
    const replies: string[] = [];
    for (let i = 0; i < 8; i++) {
      happen(a, { type: 'notify', payloads: [] });
      requests.push(a.outbox[0]!);
      deliver(a, b);
      replies.push(...hexOf(b));
      deliver(b, a);
    }
    expect(replies).toHaveLength(8);
    requests.forEach((request, i) => {
      receive(b, request);
      expect(hexOf(b)).toEqual(i >= 8 - windowSize ? [replies[i]] : []);
      b.outbox.length = 0;
    });
  });

  it('section 2.3: with a window of 4 requests are taken in any order, each once', () => {
    const hosts = twoHosts({}, { options: { windowSize: 4 } });
    const { a, b } = hosts;
    const sa = saOf(a) as Established;
    a.sas.set(firstKey, { sa: { ...sa, windows: { ...sa.windows, ownSize: 4 } }, wakeAt: Infinity });
    for (let i = 0; i < 4; i++) happen(a, { type: 'notify', payloads: [createNotify(40_000 + i)] });
    expect(a.outbox).toHaveLength(4);
    for (const i of [2, 0, 3, 1]) receive(b, a.outbox[i]!);
    expect(b.outbox).toHaveLength(4);
    for (const datagram of b.outbox.splice(0)) receive(a, datagram);
    expect((saOf(a) as Established).windows.outstanding).toEqual([]);
  });
});

describe('RFC 7296 section 2.2: "In the unlikely event that Message IDs grow too large to fit in 32 bits, the IKE SA MUST be closed or rekeyed."', () => {
  const near = (nextOwnId: number): HostOptions => ({ sa: { windows: { ...(saOf(twoHosts().a) as Established).windows, nextOwnId } } });
  const far = (nextPeerId: number): HostOptions => ({ sa: { windows: { ...(saOf(twoHosts().b) as Established).windows, nextPeerId } } });

  it('it is rekeyed in time', () => {
    const hosts = twoHosts(near(0xffff_fff0), far(0xffff_fff0));
    happen(hosts.a, { type: 'notify', payloads: [] });
    settle(hosts);
    expect(mainKey(hosts.a)).not.toBe(firstKey);
    expectAgreement(hosts, 1);
  });

  it('and closed where that does not come about', () => {
    const hosts = twoHosts(near(0xffff_ffff), { ...far(0xffff_ffff), ...groups(ecp384) });
    const { a, b } = hosts;
    happen(a, { type: 'notify', payloads: [] });
    expect(a.outbox).toHaveLength(1);
    expect(toHex(a.outbox[0]!.data.subarray(20, 24))).toBe('ffffffff');
    deliver(a, b);
    deliver(b, a);
    expect(saOf(a)).toMatchObject({ state: 'CLOSED', reason: 'no Message IDs are left' });
    expect([a.outbox, [...a.sad.keys()]]).toEqual([[], []]);
  });
});

describe('RFC 7296 section 2.5', () => {
  it('messages with their payloads in another order are taken', () => {
    const reversed = (payloads: readonly Payload[]): Payload[] => [...payloads].reverse();
    const { a, b } = pairOf(policyOf({ proposals: [{ protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [curve25519], esn: [false] }] })); // prettier-ignore
    const { wire } = start(a, { kind: 'createChild', policy: a.sa.connection.children[0]!, notBefore: 0 })!;
    const done = answer(b, { ...wire, ...encodePayloads(reversed(openOf(wire).payloads)) });
    expect(done.end.sa.children).toHaveLength(2);
    const w = world();
    begin(w);
    const { data, path } = w.a.outbox[0]!;
    const { payloads, ...header } = decodeMessage(data);
    const other = encodeMessage({ ...header, payloads: reversed(payloads) });
    expect(respond({ data: other, from: path.local, to: path.remote }, w.listening.listener, w.b.env).sa?.state).toBe('INIT_ANSWERED');
  });

  it('nothing that we send has the critical flag: every payload is one of RFC 7296, and no response may have it', () => {
    const policy = policyOf({ ipcomp: true, tfcPadding: false });
    const w = world({ connection: { children: [policy] } }, {});
    const clear: Payload[] = initMessages(w).asked.concat(initMessages(world()).answered).flatMap((data) => decodeMessage(data).payloads); // prettier-ignore
    expect(clear.length).toBeGreaterThan(8);
    const hosts = twoHosts();
    happen(hosts.a, { type: 'rekeyChild', spiIn: 0xa000 });
    settle(hosts);
    happen(hosts.b, { type: 'rekeyIke' });
    settle(hosts);
    happen(hosts.a, { type: 'delete', reason: 'test' }, mainKey(hosts.a));
    settle(hosts);
    const inside = [hosts.a, hosts.b].flatMap((host) =>
      host.actions.flatMap((action) => (action.type === 'send' ? openSent(host, action.data) : [])),
    );
    expect(inside.length).toBeGreaterThan(15);
    for (const payload of [...clear, ...inside]) expect([payload.type, payload.critical ?? false]).toEqual([payload.type, false]);
  });

  it('unfamiliar payloads and Vendor IDs in a protected request are passed over; a critical one is refused with UNSUPPORTED_CRITICAL_PAYLOAD', () => {
    const unknown = (critical: boolean): Payload => ({ type: 'unknown', payloadType: 201, critical, data: new Uint8Array(3) });
    const vendor: Payload = { type: 'V', data: new Uint8Array(16).fill(0x42) };
    for (const [extra, isTaken] of [
      [[vendor, unknown(false)], true],
      [[unknown(true)], false],
    ] as const) {
      const hosts = twoHosts();
      happen(hosts.a, { type: 'notify', payloads: [...extra] });
      deliver(hosts.a, hosts.b);
      expect(openLast(hosts.b)).toMatchObject(isTaken ? [] : [{ notify: 'UNSUPPORTED_CRITICAL_PAYLOAD', data: Uint8Array.of(201) }]);
      settle(hosts);
      expectAgreement(hosts, 1);
    }
  });
});

describe('RFC 7296 section 1.4.1', () => {
  test('"MUST NOT unilaterally close them and reuse the SPIs": an inbound SA stays until the peer has answered our Delete', () => {
    const hosts = twoHosts();
    const { a, b } = hosts;
    happen(a, { type: 'deleteChild', spiIn: 0xa000 });
    expect([a.sad.has(0xa000), (saOf(a) as Established).children[0]!.status]).toEqual([true, 'deleting']);
    lose(a);
    setClock(hosts, nextWake(a));
    expect(a.sad.has(0xa000)).toBe(true);
    deliver(a, b);
    expect([a.sad.has(0xa000), b.sad.has(0xb000)]).toEqual([true, false]);
    deliver(b, a);
    expect([a.sad.has(0xa000), (saOf(a) as Established).children]).toEqual([false, []]);
  });
});

describe('RFC 7296 section 1.7', () => {
  it('attribute type 5, "the old value for INTERNAL_ADDRESS_EXPIRY", is ignored', () => {
    const old = { type: 5, value: Uint8Array.of(0, 0, 14, 16) } as const;
    const address = { type: 'INTERNAL_IP4_ADDRESS', value: Uint8Array.of(10, 3, 0, 1) } as const;
    const reply = decodeConfigurationReply({ type: 'CP', cfgType: 'CFG_REPLY', attributes: [old, address] });
    expect(reply.addresses.map((one) => one.address)).toEqual([address.value]);
    const request = decodeConfigurationRequest({ type: 'CP', cfgType: 'CFG_REQUEST', attributes: [old, { ...address, value: new Uint8Array(0) }] }); // prettier-ignore
    expect(request.wants).toEqual(['ipv4']);
  });
});

describe('RFC 7296 section 2.18', () => {
  it('"an initiator MUST NOT propose the value "NONE" for the Diffie-Hellman transform, and a responder MUST NOT accept such a proposal"', () => {
    const { a } = twoHosts(groups(curve25519, ecp256));
    happen(a, { type: 'rekeyIke' });
    const payloads = openLast(a);
    expect(payloadOf(payloads, 'KE').method).toBe(31);
    const [offer] = payloadOf(payloads, 'SA').proposals;
    expect(offer!.transforms.filter(({ type }) => type === 'KE').map(({ id }) => id)).toEqual([31, 19]);
    const ours = [{ ...ikeProposal, keyExchange: [curve25519] }];
    expect(chooseIkeProposal([offer!], ours, { rekey: true })).toBeDefined();
    const none = { ...offer!, transforms: [...offer!.transforms.filter(({ type }) => type !== 'KE'), { type: 'KE' as const, id: 0, attributes: [] }] }; // prettier-ignore
    for (const rekey of [true, false]) expect(chooseIkeProposal([{ ...none, spi: rekey ? none.spi : new Uint8Array(0) }], ours, { rekey })).toBeUndefined(); // prettier-ignore
  });
});

describe('RFC 7296 section 3.3', () => {
  it('section 3.3.5: Key Length stands beside ciphers with keys of several lengths, and nowhere else', () => {
    const ike = encodeIkeProposals([{ encryption: [...encrRows.filter((row) => !row.isNull), tripleDesCbc], integrity: integRows.filter((row) => row.ivLength === 0), prf: prfRows, keyExchange: keyExchangeRows }]); // prettier-ignore
    const aead = encodeIkeProposals([{ encryption: [chacha20Poly1305, aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] }]); // prettier-ignore
    const child = encodeChildProposals([{ protocol: 'AH', encryption: [], integrity: integRows, keyExchange: [], esn: [true, false] }], () => new Uint8Array(4).fill(9), { keyExchange: true }); // prettier-ignore
    const transforms = [...ike, ...aead, ...child].flatMap((proposal) => proposal.transforms);
    expect(transforms.length).toBeGreaterThan(30);
    for (const { type, id, attributes } of transforms) {
      const isVariable = type === 'ENCR' && id !== 3 && id !== 28;
      expect([type, id, attributes.map((attribute) => attribute.type)]).toEqual([type, id, isVariable ? ['Key Length'] : []]);
    }
  });

  it('section 3.3.4: the defaults are what an administrator’s own list replaces', () => {
    const { ike } = createProposals(allRows);
    const offered = encodeIkeProposals(ike);
    const own = [{ ...ikeProposal, encryption: [chacha20Poly1305] }];
    expect(chooseIkeProposal(offered, own)?.chosen.encryption).toBe(chacha20Poly1305);
    const cbcOnly = [{ ...ikeProposal, encryption: encrRows.filter(({ name, keyLength }) => name === 'ENCR_AES_CBC' && keyLength === 24), integrity: [hmacSha256_128] }]; // prettier-ignore
    expect(chooseIkeProposal(offered, cbcOnly)).toBeUndefined();
  });
});

describe('RFC 7296 section 2.22', () => {
  it('IPCOMP_SUPPORTED stands beside an SA payload, and in no other message', () => {
    const children = [policyOf({ ipcomp: true })];
    const hosts = twoHosts({ connection: { children } }, { connection: { children: [{ ...children[0]!, local: children[0]!.remote, remote: children[0]!.local }] } }); // prettier-ignore
    happen(hosts.a, { type: 'createChild', policy: 'net' });
    settle(hosts);
    happen(hosts.b, { type: 'rekeyIke' });
    settle(hosts);
    happen(hosts.a, { type: 'delete', reason: 'test' }, mainKey(hosts.a));
    settle(hosts);
    const messages = [hosts.a, hosts.b].flatMap((host) =>
      host.actions.flatMap((action) => (action.type === 'send' ? [openSent(host, action.data)] : [])),
    );
    const beside = messages.filter((payloads) => findNotify(payloads, 'IPCOMP_SUPPORTED')).map((payloads) => payloads.some(({ type }) => type === 'SA')); // prettier-ignore
    expect(beside).toEqual([true, true]);
    expect(messages.length).toBeGreaterThan(6);
  });
});

describe('RFC 7296 section 1.3.2', () => {
  it('under an IKE SA that is being rekeyed no CREATE_CHILD_SA exchange is begun, from either end', () => {
    const hosts = twoHosts({ sa: {} });
    const { a, b } = hosts;
    happen(a, { type: 'rekeyIke' });
    happen(a, { type: 'createChild', policy: 'net' });
    expect(a.outbox).toHaveLength(1);
    deliver(a, b);
    happen(b, { type: 'createChild', policy: 'net' });
    expect(b.outbox.map(({ data }) => [data[18], (data[19]! & 0x20) !== 0])).toEqual([[36, true]]);
    settle(hosts);
    const first = [a, b].flatMap((host) => host.actions.flatMap((action) => (action.type === 'send' && toHex(action.data.subarray(0, 8)) === 'a1'.repeat(8) ? [action.data[18]!] : []))); // prettier-ignore
    expect(first.filter((exchange) => exchange === 36)).toHaveLength(2);
  });
});

describe('RFC 7296 section 2.8', () => {
  it('"The responder to a CREATE_CHILD_SA MUST be prepared to accept messages on an SA before sending its response to the creation request"', () => {
    for (const command of [{ type: 'createChild', policy: 'net' }, { type: 'rekeyChild', spiIn: 0xa000 }, { type: 'rekeyIke' }] as const) {
      const { a, b } = twoHosts();
      happen(a, command);
      deliver(a, b);
      const types = b.actions.map(({ type }) => type);
      const made = types.indexOf(command.type === 'rekeyIke' ? 'newIkeSa' : 'installChild');
      expect(made).toBeGreaterThanOrEqual(0);
      expect(types.indexOf('send')).toBeGreaterThan(made);
    }
  });
});

describe('RFC 7296 section 3', () => {
  it('section 3.10: "If the SPI field is empty, this field MUST be sent as zero and MUST be ignored on receipt"', () => {
    const w = world();
    flood(w);
    begin(w);
    pass(w, w.a);
    const { data, path } = w.b.outbox.shift()!;
    const { payloads, ...header } = decodeMessage(data);
    for (const protocol of [1, 3, 200] as const) {
      const odd = payloads.map((p): Payload => (p.type === 'N' ? { ...p, protocol } : p));
      const copy = { ...w.a, sas: new Map(w.a.sas), outbox: [], actions: [] };
      happen(copy, { type: 'datagram', data: encodeMessage({ ...header, payloads: odd }), from: path.local, to: path.remote }, mainKeyOf(copy)); // prettier-ignore
      expect(copy.actions.some(({ type }) => type === 'send')).toBe(true);
    }
    const hosts = twoHosts();
    const window = createNotify('SET_WINDOW_SIZE', Uint8Array.of(0, 0, 0, 9));
    happen(hosts.a, { type: 'notify', payloads: [{ ...window, protocol: 'IKE' }] });
    settle(hosts);
    expect((saOf(hosts.b) as Established).windows.ownSize).toBe(9);
  });

  it('section 3.15.1: requests hold no values but addresses that are wanted again', () => {
    expect(configurationWants.length).toBeGreaterThan(10);
    const { attributes } = encodeConfigurationRequest({ wants: configurationWants });
    expect(attributes.map(({ type }) => type)).toEqual(expect.arrayContaining(['INTERNAL_IP4_NETMASK', 'SUPPORTED_ATTRIBUTES']));
    for (const { type, value } of attributes) expect([type, value.length]).toEqual([type, 0]);
  });
});

describe('RFC 7296 section 2.23: "A host behind a NAT SHOULD NOT do this type of dynamic address update"', () => {
  it.each([
    [false, false, false],
    [false, true, true],
    [true, false, false],
    [true, true, false],
  ])('we behind one: %s, the peer behind one: %s: its address is followed: %s', (local, remote, follow) => {
    const { path } = saOf(twoHosts().a);
    const [spiI, spiR] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];
    const hash = (end: typeof path.local, isChanged: boolean): Uint8Array =>
      computeNatDetection({ spiI, spiR, address: end.address, port: isChanged ? 1 : end.port });
    const payloads = [
      createNotify('NAT_DETECTION_SOURCE_IP', hash(path.remote, remote)),
      createNotify('NAT_DETECTION_DESTINATION_IP', hash(path.local, local)),
    ];
    const [connection] = twoHosts().a.env.connections;
    expect(detectNat(connection!, payloads, { spiI, path }, spiR)).toEqual({ supported: true, local, remote, follow });
  });
});
