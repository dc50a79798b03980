/**
 * Every state of an IKE SA, each reached by the machine itself, with the keys of the peer: whatever that one could seal can be given to it.
 */
import { EMPTY, writeU32 } from '../../src/bytes.js';
import type { IkeEnv } from '../../src/ikev2/events.js';
import { createNotify, encodeNotifyData } from '../../src/ikev2/notify-data.js';
import { encodeMessage } from '../../src/ikev2/message.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { encodeChildProposals, encodeIkeProposals } from '../../src/ikev2/proposal.js';
import { type IkeHeaderFields, plainData, sealLast, sealSk } from '../../src/ikev2/sk.js';
import type { IkeSa, Listening, OwnRequest, Path } from '../../src/ikev2/states.js';
import { curve25519 } from '../../src/suite/dh.js';
import type { TrafficSelector } from '../../src/traffic-selector.js';
import { gcm, policyOf } from './child-fixtures.js';
import { createEapWorld, type EapOptions, run, statesOf } from './eap-world.js';
import {
  begin,
  connect,
  createJournal,
  createWorld,
  flood,
  forge,
  mainKey,
  order,
  pass,
  peerOf,
  read,
  receive,
  requestOf,
  type World,
} from './model-hosts.js';
import { type Host, ikeProposal, randomOf, saOf } from './two-hosts.js';

/** What of a header is the peer's choice. */
type Saying = Pick<IkeHeaderFields, 'exchange' | 'messageId' | 'isResponse'>;

/** An IKE SA in some state, and all that its peer can do. */
export interface Situation {
  readonly name: string;
  readonly sa: IkeSa | Listening;
  readonly path: Path;
  /** Surroundings that count what is reserved. */
  readonly env: () => IkeEnv & { readonly allocated: Set<number> };
  /** A message of the peer. */
  seal(header: Saying, payloads: readonly Payload[]): Uint8Array;
  /** The same with any octets inside. */
  sealOctets(header: Saying, firstPayload: number, octets: Uint8Array): Uint8Array;
  /** What is in an answer. */
  open(data: Uint8Array): readonly Payload[];
  /** A request that waits for its answer. */
  readonly asked: OwnRequest | undefined;
  /** The next Message ID of the peer. */
  readonly nextId: number;
  /** A real payload for each name, in requests and in answers of the peer. */
  payloads(isResponse: boolean): Readonly<Record<string, Payload>>;
}

/** All of them. */
export function situations(): Situation[] {
  return [...beforeKeys(), ...halfway(), ...eap(), ...established(), ...wide(), ...replaced(), ...deleting()];
}

const create = (a = {}, b = {}): World => createWorld(createJournal(), a, b);

function beforeKeys(): Situation[] {
  const quiet = create();
  begin(quiet);
  const flooded = create();
  flood(flooded);
  begin(flooded);
  return [listening('LISTENING', quiet), listening('LISTENING, flooded', flooded), situation('INIT_SENT', quiet, quiet.a)];
}

function halfway(): Situation[] {
  const asked = create();
  begin(asked);
  pass(asked, asked.a);
  const { sa } = asked.b.sas.get(mainKey(asked.b))!;
  pass(asked, asked.b);
  const answered = { ...situation('INIT_ANSWERED', asked, asked.b), sa };
  const world = create();
  begin(world);
  for (const host of [world.a, world.b, world.a]) pass(world, host);
  const sent = situation('AUTH_SENT', world, world.a);
  return [withReal(answered, requestOf(asked.a).payloads), withReal(sent, read(world.a, world.b.outbox[0]!))];
}

/** With what the peer has said in earnest. */
function withReal(one: Situation, payloads: readonly Payload[]): Situation {
  return { ...one, payloads: (isResponse) => ({ ...one.payloads(isResponse), ...named(payloads) }) };
}

function named(payloads: readonly Payload[]): Record<string, Payload> {
  return Object.fromEntries(payloads.filter(({ type }) => type !== 'N').map((payload) => [payload.type, payload]));
}

const codes = ['Request', 'Response', 'Success', 'Failure'] as const;

