/** Every state that two machines come through, and everything that the peer of one could say there, under its real keys. */
import { computeHash1, computeHash2, computeHash3, encodeHashed } from '../../src/ikev1/hashes.js';
import { sealMessage } from '../../src/ikev1/cipher.js';
import { encodeMessage, encodePayloads, type Ikev1Header } from '../../src/ikev1/message.js';
import { findExchange } from '../../src/ikev1/exchanges.js';
import { firstIvOf } from '../../src/ikev1/send.js';
import type { Payload } from '../../src/ikev1/payload-cases.js';
import type { Exchange } from '../../src/ikev1/requests.js';
import type { Ikev1Sa } from '../../src/ikev1/states.js';
import { ecp256 } from '../../src/suite/dh.js';
import { begin, deliver, type Host, happen, type HostOptions, later, phase1Proposal, twoHosts } from './two-hosts.js';

/** One IKE SA as it stood at some moment. */
export interface Situation {
  readonly name: string;
  readonly sa: Ikev1Sa;
  /** Its host: what it answers and what it reserves is not kept. */
  readonly host: Host;
}

const proposals = [{ ...phase1Proposal, keyExchange: [ecp256] }];
const user = { user: 'alice', password: new TextEncoder().encode('secret of alice') };
const assigned = {
  addresses: [{ address: Uint8Array.of(10, 9, 0, 1) }],
  dns: [],
  domains: [],
  nbns: [],
  dhcp: [],
  pCscf: [],
  subnets: [],
  unknown: [],
};

type Play = readonly [name: string, a: HostOptions, b: HostOptions];

const aggressive = { mode: 'aggressive', unsafeAggressivePsk: true } as const;
const xauth: Play[1] = { ikev1: { xauth: 'client' }, answer: () => ({ ...user, password: user.password.slice() }) };
const plays: readonly Play[] = [
  ['main mode', {}, {}],
  ['aggressive mode', { ikev1: aggressive }, { ikev1: aggressive }],
  [
    'aggressive mode, a secret that is asked for',
    { ikev1: aggressive },
    {
      ikev1: aggressive,
      connection: { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } },
      answer: () => later,
    },
  ],
  ['XAUTH', xauth, { ikev1: { xauth: 'server' }, answer: () => 'accepted' }],
  ['Mode Config, pull', { connection: { configuration: { wants: ['ipv4'] } } }, { configure: () => assigned }],
  [
    'Mode Config, push',
    { connection: { configuration: { wants: ['ipv4'] } }, ikev1: { modeConfig: 'push' } },
    { configure: () => assigned, ikev1: { modeConfig: 'push' }, connection: { requiresConfiguration: true } },
  ],
  [
    'Mode Config, both at once',
    { connection: { configuration: { wants: ['ipv4'] } } },
    { configure: () => assigned, ikev1: { modeConfig: 'push' }, connection: { requiresConfiguration: true } },
  ],
];

/** All situations, those with the same states and exchanges once. */
export function situations(): Situation[] {
  const found = new Map<string, Situation>();
  for (const [name, a, b] of plays) {
    const connection = { proposals };
    const hosts = twoHosts(
      { ...a, connection: { ...connection, ...a.connection } },
      { ...b, connection: { ...connection, ...b.connection } },
    );
    const note = (): void => {
      for (const host of [hosts.a, hosts.b])
        for (const { sa } of host.sas.values()) {
          const abouts = 'exchanges' in sa ? sa.exchanges.map(({ about }) => about.kind).filter((kind) => kind !== 'done') : [];
          const key = [sa.state, ...abouts, sa.waiting ? 'waits for an answer' : ''].filter((text) => text !== '').join(', ');
          const id = `${key}, ${sa.role}`;
          if (!found.has(id)) found.set(id, { name: `${id} (${name})`, sa, host });
        }
    };
    begin(hosts.a);
    note();
    for (let i = 0; i < 60; i++) {
      const [from, to] = hosts.a.outbox.length > 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
      if (from.outbox.length === 0) break;
      deliver(from, to);
      note();
    }
    if (name === 'main mode') {
      happen(hosts.b, { type: 'createChild', policy: 'net' });
      note();
    }
  }
  return [...found.values()];
}

const EMPTY = new Uint8Array(0);
const offer = twoHosts({ connection: { proposals } });
const firstMessages = new Map<string, readonly Payload[]>();

