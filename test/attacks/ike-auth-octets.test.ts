/**
 * Row 40 of the list of known attacks: an initiator that has proved nothing, or a responder, sends any octets under the keys of IKE_SA_INIT, in place of each message of
 * IKE_AUTH, for each way of authentication. IKE SAs are values: what a message does is tried, and then it is as if it had never come.
 */
import { describe, expect, test } from 'vitest';
import { concat, equalBytes } from '../../src/bytes.js';
import { createEapAnswerer, createEapAuthenticator, createEapPeer, md5, mschapv2 } from '../../src/eap.js';
import { IpsecError } from '../../src/errors.js';
import {
  type Ask,
  createIkeSa,
  createSkContext,
  decodeMessage,
  decodePayloads,
  encodePayloads,
  openSk,
  type Payload,
  respond,
  step,
} from '../../src/ike.js';
import type { Connection } from '../../src/keying/connection.js';
import { createCookieSecrets } from '../../src/ikev2/cookie.js';
import type { IkeAction, IkeEnv, StepResult } from '../../src/ikev2/events.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { plainData, sealLast } from '../../src/ikev2/sk.js';
import type { IkeSa } from '../../src/ikev2/states.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { parsePadId } from '../../src/pad.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { createCertificateVerifier } from '../../src/x509.js';
import { connectionOf } from '../ikev2/converse.js';
import { answersOf, authorityOf, ownOf, signerOf } from '../ikev2/signers.js';
import { randomOf } from '../ikev2/two-hosts.js';

const key = { method: 'shared-key', secret: new TextEncoder().encode('a secret of both') } as const;
const [one, other] = [signerOf('p256-a'), signerOf('p256-b')];
const trusted = { method: 'certificate', rows: defaultSignatureRows, authorities: [new Uint8Array(20)] } as const;
const eap = { method: 'eap' } as const;
const keyless = { method: 'eap', allowKeyless: true } as const;

type Sides = readonly [Partial<Connection>, Partial<Connection>];
const forms: Readonly<Record<string, Sides>> = {
  'shared keys': [
    { localAuth: key, remoteAuth: key },
    { localAuth: key, remoteAuth: key },
  ],
  certificates: [
    { localAuth: ownOf(one), remoteAuth: trusted },
    { localAuth: ownOf(other), remoteAuth: trusted },
  ],
  'certificates by URL': [
    { localAuth: ownOf(one), remoteAuth: { ...trusted, hashAndUrl: true } },
    { localAuth: ownOf(other), remoteAuth: { ...trusted, hashAndUrl: true } },
  ],
  'raw keys': [
    {
      localAuth: ownOf({ ...one, certificates: [] }, { sendRawKey: true }),
      remoteAuth: { method: 'public-key', keys: [other.publicKey], rows: defaultSignatureRows },
    },
    {
      localAuth: ownOf({ ...other, certificates: [] }, { sendRawKey: true }),
      remoteAuth: { method: 'public-key', keys: [one.publicKey], rows: defaultSignatureRows },
    },
  ],
  'EAP with a key': [
    { localAuth: eap, remoteAuth: trusted },
    { localAuth: ownOf(other), remoteAuth: eap },
  ],
  'EAP without a key': [
    { localAuth: keyless, remoteAuth: key },
    { localAuth: key, remoteAuth: keyless },
  ],
  'a certificate and EAP': [
    { localAuth: ownOf(one), remoteAuth: trusted, furtherProofs: [{ id: parseIdentity('a2.example'), auth: eap }] },
    { localAuth: ownOf(other), remoteAuth: trusted, furtherDemands: [{ id: parsePadId('*'), auth: eap }] },
  ],
};

interface Side {
  readonly name: 'a' | 'b';
  readonly env: IkeEnv;
  sa: IkeSa | undefined;
  keys: Extract<IkeAction, { type: 'keys' }> | undefined;
}

const place = (name: 'a' | 'b'): { address: Uint8Array; port: number } => ({
  address: Uint8Array.of(192, 0, 2, name === 'a' ? 1 : 2),
  port: 500,
});

function sideOf(name: 'a' | 'b', connections: readonly Connection[]): Side {
  let spi = 0x1000;
  return {
    name,
    env: { now: 0, random: randomOf(name === 'a' ? 3 : 4), allocateSpi: () => spi++, allocateCpi: () => 300, connections },
    sa: undefined,
    keys: undefined,
  };
}