/** States of EAP, who is in them, and the EAP packets that come there. */
const eapStates = [
  ['EAP_WANTED', 'a', codes],
  ['EAP_SENT', 'a', codes],
  ['EAP_AUTH_SENT', 'a', ['Success', 'Failure']],
  ['EAP_REQUESTED', 'b', codes],
  ['EAP_SUCCEEDED', 'b', ['Success', 'Response']],
] as const;

function eap(): Situation[] {
  const all = eapStates.flatMap(([state, role, kinds]) => kinds.map((code) => eapSituation(state, role, code)));
  const ends = (['EAP_AUTH_SENT', 'EAP_SUCCEEDED'] as const).map((state, i) => {
    const keyless = { allowKeyless: true, a: { makesKey: false }, b: { makesKey: false } };
    return eapSituation(state, roles[i]!, 'Success', keyless, ', without a key');
  });
  return [...several(), ...all, eapSituation('EAP_WANTED', 'a', 'Success', { alone: true }, ', alone'), ...ends];
}

/** RFC 4739: two proofs of both sides, one of them by EAP. */
function several(): Situation[] {
  const [one, two] = [{ method: 'shared-key', secret: new Uint8Array(20) }, { method: 'eap' }] as const;
  const [id, padId] = [
    { type: 'ID_FQDN', name: 'x.example' },
    { type: 'ID_FQDN', name: 'x.example' },
  ] as const;
  const plain = { localAuth: one, remoteAuth: one };
  const options: EapOptions = {
    connectionA: {
      ...plain,
      furtherProofs: [
        { id, auth: one },
        { id, auth: two },
      ],
    },
    connectionB: {
      ...plain,
      furtherDemands: [
        { id: padId, auth: one },
        { id: padId, auth: two },
      ],
    },
  };
  return (['AUTH_CONTINUES', 'AUTH_SENT', 'EAP_WANTED'] as const).map((state) => {
    const world = createEapWorld(options);
    begin(world);
    while (!world.b.sas.size || statesOf(world)[1] !== 'AUTH_CONTINUES') run(world, 1);
    while (statesOf(world)[state === 'AUTH_CONTINUES' ? 1 : 0] !== state || (state === 'AUTH_SENT' && world.b.outbox.length > 0))
      run(world, 1);
    const host = state === 'AUTH_CONTINUES' ? world.b : world.a;
    return situation(`${state}, one of several`, world, host);
  });
}

function eapSituation(
  state: (typeof eapStates)[number][0],
  role: 'a' | 'b',
  code: (typeof codes)[number],
  options: EapOptions = {},
  kind = '',
): Situation {
  const world = createEapWorld(options);
  begin(world);
  while (!statesOf(world).includes(state)) if (run(world, 1) === 0) throw new Error(`never ${state}`);
  const host = world[role];
  const { sa } = host.sas.get(mainKey(host))!;
  const packet: Payload = { type: 'EAP', code, identifier: 1, data: code.startsWith('Re') ? Uint8Array.of(254, 1) : EMPTY };
  const one = { ...situation(`${state}${kind}, ${code}`, world, host), sa };
  if (state !== 'EAP_WANTED') return withReal(one, [packet]);
  // The first answer as it is in earnest, with IDr and AUTH.
  while (world.b.outbox.length === 0) run(world, 1);
  return withReal(one, [...read(world.a, world.b.outbox[0]!), packet]);
}

const asks = ['createChild', 'rekeyChild', 'rekeyIke', 'deleteChild', 'checkLiveness', 'notify'] as const;

function ask(host: Host, what: (typeof asks)[number]): void {
  const sa = saOf(host, mainKey(host));
  const spiIn = 'children' in sa ? sa.children[0]!.spiIn : 0;
  if (what === 'createChild') order(host, { type: what, policy: 'net' });
  else if (what === 'notify') order(host, { type: what, payloads: [] });
  else if (what === 'rekeyChild' || what === 'deleteChild') order(host, { type: what, spiIn });
  else order(host, { type: what });
}

const roles = ['a', 'b'] as const;

