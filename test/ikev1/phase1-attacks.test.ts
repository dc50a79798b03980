/** Phase 1 against those who are not who they say they are, or nobody at all. */
import { describe, expect, it } from 'vitest';
import { EMPTY, equalBytes, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodeMessage, encodeMessage, encodePayloads, openMessage, type Payload, sealMessage } from '../../src/ikev1.js';
import type { Agreed } from '../../src/ikev1/states.js';
import type { Connection } from '../../src/keying/connection.js';
import { ecp256 } from '../../src/suite/dh.js';
import { rsaPssSha256 } from '../../src/suite/sign.js';
import { ownOf, p384Signer, signerOf } from '../ikev2/signers.js';
import { answersFor, change, demandOf, signing, signRaw, statesOf, talk } from './phase1-parties.js';
import {
  begin,
  closedBy,
  deliver,
  detailsOf,
  expectAgreement,
  type Host,
  type HostOptions,
  phase1Proposal,
  receive,
  saOf,
  settle,
  twoHosts,
} from './two-hosts.js';

const [rsaA, rsaB] = [signerOf('rsa-a'), signerOf('rsa-b')];
const aggressive = { ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } } as const satisfies HostOptions;
const peerOf = (id: Connection['peer']['id'], authentication = {}): Connection['peer'] => ({
  id,
  authentication: { protocol: 'IKEv1', method: 'pre-shared-key', ...authentication },
  child: { lookup: 'id' },
});

type Hosts = ReturnType<typeof twoHosts>;

/** A group whose arithmetic takes no time. */
function quick(...sides: readonly HostOptions[]): Hosts {
  const [a, b] = sides.map((side) => change(side, { proposals: [{ ...phase1Proposal, keyExchange: [ecp256] }] }));
  return twoHosts(a, b);
}

/** Delivers `count` messages, one after the other. */
function exchange({ a, b }: Hosts, count: number): void {
  for (let i = 0; i < count; i++)
    if (i % 2 === 0) deliver(a, b);
    else deliver(b, a);
}

/** What stands in a message, whoever could read it. */
interface Open {
  readonly payloads: readonly Payload[];
  /** The same message with other payloads. */
  with(payloads: readonly Payload[]): Uint8Array;
}

/** Opens a message as the one who gets it would: `keys` are of either. */
function opened(data: Uint8Array, { crypto, phase1 }: Agreed): Open {
  const message = decodeMessage(data);
  if (!message.isEncrypted) return { payloads: message.payloads, with: (payloads) => encodeMessage({ ...message, payloads }) };
  const iv = phase1.iv ?? crypto.firstIv;
  return {
    payloads: openMessage(crypto.cipher, iv, message).payloads,
    with: (payloads) => sealMessage(crypto.cipher, iv, message, encodePayloads(payloads)).octets,
  };
}