/** The clear octets of a message of IKE_AUTH, and how to seal others in their place. */
function unseal(
  data: Uint8Array,
  keys: Extract<IkeAction, { type: 'keys' }>,
): {
  payloads: readonly Payload[];
  firstPayload: number;
  octets: Uint8Array;
  seal: (firstPayload: number, octets: Uint8Array) => Uint8Array;
} {
  const message = decodeMessage(data);
  const { spiI, spiR, exchange, isInitiator, isResponse, messageId } = message;
  const context = createSkContext({ encryption: keys.suite.encryption, encryptionKey: isInitiator ? keys.keys.SK_ei : keys.keys.SK_er });
  const opened = openSk(context, message);
  if (!opened.ok) throw new Error(opened.reason);
  return {
    payloads: decodePayloads(opened.firstPayload, opened.octets),
    ...opened,
    seal(firstPayload, octets) {
      const plain = plainData(context, octets, randomOf(9));
      return sealLast(
        context,
        { spiI, spiR, exchange, isInitiator, isResponse, messageId, payloads: [{ type: 'SK', firstPayload, data: plain }] },
        plain.length,
      );
    },
  };
}

type Pick = (below: number) => number;
function pickOf(seed: number): Pick {
  const random = randomOf(seed);
  const four = new Uint8Array(4);
  return (below) => (random(four), new DataView(four.buffer).getUint32(0) % below);
}

/** Something else than was said. */
function mutate(payloads: readonly Payload[], first: number, octets: Uint8Array, pick: Pick): [number, Uint8Array] {
  const whole = (list: readonly Payload[]): [number, Uint8Array] => {
    const { firstPayload, octets: all } = encodePayloads(list);
    return [firstPayload, all];
  };
  const list = [...payloads];
  const at = pick(list.length || 1);
  switch (pick(9)) {
    case 0: // one left out
      return whole(list.filter((_, i) => i !== at));
    case 1: // one twice
      return whole([...list, ...list.slice(at, at + 1)]);
    case 2: // another order
      return whole([...list.slice(at), ...list.slice(0, at)]);
    case 3: {
      // one octet
      const changed = octets.slice();
      if (changed.length > 0) changed[pick(changed.length)]! ^= 1 << pick(8);
      return [first, changed];
    }
    case 4: {
      // a length or a type: those stand at the beginning of each payload
      const changed = octets.slice();
      for (let i = 0, offset = 0; offset + 4 <= changed.length && i <= at; i++) {
        const length = (changed[offset + 2]! << 8) | changed[offset + 3]!;
        if (i === at) changed[offset + pick(4)] = pick(256);
        offset += Math.max(length, 4);
      }
      return [first, changed];
    }
    case 5: // cut off
      return [first, octets.slice(0, pick(octets.length + 1))];
    case 6: // more of it
      return [first, concat(octets, octets.slice(pick(octets.length + 1)))];
    case 7: // a payload of any octets in the place of one
      return whole(
        list.map((payload, i) =>
          i === at && 'data' in payload ? { ...payload, data: Uint8Array.from({ length: pick(80) }, () => pick(256)) } : payload,
        ),
      );
    default: {
      // another first type: everything is read as something else
      return [pick(60), octets];
    }
  }
}

/** What the outside world may say, right or not. */
function answerAnyhow(ask: Ask, right: unknown, pick: Pick): unknown {
  const others = [
    undefined,
    null,
    'trusted',
    {},
    new Uint8Array(0),
    Uint8Array.of(3, 1, 0, 4),
    new IpsecError('authentication-failed', 'no'),
    { kind: 'continue', packet: Uint8Array.of(1, 2, 0, 5, 1) },
    { kind: 'continue', packet: new Uint8Array(2) },
    { kind: 'failure', error: new IpsecError('timeout', 'x') },
    { kind: 'success', isMutual: true, msk: undefined },
    { kind: 'success', isMutual: true, msk: new Uint8Array(64) },
  ];
  if (ask.kind === 'eap' || ask.kind === 'fetch-certificate') return others[pick(others.length)];
  return pick(4) === 0 && ask.kind !== 'certificates' ? others[pick(others.length)] : right;
}