function established(): Situation[] {
  return roles.flatMap((role) => {
    const idle = create();
    connect(idle);
    const busy = asks.map((what) => {
      const world = create();
      connect(world);
      ask(world[role], what);
      return situation(`ESTABLISHED ${role}, ${what} under way`, world, world[role]);
    });
    return [situation(`ESTABLISHED ${role}`, idle, idle[role]), ...busy];
  });
}

/** Both take four requests at once, and both have two under way. */
function wide(): Situation[] {
  return roles.map((role) => {
    const own = { options: { windowSize: 4 } };
    const world = create(own, own);
    connect(world);
    const host = world[role];
    order(host, { type: 'createChild', policy: 'net' });
    ask(host, 'rekeyChild');
    return situation(`ESTABLISHED ${role}, a window of 4, createChild and rekeyChild under way`, world, host);
  });
}

function replaced(): Situation[] {
  return roles.flatMap((role) =>
    [undefined, 'checkLiveness' as const].map((what) => {
      const world = create();
      const key = connect(world);
      const host = world[role];
      if (what) ask(host, what);
      order(peerOf(world, host), { type: 'rekeyIke' });
      pass(world, peerOf(world, host));
      return situation(`REPLACED ${role}${what ? `, ${what} under way` : ''}`, world, host, { key });
    }),
  );
}

function deleting(): Situation[] {
  return roles.flatMap((role) =>
    [undefined, ...asks].map((what) => {
      const world = create();
      connect(world);
      if (what) ask(world[role], what);
      order(world[role], { type: 'delete', reason: 'test' });
      return situation(`DELETING ${role}${what ? `, ${what} under way` : ''}`, world, world[role]);
    }),
  );
}

/** An IKE SA that is over. */
export function closed(): Situation {
  const world = create();
  const key = connect(world);
  const before = situation('CLOSED', world, world.a);
  order(world.a, { type: 'delete', reason: 'test' });
  receive(world, world.a, forge(world.b, { exchange: 'INFORMATIONAL', messageId: 2, isResponse: true }, []));
  return { ...before, sa: saOf(world.a, key) };
}

function listening(name: string, world: World): Situation {
  const { a, b } = world;
  const { path, spiI } = saOf(a, mainKey(a));
  const spiR = new Uint8Array(8);
  return {
    name,
    sa: world.listening,
    path: { local: path.remote, remote: path.local },
    env: () => counting(b),
    seal: (header, payloads) => encodeMessage({ ...header, spiI, spiR, isInitiator: true, payloads }),
    sealOctets: () => EMPTY,
    open: (data) => read(a, { data }),
    asked: undefined,
    nextId: 0,
    payloads: () => dictionary(true, EMPTY, 0),
  };
}

function situation(name: string, world: World, host: Host, { key = mainKey(host) }: { key?: string } = {}): Situation {
  const sa = saOf(host, key);
  const spi = 'children' in sa ? (sa.children[0]?.spiOut ?? 0x909) : 0x909;
  return {
    name,
    sa,
    path: sa.path,
    env: () => counting(host),
    seal: sealOf(world, host, key),
    sealOctets: (header, firstPayload, octets) => sealOctets(world, host, key, header, { firstPayload, octets }),
    open: (data) => read(peerOf(world, host), { data }, key),
    asked: sa.windows.outstanding[0],
    nextId: sa.windows.nextPeerId,
    payloads: (isResponse) =>
      dictionary((host === world.a) === isResponse, sa.state === 'INIT_SENT' ? EMPTY : new Uint8Array(8).fill(5), spi),
  };
}

function sealOf(world: World, host: Host, key: string): Situation['seal'] {
  const { spiI, spiR, role } = saOf(host, key);
  const isInitiator = role === 'responder';
  const other = peerOf(world, host);
  const peer = other.sas.get(key)?.sa;
  if (peer && 'crypto' in peer) {
    const { seal } = peer.crypto;
    return (header, payloads) => sealSk(seal, { ...header, spiI, spiR, isInitiator }, payloads, randomOf(header.messageId + 1));
  }
  const zeros = new Uint8Array(8);
  return (header, payloads) =>
    encodeMessage({ ...header, spiI, spiR: role === 'initiator' ? zeros.map(() => 7) : zeros, isInitiator, payloads });
}