describe('RFC 2409 section 5: whatever is changed on the way', () => {
  const settings: readonly (readonly [string, () => Hosts, number])[] = [
    ['main mode with a pre-shared key', () => quick({ options: { initialContact: true } }, {}), 6],
    ['main mode with RSA signatures', () => quick(...signing(rsaA, rsaB)), 6],
    ['aggressive mode with a pre-shared key', () => quick(aggressive, aggressive), 3],
    ['aggressive mode with RSA signatures', () => quick(...signing(rsaA, rsaB, { ikev1: { mode: 'aggressive' } })), 3],
  ];
  /** Nobody authenticates these: what the responder likes of the offers is compared with them, the others are hints. */
  const harmless: readonly Payload['type'][] = ['VID', 'NAT-D', 'N', 'CR'];

  for (const [name, make, count] of settings)
    it(`${name}: every payload of every message`, () => {
      let tried = 0;
      for (let at = 0; at < count; at++) {
        for (let nth = 0; ; nth++) {
          const hosts = make();
          begin(hosts.a);
          exchange(hosts, at);
          const [from, to] = at % 2 === 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
          const datagram = from.outbox.shift()!;
          const sender = saOf(from) as Agreed;
          const receiver = (to.sas.size > 0 ? saOf(to) : sender) as Agreed;
          const open = opened(datagram.data, receiver);
          const payload = open.payloads[nth];
          if (payload === undefined) break;
          const changed = 'data' in payload && payload.data.length > 0 ? { ...payload, data: flip(payload.data) } : flipSa(payload);
          if (changed === undefined) continue;
          tried++;
          const forged = open.with(open.payloads.map((other, i) => (i === nth ? changed : other)));
          expect(equalBytes(forged, datagram.data)).toBe(false);
          receive(to, { data: forged, path: datagram.path });
          // Quick Mode, which is behind the last message of aggressive mode already, would have the genuine one come again
          if (count === 3 && at === 2) from.outbox.length = 0;
          settle(hosts);
          const what = `${payload.type} of message ${at + 1}`;
          if (harmless.includes(payload.type)) continue;
          // a certificate is judged by the outside world, which trusts all here; its key is what matters, and that is in the middle of it
          if (payload.type === 'CERT') continue;
          // Of the second message of main mode nothing is covered: another transform than ours is refused, whichever it is.
          expect(statesOf(hosts).filter((state) => state === 'ESTABLISHED').length, `${what}: ${statesOf(hosts).join()}`).toBeLessThan(2);
          expect(
            to.actions.some(({ type }) => type === 'established'),
            what,
          ).toBe(false);
        }
      }
      expect(tried).toBeGreaterThan(count * 2);
    });

  /** The last octet: a part of what a payload says, in all of them. */
  function flip(data: Uint8Array): Uint8Array {
    return data.with(data.length - 1, data.at(-1)! ^ 1);
  }

  /** Another cipher key length, another life. */
  function flipSa(payload: Payload): Payload | undefined {
    if (payload.type !== 'SA') return undefined;
    const [proposal] = payload.proposals;
    if (proposal?.protocol !== 'ISAKMP') return undefined;
    const [transform] = proposal.transforms;
    const attributes = [...transform!.attributes, { type: 'Life Type', value: 1 }, { type: 'Life Duration', value: 77 }] as const;
    const proposals = [{ ...proposal, transforms: [{ ...transform!, attributes }] }] as typeof payload.proposals;
    return { type: 'SA', doi: payload.doi, situation: payload.situation, proposals };
  }
});

describe('RFC 2409 section 5.4: another secret', () => {
  const wrong: HostOptions = {
    connection: {
      localAuth: { method: 'shared-key', secret: Uint8Array.of(1, 2, 3) },
      remoteAuth: { method: 'shared-key', secret: Uint8Array.of(1, 2, 3) },
    },
  };

  it('main mode: nobody gets in, nothing is closed, and the log says why', () => {
    const hosts = talk([wrong, {}]);
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'MAIN_R2']);
    expect((saOf(hosts.b) as Agreed).refusal?.code).toBe('authentication-failed');
    expect(detailsOf(hosts.b).join()).toContain('the secret of both sides');
  });

  it('aggressive mode: the initiator sees it first', () => {
    const hosts = talk([{ ...wrong, ...aggressive }, aggressive]);
    expect(statesOf(hosts)).toEqual(['AGGRESSIVE_I1', 'AGGRESSIVE_R1']);
    expect(detailsOf(hosts.a).join()).toContain('under the secret of both');
    expect(saOf(hosts.a)).toMatchObject({ refusal: { code: 'authentication-failed' } });
  });

  it('a forged last message is dropped, and the genuine one is taken', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    exchange(hosts, 4);
    const [genuine] = hosts.a.outbox;
    const open = opened(genuine!.data, saOf(hosts.b) as Agreed);
    const hash = open.payloads.map((payload) => (payload.type === 'HASH' ? { ...payload, data: new Uint8Array(32) } : payload));
    receive(hosts.b, { ...genuine!, data: open.with(hash) });
    expect(saOf(hosts.b).state).toBe('MAIN_R2');
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it('aggressive mode: a forged answer is dropped, and the genuine one is taken', () => {
    const hosts = twoHosts(aggressive, aggressive);
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    const [genuine] = hosts.b.outbox;
    const open = opened(genuine!.data, saOf(hosts.b) as Agreed);
    for (const type of ['KE', 'Nonce', 'ID', 'HASH'] as const) {
      const forged = open.payloads.map((payload) => (payload.type === type ? { ...payload, data: payload.data.toReversed() } : payload));
      receive(hosts.a, { ...genuine!, data: open.with(forged) });
      expect(saOf(hosts.a), type).toMatchObject({ state: 'AGGRESSIVE_I1', refusal: { name: 'IpsecError' } });
    }
    settle(hosts);
    expectAgreement(hosts, 1);
  });
});

