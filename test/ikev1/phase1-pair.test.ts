/** Phase 1 between an initiator and a responder of ours: every method, both modes, both roles. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodeMessage } from '../../src/ikev1.js';
import type { Connection, OwnSignature } from '../../src/keying/connection.js';
import { p384Signer, ownOf, signerOf } from '../ikev2/signers.js';
import { answersFor, change, demandOf, signing, statesOf, talk } from './phase1-parties.js';
import {
  addresses,
  begin,
  connectionOf,
  deliver,
  detailsOf,
  establishedOf,
  expectAgreement,
  type HostOptions,
  lose,
  nextWake,
  setClock,
  settle,
  twoHosts,
} from './two-hosts.js';

const [rsaA, rsaB] = [signerOf('rsa-a'), signerOf('rsa-b')];
const aggressive = { ikev1: { mode: 'aggressive', unsafeAggressivePsk: true } } as const satisfies HostOptions;
const nobody = { type: 'ID_NULL' } as const;
const peerOf = (id: Connection['peer']['id'], authentication = {}): Connection['peer'] => ({
  id,
  authentication: { protocol: 'IKEv1', method: 'pre-shared-key', ...authentication },
  child: { lookup: 'id' },
});

describe('RFC 2409 section 5: every Authentication Method', () => {
  const withXauth = (options: readonly [HostOptions, HostOptions], a: 'client' | 'server'): readonly [HostOptions, HostOptions] => [
    { answer: answersFor(undefined), ...options[0], ikev1: { ...options[0].ikev1, xauth: a } },
    { answer: answersFor(undefined), ...options[1], ikev1: { ...options[1].ikev1, xauth: a === 'client' ? 'server' : 'client' } },
  ];
  const [a, b] = signing(rsaA, rsaB);
  const hybrid = [change(a, { localAuth: { method: 'null' } }), change(b, { remoteAuth: { method: 'null' } })] as const;
  const hybridBack = [change(a, { remoteAuth: { method: 'null' } }), change(b, { localAuth: { method: 'null' } })] as const;
  const cases: readonly (readonly [method: string, options: readonly [HostOptions, HostOptions]])[] = [
    ['pre-shared key', [{}, {}]],
    ['RSA signatures', [a, b]],
    ['ECDSA with SHA-256 on the P-256 curve', signing(signerOf('p256-a'), signerOf('p256-b'))],
    ['ECDSA with SHA-384 on the P-384 curve', signing(p384Signer(1), p384Signer(2))],
    ['ECDSA with SHA-512 on the P-521 curve', signing(signerOf('p521-a'), signerOf('p521-b'))],
    ['XAUTHInitPreShared', withXauth([{}, {}], 'client')],
    ['XAUTHRespPreShared', withXauth([{}, {}], 'server')],
    ['XAUTHInitRSA', withXauth([a, b], 'client')],
    ['XAUTHRespRSA', withXauth([a, b], 'server')],
    ['HybridInitRSA', withXauth(hybrid, 'client')],
    ['HybridRespRSA', withXauth(hybridBack, 'server')],
  ];

  for (const mode of ['main', 'aggressive'] as const)
    it.each(cases)(`${mode} mode: %s`, (method, options) => {
      const [one, other] = options.map((side): HostOptions => ({ ...side, ikev1: { ...side.ikev1, mode, unsafeAggressivePsk: true } }));
      const hosts = talk([one!, other!]);
      expect(statesOf(hosts), [...detailsOf(hosts.a), ...detailsOf(hosts.b)].join('\n')).toEqual(['ESTABLISHED', 'ESTABLISHED']);
      for (const host of [hosts.a, hosts.b]) {
        const sa = establishedOf(host);
        expect(sa.crypto.suite.authentication).toBe(method);
        expect(sa.peerId).toEqual({ type: 'ID_FQDN', name: host.name === 'a' ? 'b.example' : 'a.example' });
        expect(sa.abilities).toMatchObject({ natTraversal: 'RFC 3947', dpd: true, xauth: sa.connection.ikev1?.xauth !== undefined });
        // Only what is needed from now on is still there.
        expect([sa.crypto.keys.SKEYID, sa.crypto.keys.SKEYID_e].every((key) => key.every((octet) => octet === 0))).toBe(true);
        expect(sa.crypto.keys.SKEYID_d.some((octet) => octet !== 0)).toBe(true);
        expect(host.actions.filter(({ type }) => type === 'ikev1Keys')).not.toEqual([]);
      }
      expectAgreement(hosts, 1);
    });

  it.each(['main', 'aggressive'] as const)(
    '%s mode, hybrid: a client without a name has its address as one, and stays nobody to a gateway that wants nobody',
    (mode) => {
      const [client, gateway] = withXauth([change(hybrid[0], { localId: nobody }), change(hybrid[1], { peer: peerOf(nobody) })], 'client');
      const hosts = talk([
        { ...client, options: { initialContact: true }, ikev1: { ...client.ikev1, mode } },
        { ...gateway, ikev1: { ...gateway.ikev1, mode } },
      ]);
      expect(establishedOf(hosts.b)).toMatchObject({ peerId: nobody, initialContact: false, user: 'carol' });
    },
  );
});

describe('RFC 2409 section 5.4: pre-shared keys that are asked for', () => {
  const asked: HostOptions = {
    connection: { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } },
    answer: (ask) => (ask.kind === 'shared-key' ? new Uint8Array(16).fill(5) : undefined),
  };
  const named = (options: HostOptions): HostOptions => change(options, { remoteId: { type: 'ID_FQDN', name: 'b.example' } });

  it('main mode: the responder knows nothing but an address, until the peer says who it is', () => {
    const hosts = talk([named(asked), asked]);
    expectAgreement(hosts, 1);
    expect(hosts.b.asked).toEqual([
      {
        kind: 'shared-key',
        localId: { type: 'ID_FQDN', name: 'b.example' },
        peerId: { type: 'ID_IPV4_ADDR', address: addresses.a },
      },
      { kind: 'shared-key', localId: { type: 'ID_FQDN', name: 'b.example' }, peerId: { type: 'ID_FQDN', name: 'a.example' } },
    ]);
    expect(hosts.a.asked).toMatchObject([{ peerId: { type: 'ID_FQDN', name: 'b.example' } }]);
  });

  it('aggressive mode: both know who the other says it is', () => {
    const hosts = talk([
      { ...asked, ...aggressive },
      { ...asked, ...aggressive },
    ]);
    expectAgreement(hosts, 1);
    expect(hosts.a.asked).toMatchObject([{ peerId: { type: 'ID_FQDN', name: 'b.example' } }]);
    expect(hosts.b.asked).toMatchObject([{ peerId: { type: 'ID_FQDN', name: 'a.example' } }]);
  });

  it('without one there is no IKE SA', () => {
    const none: HostOptions = { ...asked, answer: () => undefined };
    const initiator = talk([none, asked]);
    expect(statesOf(initiator)).toEqual(['CLOSED', 'MAIN_R2']);
    const responder = talk([asked, none]);
    expect(statesOf(responder)).toEqual(['MAIN_I2', 'MAIN_R1']);
    expect(detailsOf(responder.b).join()).toContain('pre-shared key of one octet or more');
    const both = talk([
      { ...asked, ...aggressive },
      { ...none, ...aggressive },
    ]);
    expect(statesOf(both)).toEqual(['AGGRESSIVE_I1', 'CLOSED']);
  });

  it('two secrets in one connection are none', () => {
    const two: HostOptions = { connection: { remoteAuth: { method: 'shared-key', secret: Uint8Array.of(1) } } };
    const hosts = talk([two, {}]);
    expect(statesOf(hosts)).toEqual(['CLOSED', 'MAIN_R2']);
    expect(hosts.a.actions.find(({ type }) => type === 'closed')).toMatchObject({ error: { code: 'invalid-config' } });
  });
});

describe('RFC 2408 section 5.1: messages that are lost', () => {
  it.each([
    ['main', {}, 6],
    ['aggressive', aggressive, 3],
  ] as const)('%s mode: each of them once', (_, options, count) => {
    for (let lost = 0; lost < count; lost++) {
      const hosts = twoHosts(options, options);
      begin(hosts.a);
      for (let at = 0; at < lost; at++) deliver(...(at % 2 === 0 ? ([hosts.a, hosts.b] as const) : ([hosts.b, hosts.a] as const)));
      lose(lost % 2 === 0 ? hosts.a : hosts.b);
      // Quick Mode may be on its way already: it has to come again, too
      for (let i = 0; i < 5; i++) {
        settle(hosts);
        if (nextWake(hosts) < Infinity) setClock(hosts, nextWake(hosts));
      }
      expectAgreement(hosts, 1);
    }
  });

  it('a responder does not shout at who has proved nothing', () => {
    const hosts = twoHosts(aggressive, aggressive);
    begin(hosts.a);
    deliver(hosts.a, hosts.b);
    for (let i = 0; i < 20; i++) setClock({ a: hosts.b, b: hosts.b }, Math.min(nextWake({ a: hosts.b, b: hosts.b }), 1e6));
    // three of them would be more than three times what has come
    expect(hosts.b.outbox).toHaveLength(2);
    expect(statesOf(hosts)[1]).toBe('CLOSED');
  });
});

describe('RFC 4945: CERT and CR payloads', () => {
  const own = (signer: Parameters<typeof ownOf>[0], more: Partial<OwnSignature>): Partial<Connection> => ({
    localAuth: ownOf(signer, more),
  });

  it('the certificates asked about are those of the peer, its own first, whatever their order was', () => {
    const [a, b] = signing(rsaA, rsaB);
    const garbage = Uint8Array.of(0x30, 0x01, 0x00);
    const [certificate] = rsaA.certificates;
    const mixed = change(a, own(rsaA, { certificates: [garbage, ...rsaB.certificates, certificate!, certificate!] }));
    const hosts = talk([mixed, b]);
    expectAgreement(hosts, 1);
    const ask = hosts.b.asked.find(({ kind }) => kind === 'certificates');
    expect(ask).toMatchObject({ kind: 'certificates', round: 0, peerId: { type: 'ID_FQDN', name: 'a.example' }, matchIdentity: true });
    expect(ask?.kind === 'certificates' && ask.certificates.map(toHex)).toEqual([certificate!, garbage, ...rsaB.certificates].map(toHex));
  });

  it.each([
    ['never', true, []],
    ['if-asked', false, []],
    ['if-asked', true, [rsaA.certificates[0]]],
    ['always', false, [rsaA.certificates[0]]],
  ] as const)('send %s, asked for: %s', (send, isAsked, expected) => {
    const [a, b] = signing(rsaA, rsaB);
    const demand = demandOf(rsaA);
    if (demand.method !== 'certificate') throw new Error(demand.method);
    const remoteAuth: Connection['remoteAuth'] = isAsked ? demand : { method: 'public-key', keys: [rsaA.publicKey], rows: demand.rows };
    const hosts = twoHosts(change(a, own(rsaA, { send })), change(b, { remoteAuth }));
    begin(hosts.a);
    settle(hosts);
    if (expected.length > 0 || !isAsked) expectAgreement(hosts, 1);
    else expect(statesOf(hosts)).toEqual(['MAIN_I3', 'MAIN_R2']);
    const ask = hosts.b.asked.find(({ kind }) => kind === 'certificates');
    if (isAsked && expected.length > 0) expect(ask).toMatchObject({ certificates: expected });
  });
});

describe('RFC 4301 section 4.4.3: whom a responder lets in', () => {
  const second = (changes: Partial<Connection>): Connection => ({ ...connectionOf('b'), name: 'second', ...changes });
  const first = (changes: Partial<Connection>): HostOptions => ({ connection: changes });
  const only = (name: string): Connection['peer'] => peerOf({ type: 'ID_FQDN', name });

  /** `b` has two connections. */
  function withTwo(options: HostOptions, other: Connection): ReturnType<typeof twoHosts> {
    const hosts = twoHosts({}, options);
    Object.assign(hosts.b.env, { connections: [hosts.b.connection, other] });
    begin(hosts.a);
    settle(hosts);
    return hosts;
  }

  it('the connection is that of the identity which was proved', () => {
    const hosts = withTwo(first({ peer: only('somebody.example') }), second({ peer: only('a.example') }));
    expect(establishedOf(hosts.b).connection.name).toBe('second');
  });

  it('a secret proves nothing about connections that have another one', () => {
    const other = { method: 'shared-key', secret: Uint8Array.of(9, 9) } as const;
    const hosts = withTwo(
      first({ peer: only('somebody.example') }),
      second({ peer: only('a.example'), localAuth: other, remoteAuth: other }),
    );
    expect(statesOf(hosts)).toEqual(['MAIN_I3', 'CLOSED']);
    expect(detailsOf(hosts.b).join()).toContain('a.example is not in the PAD');
  });

  it('connections for other addresses are not looked at', () => {
    const range = { start: addresses.b, end: addresses.b };
    const hosts = talk([{}, first({ remoteAddresses: [range] })]);
    expect(statesOf(hosts)).toEqual(['MAIN_I1', 'none']);
    expectAgreement(talk([{}, first({ localAddresses: [range] })]), 1);
  });
});