function sealOctets(
  world: World,
  host: Host,
  key: string,
  header: Saying,
  { firstPayload, octets }: { readonly firstPayload: number; readonly octets: Uint8Array },
): Uint8Array {
  const { spiI, spiR, role } = saOf(host, key);
  const peer = saOf(peerOf(world, host), key);
  if (!('crypto' in peer)) return EMPTY;
  const { seal } = peer.crypto;
  const data = plainData(seal, octets, randomOf(header.messageId + 1));
  const payloads = [{ type: 'SK', firstPayload, data }] as const;
  return sealLast(seal, { ...header, spiI, spiR, isInitiator: role === 'responder', payloads }, data.length);
}

function counting(host: Host): IkeEnv & { readonly allocated: Set<number> } {
  const allocated = new Set<number>();
  let spi = 0x10000;
  return {
    ...host.env,
    allocated,
    random: randomOf(77),
    allocateSpi: () => {
      allocated.add(++spi);
      return spi;
    },
  };
}

const publicValue = /* @__PURE__ */ curve25519.generate(randomOf(3)).publicValue;

/**
 * @param byA whether `a` began the exchange: its selectors are TSi then.
 * @param ikeSpi the SPI in proposals of IKE SAs.
 * @param spi that of the Child SA that is spoken of.
 */
function dictionary(byA: boolean, ikeSpi: Uint8Array, spi: number): Record<string, Payload> {
  const policy = policyOf();
  const [local, remote] = (byA ? [policy.local, policy.remote] : [policy.remote, policy.local]) as TrafficSelector[][];
  const octets = new Uint8Array(4);
  writeU32(octets, 0, spi);
  const cert = { encoding: 'X.509 Certificate - Signature', data: new Uint8Array(20) } as const;
  return {
    'SA(IKE)': { type: 'SA', proposals: encodeIkeProposals([ikeProposal], ikeSpi) },
    SA: { type: 'SA', proposals: encodeChildProposals([gcm], () => Uint8Array.of(0, 0, 0xc0, 1), { keyExchange: true }) },
    KE: { type: 'KE', method: 31, data: publicValue },
    Nonce: { type: 'Nonce', data: new Uint8Array(32).fill(8) },
    IDi: { type: 'IDi', idType: 'ID_FQDN', data: new TextEncoder().encode('a.example') },
    IDr: { type: 'IDr', idType: 'ID_FQDN', data: new TextEncoder().encode('b.example') },
    CERT: { type: 'CERT', ...cert },
    CERTREQ: { type: 'CERTREQ', ...cert },
    AUTH: { type: 'AUTH', method: 'Shared Key Message Integrity Code', data: new Uint8Array(32) },
    'N(COOKIE)': createNotify('COOKIE', new Uint8Array(20)),
    'N(INVALID_KE_PAYLOAD)': createNotify('INVALID_KE_PAYLOAD', encodeNotifyData('INVALID_KE_PAYLOAD', { method: 31 })),
    'N(error)': createNotify('NO_PROPOSAL_CHOSEN'),
    'N(AUTHENTICATION_FAILED)': createNotify('AUTHENTICATION_FAILED'),
    'N(REKEY_SA)': createNotify('REKEY_SA', EMPTY, { protocol: 'ESP', spi: octets }),
    'N(status)': createNotify('INITIAL_CONTACT'),
    'D(IKE)': { type: 'D', protocol: 'IKE', spis: [] },
    D: { type: 'D', protocol: 'ESP', spis: [octets] },
    V: { type: 'V', data: Uint8Array.of(1, 2, 3) },
    TSi: { type: 'TSi', selectors: local! },
    TSr: { type: 'TSr', selectors: remote! },
    CP: { type: 'CP', cfgType: 'CFG_REQUEST', attributes: [{ type: 'INTERNAL_IP4_ADDRESS', value: EMPTY }] },
    EAP: { type: 'EAP', code: 'Success', identifier: 1, data: EMPTY },
    unknown: { type: 'unknown', payloadType: 200, data: Uint8Array.of(1) },
    critical: { type: 'unknown', payloadType: 200, critical: true, data: Uint8Array.of(1) },
  };
}