describe('RFC 2409 section 5.1: another signature', () => {
  const [a, b] = signing(rsaA, rsaB);
  const both =
    (mode: 'main' | 'aggressive') =>
    (options: HostOptions): HostOptions => ({ ...options, ikev1: { mode } });

  it.each(['main', 'aggressive'] as const)('%s mode: the key of another certificate', (mode) => {
    const own = { ...ownOf(rsaA), certificates: rsaB.certificates };
    const hosts = talk([both(mode)(change(a, { localAuth: own })), both(mode)(b)]);
    expect(statesOf(hosts)[1]).toBe(mode === 'main' ? 'MAIN_R2' : 'AGGRESSIVE_R1');
    expect(hosts.b.asked.some(({ kind }) => kind === 'certificates')).toBe(false);
    expect(detailsOf(hosts.b).join()).toContain('made with another key, or over another exchange');
    const other = talk([both(mode)(a), both(mode)(change(b, { localAuth: { ...ownOf(rsaB), certificates: rsaA.certificates } }))]);
    expect(statesOf(other)[0]).toBe(mode === 'main' ? 'MAIN_I3' : 'AGGRESSIVE_I1');
  });

  it('the other key among those that are known', () => {
    const hosts = talk([a, change(b, { remoteAuth: { method: 'public-key', keys: [rsaB.publicKey], rows: ownOf(rsaA).rows } })]);
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'MAIN_R2']);
    const known = { method: 'public-key', keys: [rsaB.publicKey, rsaA.publicKey], rows: ownOf(rsaA).rows } as const;
    expectAgreement(talk([a, change(b, { remoteAuth: known })]), 1);
  });

  it('an algorithm that the peer may not use', () => {
    const demand = { ...demandOf(rsaA), rows: [rsaPssSha256] } as Connection['remoteAuth'];
    expect(statesOf(talk([a, change(b, { remoteAuth: demand })]))).toEqual(['MAIN_I3', 'MAIN_R2']);
    const [e, f] = signing(p384Signer(1), p384Signer(2));
    expect(
      statesOf(talk([e, change(f, { remoteAuth: { ...demandOf(p384Signer(1)), rows: [rsaPssSha256] } as Connection['remoteAuth'] })])),
    ).toEqual(['MAIN_I3', 'MAIN_R2']);
  });

  it('no certificate at all', () => {
    const hosts = talk([change(a, { localAuth: ownOf(rsaA, { send: 'never' }) }), b]);
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'MAIN_R2']);
    expect(detailsOf(hosts.b).join()).toContain('a certificate in a CERT payload');
  });

  it('a HASH payload in the place of a signature', () => {
    const hosts = twoHosts(a, b);
    begin(hosts.a);
    exchange(hosts, 4);
    const [genuine] = hosts.a.outbox;
    const open = opened(genuine!.data, saOf(hosts.b) as Agreed);
    const forged = open.payloads.map((payload): Payload => (payload.type === 'SIG' ? { type: 'HASH', data: payload.data } : payload));
    receive(hosts.b, { ...genuine!, data: open.with(forged) });
    expect(saOf(hosts.b).state).toBe('MAIN_R2');
    expect(detailsOf(hosts.b).join()).toContain('one SIG payload');
  });

  it('a signature from outside that does not fit our key is shown to nobody', () => {
    for (const value of [signRaw(rsaA, new Uint8Array(32)), new Uint8Array(7), 'nothing', new IpsecError('unsupported', 'a token')]) {
      const hosts = talk([{ ...a, answer: (ask) => (ask.kind === 'sign-hash' ? value : 'trusted') }, b]);
      expect(statesOf(hosts)).toEqual(['CLOSED', 'MAIN_R2']);
      expect(closedBy(hosts.a)).toMatchObject({ code: 'authentication-failed', blame: 'caller' });
      const other = talk([a, { ...b, answer: (ask) => (ask.kind === 'sign-hash' ? value : 'trusted') }]);
      expect(statesOf(other)[1]).toBe('CLOSED');
      expect(other.b.actions.some(({ type }) => type === 'established')).toBe(false);
    }
  });
});