describe('RFC 2407 section 4.6.3: INITIAL-CONTACT', () => {
  const wanting: HostOptions = { options: { initialContact: true } };

  it('goes with the proof in main mode', () => {
    const hosts = talk([wanting, {}]);
    expect(hosts.b.actions.find(({ type }) => type === 'established')).toMatchObject({ initialContact: true });
    expect(hosts.a.actions.find(({ type }) => type === 'established')).toMatchObject({ initialContact: false });
    expect(talk([{}, {}]).b.actions.find(({ type }) => type === 'established')).toMatchObject({ initialContact: false });
  });

  it('has an exchange of its own behind aggressive mode', () => {
    const hosts = talk([{ ...wanting, ...aggressive }, aggressive]);
    expectAgreement(hosts, 1);
    const exchanges = hosts.a.actions.flatMap((action) => (action.type === 'send' ? [decodeMessage(action.data).exchange] : []));
    expect(exchanges.slice(0, 3)).toEqual(['Aggressive', 'Aggressive', 'Informational']);
    expect(hosts.b.actions.find(({ type }) => type === 'established')).toMatchObject({ initialContact: false });
  });
});

describe('attack row 17: aggressive mode with a pre-shared key', () => {
  const careful: HostOptions = { ikev1: { mode: 'aggressive' } };

  it('has to be asked for by name, on both sides', () => {
    expect(() => {
      begin(twoHosts(careful, aggressive).a);
    }).toThrow(IpsecError);
    const hosts = talk([aggressive, careful]);
    expect(statesOf(hosts)).toEqual(['AGGRESSIVE_I1', 'none']);
    expect(statesOf(talk([aggressive, {}]))).toEqual(['AGGRESSIVE_I1', 'none']);
  });

  it('goes without saying with signatures', () => {
    const [a, b] = signing(rsaA, rsaB, careful);
    expectAgreement(talk([a, b]), 1);
    expect(statesOf(talk([a, { ...b, ikev1: { mode: 'main' } }]))).toEqual(['AGGRESSIVE_I1', 'none']);
  });
});