describe('row 40: any octets in place of each message of IKE_AUTH', () => {
  test.each(Object.keys(forms))(
    'row 40: %s: nothing is thrown, and nobody is let in whose AUTH is another',
    async (name) => {
      const [own, theirs] = forms[name]!;
      const initiator = connectionOf(['a.example', 'b.example'], { localAuth: key, remoteAuth: key }, own);
      const connections = [connectionOf(['b.example', '*'], { localAuth: key, remoteAuth: key }, theirs)];
      const [a, b] = [sideOf('a', []), sideOf('b', connections)];
      const methods = (name: string) => (name.includes('without') ? md5 : mschapv2);
      const answerers = {
        a: createEapAnswerer({
          peer: () =>
            createEapPeer({ identity: 'anna@example.org', methods: [methods(name)({ password: 'a password' })], random: randomOf(5) }),
        }),
        b: createEapAnswerer({
          authenticator: () =>
            createEapAuthenticator({ methods: [methods(name)({ passwordOf: () => 'a password' })], random: randomOf(6), identify: true }),
        }),
      };
      const verify = createCertificateVerifier({ anchors: [authorityOf('p256')] });
      const right = async (side: Side, ask: Ask): Promise<unknown> => {
        if (ask.kind === 'eap') return answerers[side.name].answer(ask, 'c', 0);
        return answersOf(side.name === 'a' ? one : other)(ask);
      };
      const tried = { messages: 0, established: 0, asks: 0 };
      /** What comes of a message that somebody has made up, and of what happens afterwards. */
      const endure = async (side: Side, result: StepResult, pick: Pick, real: Uint8Array): Promise<IkeAction[]> => {
        const from = place(side.name === 'a' ? 'b' : 'a');
        const actions = [...result.actions];
        let { sa } = result;
        for (let i = 0; i < 6; i++) {
          const asked = actions.findLast((action) => action.type === 'ask');
          if (!asked || !('waiting' in sa) || !sa.waiting) break;
          tried.asks++;
          if (pick(3) === 0)
            actions.push(
              ...step(sa, { type: 'datagram', data: real, from, to: place(side.name) }, side.env).actions.filter(
                ({ type }) => type === 'established',
              ),
            );
          const known =
            asked.ask.kind === 'certificates'
              ? await verify(asked.ask, Date.UTC(2026, 10, 21))
              : asked.ask.kind === 'eap'
                ? undefined
                : await right(side, asked.ask);
          const next = step(
            sa,
            {
              type: 'answer',
              value: answerAnyhow(asked.ask, known === undefined || known instanceof IpsecError ? 'trusted' : known, pick),
            },
            side.env,
          );
          sa = next.sa;
          actions.push(...next.actions);
        }
        step(sa, { type: 'wake' }, { ...side.env, now: 1e6 });
        step(sa, { type: 'datagram', data: real, from, to: place(side.name) }, side.env);
        return actions;
      };

      const wire: { from: Side; data: Uint8Array }[] = [];
      const take = async (side: Side, sa: IkeSa | undefined, actions: readonly IkeAction[]): Promise<void> => {
        side.sa = sa;
        for (const action of actions) {
          if (action.type === 'keys')
            side.keys = {
              ...action,
              keys: Object.fromEntries(
                Object.entries(action.keys).map(([n, k]) => [n, (k as Uint8Array).slice()]),
              ) as unknown as typeof action.keys,
            };
          if (action.type === 'send') wire.push({ from: side, data: action.data });
          if (action.type !== 'ask') continue;
          const next = step(side.sa!, { type: 'answer', value: await right(side, action.ask) }, side.env);
          await take(side, next.sa, next.actions);
        }
      };
      const listener = {
        connections,
        halfOpen: { total: 0, fromAddress: 0 },
        cookies: createCookieSecrets(randomOf(5), 0),
        limits: { cookieThreshold: 9, total: 9, perAddress: 9 },
      };
      const begun = createIkeSa(initiator, { path: { local: place('a'), remote: place('b') } }, a.env);
      await take(a, begun.sa, begun.actions);
      for (let n = 0; n < 60 && wire.length > 0; n++) {
        const { from, data } = wire.shift()!;
        const to = from === a ? b : a;
        const ends = { from: place(from.name), to: place(to.name) };
        if (to.sa === undefined) {
          const first = respond({ data, ...ends }, listener, to.env);
          await take(to, first.sa, first.actions);
          continue;
        }
        if (data[18] === 35) {
          const { payloads, firstPayload, octets, seal } = unseal(data, from.keys!);
          for (let seed = 1; seed <= 250; seed++) {
            const pick = pickOf(1000 * n + seed);
            const [type, changed] = mutate(payloads, firstPayload, octets, pick);
            const forged = seal(type, changed);
            const actions = await endure(to, step(to.sa, { type: 'datagram', data: forged, ...ends }, to.env), pick, data);
            tried.messages++;
            if (!actions.some(({ type }) => type === 'established')) continue;
            tried.established++;
            const said = unseal(forged, from.keys!).payloads;
            for (const what of ['AUTH', 'IDi', 'IDr'] as const) {
              const [was, is] = [findPayload(payloads, what), findPayload(said, what)];
              expect([what, was && is && equalBytes(was.data, is.data)]).toEqual([what, was && is && true]);
            }
          }
        }
        const next = step(to.sa, { type: 'datagram', data, ...ends }, to.env);
        await take(to, next.sa, next.actions);
      }
      expect([a.sa?.state, b.sa?.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
      expect(tried.messages).toBeGreaterThan(400);
    },
    120_000,
  );
});