describe('RFC 4301 section 4.4.3: genuine, and not let in', () => {
  const [a, b] = signing(rsaA, rsaB);
  const untrusted = new IpsecError('authentication-failed', 'a certificate path', { expected: 'a trust anchor', found: 'none' });

  it.each(['main', 'aggressive'] as const)(
    '%s mode: a certificate that is not trusted closes the IKE SA, with one notification',
    (mode) => {
      const ikev1 = { mode } as const;
      const hosts = talk([
        { ...a, ikev1 },
        { ...b, ikev1, answer: answersFor(rsaB, untrusted) },
      ]);
      expect(statesOf(hosts)[1]).toBe('CLOSED');
      expect(closedBy(hosts.b)?.message).toContain('expected a trust anchor, found none');
      expect(hosts.b.actions.some(({ type }) => type === 'established')).toBe(false);
      const back = talk([
        { ...a, ikev1, answer: answersFor(rsaA, untrusted) },
        { ...b, ikev1 },
      ]);
      expect(statesOf(back)[0]).toBe('CLOSED');
      expect(back.a.actions.some(({ type }) => type === 'established')).toBe(false);
    },
  );

  it('what is neither yes nor no is no', () => {
    for (const verdict of [undefined, true, 'yes', {}]) {
      const hosts = talk([a, { ...b, answer: (ask) => (ask.kind === 'certificates' ? verdict : answersFor(rsaB)(ask)) }]);
      expect(statesOf(hosts)[1]).toBe('CLOSED');
    }
  });

  it('somebody else, by secret and by signature, in both roles', () => {
    const other = peerOf({ type: 'ID_FQDN', name: 'else.example' });
    const psk = talk([{}, { connection: { peer: other } }]);
    expect(statesOf(psk)).toEqual(['MAIN_I3', 'CLOSED']);
    expect(closedBy(psk.b)?.message).toContain('found ID_FQDN a.example');
    expect(statesOf(talk([{ connection: { peer: other } }, {}]))).toEqual(['CLOSED', 'CLOSED']);
    expect(statesOf(talk([a, change(b, { peer: other })]))).toEqual(['MAIN_I3', 'CLOSED']);
    const wanted = talk([{ connection: { remoteId: { type: 'ID_FQDN', name: 'else.example' } } }, {}]);
    expect(statesOf(wanted)[0]).toBe('CLOSED');
    expect(closedBy(wanted.a)?.message).toContain('else.example, which is wanted');
  });

  it('who is none of ours and holds no key is not even told so', () => {
    const other = peerOf({ type: 'ID_FQDN', name: 'else.example' });
    const liar = change(a, { localAuth: { ...ownOf(rsaA), certificates: rsaB.certificates } });
    expect(statesOf(talk([liar, change(b, { peer: other })]))).toEqual(['MAIN_I3', 'MAIN_R2']);
  });

  it('an address that is not that of its packets', () => {
    const address = { type: 'ID_IPV4_ADDR', address: Uint8Array.of(10, 0, 0, 9) } as const;
    const any = { type: 'any' } as const;
    const hosts = talk([change(a, { localId: address }), change(b, { peer: peerOf(any) })]);
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'CLOSED']);
    expect(closedBy(hosts.b)?.message).toContain('packets from 192.0.2.1');
    const lax = talk([change(a, { localId: address }), change(b, { peer: peerOf(any, { matchAddress: false }) })]);
    expect(statesOf(lax)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('RFC 2407 section 4.6.2: an ID payload with another port', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    exchange(hosts, 4);
    const [genuine] = hosts.a.outbox;
    const open = opened(genuine!.data, saOf(hosts.b) as Agreed);
    const forged = open.payloads.map((payload): Payload => (payload.type === 'ID' ? { ...payload, protocol: 17, port: 4500 } : payload));
    receive(hosts.b, { ...genuine!, data: open.with(forged) });
    // HASH_I covers it, so whoever changes it on the way is dropped
    expect(saOf(hosts.b).state).toBe('MAIN_R2');
  });
});

describe('attack row 16: who asks for public key encryption', () => {
  it('is refused with all that it offers', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const [first] = hosts.a.outbox;
    const message = decodeMessage(first!.data);
    if (message.isEncrypted) throw new Error('in the clear');
    for (const method of [2, 4, 5, 8, 65_007]) {
      const payloads = message.payloads.map((payload): Payload => {
        if (payload.type !== 'SA') return payload;
        const proposals = payload.proposals.map((proposal) => ({
          ...proposal,
          transforms: proposal.transforms.map((transform) => ({
            ...transform,
            attributes: transform.attributes.map((one) => (one.type === 'Authentication Method' ? { ...one, value: method } : one)),
          })),
        })) as typeof payload.proposals;
        return { type: 'SA', doi: payload.doi, situation: payload.situation, proposals };
      });
      receive(hosts.b, { ...first!, data: encodeMessage({ ...message, payloads }) });
      expect(hosts.b.sas.size).toBe(0);
    }
  });
});