/** Payloads by a short name, as a peer of that IKE SA would send them. */
export function dictionary(sa: Ikev1Sa): ReadonlyMap<string, Payload> {
  const spi = new Uint8Array([...sa.spiI, ...sa.spiR]);
  const notify = (name: 'INITIAL-CONTACT' | 'R-U-THERE' | 'R-U-THERE-ACK' | 'NO-PROPOSAL-CHOSEN' | 'CONNECTED'): Payload => ({
    type: 'N',
    doi: 'IPSEC',
    protocol: 'ISAKMP',
    spi,
    notify: name,
    data: name.startsWith('R-U') ? Uint8Array.of(0, 0, 0, 9) : EMPTY,
  });
  const deletes = (protocol: 'ISAKMP' | 'ESP', spis: readonly Uint8Array[]): Payload => ({ type: 'D', doi: 'IPSEC', protocol, spis });
  const attr = (
    cfgType: Extract<Payload, { type: 'ATTR' }>['cfgType'],
    attributes: Extract<Payload, { type: 'ATTR' }>['attributes'],
  ): Payload => ({
    type: 'ATTR',
    cfgType,
    identifier: 7,
    attributes,
  });
  const entries: [string, Payload][] = [
    ['SA', phase1Sa()],
    ['SA(quick)', quickSa()],
    ['KE', { type: 'KE', data: ecp256.generate(offer.a.env.random).publicValue }],
    ['Nonce', { type: 'Nonce', data: new Uint8Array(16).fill(5) }],
    ['ID', { type: 'ID', idType: 'ID_FQDN', protocol: 0, port: 0, data: new TextEncoder().encode('a.example') }],
    ['HASH', { type: 'HASH', data: new Uint8Array(32).fill(1) }],
    ['SIG', { type: 'SIG', data: new Uint8Array(64).fill(1) }],
    ['CERT', { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: Uint8Array.of(0x30, 0) }],
    ['CR', { type: 'CR', encoding: 'X.509 Certificate - Signature', data: EMPTY }],
    ['VID', { type: 'VID', data: new Uint8Array(16) }],
    ['NAT-D', { type: 'NAT-D', data: new Uint8Array(32) }],
    ['NAT-OA', { type: 'NAT-OA', idType: 'ID_IPV4_ADDR', data: Uint8Array.of(1, 2, 3, 4) }],
    ['N(INITIAL-CONTACT)', notify('INITIAL-CONTACT')],
    ['N(R-U-THERE)', notify('R-U-THERE')],
    ['N(R-U-THERE-ACK)', notify('R-U-THERE-ACK')],
    ['N(NO-PROPOSAL-CHOSEN)', notify('NO-PROPOSAL-CHOSEN')],
    ['N(CONNECTED)', notify('CONNECTED')],
    ['D(ISAKMP)', deletes('ISAKMP', [spi])],
    ['D(ESP)', deletes('ESP', [Uint8Array.of(0, 0, 0xb0, 0)])],
    ['ATTR(ISAKMP_CFG_REQUEST)', attr('ISAKMP_CFG_REQUEST', [{ type: 'XAUTH-USER-NAME', value: EMPTY }])],
    ['ATTR(ISAKMP_CFG_REPLY)', attr('ISAKMP_CFG_REPLY', [{ type: 'XAUTH-USER-NAME', value: new TextEncoder().encode('mallory') }])],
    ['ATTR(ISAKMP_CFG_SET)', attr('ISAKMP_CFG_SET', [{ type: 'XAUTH-STATUS', value: 1 }])],
    ['ATTR(ISAKMP_CFG_ACK)', attr('ISAKMP_CFG_ACK', [])],
    ['FRAG', { type: 'FRAG', fragmentId: 1, fragmentNumber: 1, flags: 1, data: new Uint8Array(28) }],
  ];
  return new Map(entries);
}

function phase1Sa(): Payload {
  if (!firstMessages.has('SA')) {
    begin(offer.a);
    firstMessages.set('SA', saPayloadOf(offer.a));
  }
  return firstMessages.get('SA')![0]!;
}

function saPayloadOf({ outbox }: Host): readonly Payload[] {
  const attributes = [
    { type: 'Encryption Algorithm', value: 7 },
    { type: 'Key Length', value: 128 },
    { type: 'Hash Algorithm', value: 4 },
    { type: 'Group Description', value: 19 },
    { type: 'Authentication Method', value: 1 },
  ] as const;
  if (outbox.length === 0) throw new Error('nothing was sent');
  const transforms = [{ transformNum: 1, id: 'KEY_IKE', attributes }] as const;
  return [{ type: 'SA', doi: 'IPSEC', situation: 1, proposals: [{ proposalNum: 1, protocol: 'ISAKMP', spi: EMPTY, transforms }] }];
}

function quickSa(): Payload {
  const attributes = [
    { type: 'Key Length', value: 128 },
    { type: 'Authentication Algorithm', value: 5 },
    { type: 'Encapsulation Mode', value: 1 },
  ] as const;
  const transforms = [{ transformNum: 1, id: 'ESP_AES-CBC', attributes }] as const;
  return {
    type: 'SA',
    doi: 'IPSEC',
    situation: 1,
    proposals: [{ proposalNum: 1, protocol: 'ESP', spi: Uint8Array.of(0, 0, 0xc0, 1), transforms }],
  };
}

/** What a peer says. */
export interface Said {
  readonly exchange: Ikev1Header['exchange'];
  readonly messageId: number;
  readonly names: readonly string[];
  readonly encrypted: boolean;
}

/** Makes the message, with the right HASH in phase 2. */
export function seal(sa: Ikev1Sa, said: Said, payloads: ReadonlyMap<string, Payload>): Uint8Array {
  const { exchange: name, messageId, names, encrypted } = said;
  const list = names.map((one) => payloads.get(one)!);
  const header: Ikev1Header = { ckyI: sa.spiI, ckyR: sa.spiR, exchange: name, messageId, authenticationOnly: false, commit: false };
  if (!encrypted || !('crypto' in sa)) return encodeMessage({ ...header, payloads: list });
  const { crypto, phase1 } = sa;
  const exchange: Exchange | undefined = findExchange(sa, messageId, name);
  const about = exchange?.about;
  const { prf } = crypto.suite;
  const { SKEYID_a } = crypto.keys;
  const encoded =
    messageId === 0 && name !== 'Informational'
      ? encodePayloads(list)
      : encodeHashed(list, (message) => {
          if (name === 'Quick Mode' && about?.kind === 'quick-offered') return computeHash2(prf, SKEYID_a, messageId, about.Ni, message);
          if (name === 'Quick Mode' && about?.kind === 'quick-answered') return computeHash3(prf, SKEYID_a, messageId, about.Ni, about.Nr);
          return computeHash1(prf, SKEYID_a, messageId, message);
        });
  if (encoded.octets.length === 0) return encodeMessage({ ...header, payloads: [] });
  return sealMessage(crypto.cipher, exchange?.iv ?? firstIvOf(crypto, phase1, messageId), header, encoded).octets;
}