describe('RFC 2409 section 5: messages of phase 1 that cannot be', () => {
  it('a mirror gets no proof', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const [first] = hosts.a.outbox;
    const echo = first!.data.slice();
    echo.set(echo.subarray(0, 8), 8);
    receive(hosts.a, { data: echo, path: first!.path });
    expect(saOf(hosts.a).state).toBe('MAIN_I1');
    deliver(hosts.a, hosts.b);
    deliver(hosts.b, hosts.a);
    const [third] = hosts.a.outbox;
    receive(hosts.a, third!);
    expect(saOf(hosts.a)).toMatchObject({ state: 'MAIN_I2', refusal: { code: 'invalid-public-value' } });
    settle(hosts);
    expectAgreement(hosts, 1);
  });

  it.each([0, 1])('a public value of %i', (value) => {
    for (const at of [2, 3]) {
      const hosts = twoHosts();
      begin(hosts.a);
      exchange(hosts, at);
      const [from, to] = at === 2 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
      const [genuine] = from.outbox;
      const open = opened(genuine!.data, saOf(to) as Agreed);
      const forged = open.payloads.map((payload): Payload =>
        payload.type === 'KE' ? { type: 'KE', data: new Uint8Array(256).with(255, value) } : payload,
      );
      receive(to, { ...genuine!, data: open.with(forged) });
      expect(saOf(to)).toMatchObject({ state: at === 2 ? 'MAIN_R1' : 'MAIN_I2', refusal: { code: 'invalid-public-value' } });
      settle(hosts);
      expectAgreement(hosts, 1);
    }
  });

  it('the last messages of main mode without encryption', () => {
    for (const at of [4, 5]) {
      const hosts = twoHosts();
      begin(hosts.a);
      exchange(hosts, at);
      const [from, to] = at === 4 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
      const [genuine] = from.outbox;
      const header = decodeMessage(genuine!.data);
      const { payloads } = opened(genuine!.data, saOf(to) as Agreed);
      receive(to, { ...genuine!, data: encodeMessage({ ...header, payloads, padding: EMPTY }) });
      expect(to.actions.some(({ type }) => type === 'established')).toBe(false);
      expect(detailsOf(to).join()).toContain('expected encryption');
      settle(hosts);
      expectAgreement(hosts, 1);
    }
  });

  it('the last message of aggressive mode may come without', () => {
    const hosts = twoHosts(aggressive, aggressive);
    begin(hosts.a);
    exchange(hosts, 2);
    const genuine = hosts.a.outbox.shift()!;
    const header = decodeMessage(genuine.data);
    const { payloads } = opened(genuine.data, saOf(hosts.b) as Agreed);
    const contact: Payload = { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify: 'INITIAL-CONTACT', spi: EMPTY, data: EMPTY };
    receive(hosts.b, { ...genuine, data: encodeMessage({ ...header, payloads: [...payloads, contact], padding: EMPTY }) });
    expect(hosts.b.actions.find(({ type }) => type === 'established')).toMatchObject({ initialContact: false });
  });

  it('two of what there is one of, and an SA payload that is not in front', () => {
    const hosts = twoHosts();
    begin(hosts.a);
    const [first] = hosts.a.outbox;
    const open = opened(first!.data, saOf(hosts.a) as Agreed);
    const [sa, ...others] = open.payloads;
    for (const payloads of [
      [sa!, sa!, ...others],
      [...others, sa!],
    ]) {
      receive(hosts.b, { ...first!, data: open.with(payloads) });
      expect(hosts.b.sas.size).toBe(0);
    }
    expect(detailsOf(hosts.b).join()).toMatch(/one SA payload.*the SA payload in front/);
    deliver(hosts.a, hosts.b);
    exchange(hosts, 0);
    settle(hosts);
    const host: Host = hosts.b;
    expect(toHex(saOf(host).spiI)).toBe(toHex(saOf(hosts.a).spiI));
  });

  it('more certificates than anybody has', () => {
    const many = Array.from({ length: 17 }, () => rsaA.certificates[0]!);
    const [a, b] = signing(rsaA, rsaB);
    const hosts = talk([change(a, { localAuth: ownOf(rsaA, { certificates: many }) }), b]);
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'MAIN_R2']);
    expect(detailsOf(hosts.b).join()).toContain('at most 16');
  });
});
