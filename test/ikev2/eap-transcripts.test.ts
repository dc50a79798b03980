/** EAP in IKE_AUTH as strongSwan does it, with MSCHAPv2, TLS and TTLS: each side in turn is ours, and its wing says what was recorded. */
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodeDigitalSignature, decodePayloads, encodePayloads, openSk, decodeMessage, type Payload } from '../../src/ike.js';
import type { Connection } from '../../src/keying/connection.js';
import type { Ask, IkeAction } from '../../src/ikev2/events.js';
import { startAuth } from '../../src/ikev2/exchange/ike-auth.js';
import { encodePacket } from '../../src/ikev2/exchange/eap-packet.js';
import { findNotify, findPayload } from '../../src/ikev2/pick.js';
import { step } from '../../src/ikev2/sa.js';
import { sendRequest } from '../../src/ikev2/send.js';
import type { EapWanted, IkeSa } from '../../src/ikev2/states.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import { defaultSignatureRows, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { parsePadId } from '../../src/pad.js';
import { type AuthRecord, connectionOf, eapRecords, envOf, initiatorOf, keymatOf, pathOf, responderOf } from './auth-records.js';
import { transcriptOf } from './replayed-sa.js';

/** One message, with its protection off. */
interface Said {
  readonly raw: Uint8Array;
  readonly messageId: number;
  readonly exchange: string;
  readonly payloads: readonly Payload[];
}

const nameOf = ({ name }: AuthRecord): string => name.split(' ')[0]!;

function saidIn(record: AuthRecord, isResponse: boolean): Said[] {
  return transcriptOf(nameOf(record))
    .messages.filter((m) => m.response === isResponse && m.exchange !== 'IKE_SA_INIT' && m.retransmission !== true)
    .map((m) => ({
      raw: fromHex(m.raw),
      messageId: m.message_id,
      exchange: m.exchange,
      payloads: decodePayloads(m.first_payload!, fromHex(m.plaintext!)),
    }));
}

const fails = (record: AuthRecord): boolean => nameOf(record).includes('fail');
const carol = parseIdentity('carol@example.org');
const certificateOf = ({ response }: AuthRecord): Uint8Array => findPayload(response, 'CERT')!.data;
const signatureOf = ({ response }: AuthRecord) => decodeDigitalSignature(findPayload(response, 'AUTH')!.data);
const keyOf = (record: AuthRecord) => publicKeyOfCertificate(certificateOf(record));
const msk = (record: AuthRecord): Uint8Array => record.secretOfInitiator.slice();
const configuration = {
  addresses: [{ address: Uint8Array.of(10, 3, 0, 1) }],
  dns: [Uint8Array.of(10, 2, 1, 53)],
  ...{ domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] },
};
const error = new IpsecError('authentication-failed', 'as it was recorded');
const octetsOf = (payloads: readonly Payload[]): string => toHex(encodePayloads(payloads).octets);

/** The step of a wing that was recorded: the packet that was sent next. */
function stepOf(next: readonly Payload[], record: AuthRecord, received: Uint8Array | undefined): unknown {
  const eap = findPayload(next, 'EAP');
  const isDone = received?.[0] === 3 || eap?.code === 'Success';
  if (isDone) {
    const packet = eap && encodePacket(eap);
    return { kind: 'success', packet, msk: msk(record), isMutual: true, identity: carol };
  }
  return eap ? { kind: 'continue', packet: encodePacket(eap) } : { kind: 'failure', error };
}

function initiatorConnectionOf(record: AuthRecord): Connection {
  const authorities = findPayload(record.request, 'CERTREQ')!.data;
  return connectionOf(record, 'initiator', new Uint8Array(1), {
    localAuth: { method: 'eap' },
    remoteAuth: {
      method: 'certificate',
      rows: defaultSignatureRows,
      authorities: Array.from({ length: authorities.length / 20 }, (_, i) => authorities.slice(20 * i, 20 * i + 20)),
    },
    ...(findPayload(record.request, 'CP') && { configuration: { wants: ['ipv4', 'dns4'] } }),
  });
}

function responderConnectionOf(record: AuthRecord): Connection {
  const connection = connectionOf(record, 'responder', new Uint8Array(1));
  return {
    ...connection,
    peer: { ...connection.peer, id: parsePadId('carol@example.org') },
    localAuth: {
      method: 'signature',
      publicKey: keyOf(record),
      rows: defaultSignatureRows.filter(
        ({ algorithmIdentifier }) => toHex(algorithmIdentifier) === toHex(signatureOf(record).algorithmIdentifier),
      ),
      certificates: [certificateOf(record)],
      send: 'if-asked',
    },
    remoteAuth: { method: 'eap', routes: parsePadId('a.example.org') },
  };
}

/** Gives a message to the machine and answers what it asks. */
function take(
  record: AuthRecord,
  sa: IkeSa,
  message: Said,
  env: ReturnType<typeof envOf>,
  answer: (ask: Ask) => unknown,
): {
  readonly sa: IkeSa;
  readonly actions: readonly IkeAction[];
  readonly asks: readonly string[];
  readonly said: readonly (readonly Payload[])[];
} {
  const { local, remote } = pathOf(record, sa.role);
  let result = step(sa, { type: 'datagram', data: message.raw, from: remote, to: local }, env);
  const actions = [...result.actions];
  const asks: string[] = [];
  for (let ask = result.sa.waiting?.ask; ask; ask = result.sa.waiting?.ask) {
    asks.push(ask.kind);
    result = step(result.sa, { type: 'answer', value: answer(ask) }, env);
    actions.push(...result.actions);
  }
  return { sa: result.sa, actions, asks, said: openAll(record, actions, sa.role) };
}

function openAll(record: AuthRecord, actions: readonly IkeAction[], role: IkeSa['role']): (readonly Payload[])[] {
  const { crypto } = role === 'initiator' ? responderOf(record, []) : initiatorOf(record, initiatorConnectionOf(record));
  return actions
    .filter((action): action is Extract<IkeAction, { type: 'send' }> => action.type === 'send')
    .map(({ data }) => {
      const opened = openSk(crypto.open, decodeMessage(data));
      if (!opened.ok) throw new Error(opened.reason);
      return decodePayloads(opened.firstPayload, opened.octets);
    });
}

const find = <Type extends IkeAction['type']>(actions: readonly IkeAction[], type: Type): Extract<IkeAction, { type: Type }> | undefined =>
  actions.find((action): action is Extract<IkeAction, { type: Type }> => action.type === type);
const spiOf = (payloads: readonly Payload[]): Uint8Array | undefined => findPayload(payloads, 'SA')?.proposals[0]?.spi;

describe.each(eapRecords.map((record) => [nameOf(record), record] as const))('%s', (_, record) => {
  const requests = saidIn(record, false);
  const responses = saidIn(record, true);
  const auths = requests.filter(({ exchange }) => exchange === 'IKE_AUTH').length;

  test('our initiator says what strongSwan said, octet for octet, and comes to the same end', () => {
    const connection = initiatorConnectionOf(record);
    const env = envOf(spiOf(record.request));
    const base = { ...initiatorOf(record, connection), windows: { ...freshWindows, nextOwnId: 1 } };
    const begun = startAuth(base, undefined, env, []);
    expect(begun.sa.state).toBe('EAP_WANTED');
    // strongSwan has notifications behind of what it is able to.
    const [first, ...later] = requests;
    const plain = first!.payloads.filter((p) => p.type !== 'N' || p.notify === 'INITIAL_CONTACT');
    expect(octetsOf(begun.request!.payloads)).toBe(octetsOf(plain));
    let sa: IkeSa = sendRequest(begun.sa as EapWanted, begun.request!, env).sa;
    const all: IkeAction[] = [];
    const asks: string[] = [];
    for (const [i, response] of responses.slice(0, auths).entries()) {
      const next = later[i];
      const result = take(record, sa, response, env, (ask) => {
        if (ask.kind === 'certificates') return 'trusted';
        if (ask.kind !== 'eap') throw new Error(ask.kind);
        expect(ask).toMatchObject({ role: 'peer', isResponderProved: true, otherId: { type: 'ID_FQDN', name: 'b.example.org' } });
        expect(toHex(ask.packet!)).toBe(toHex(encodePacket(findPayload(response.payloads, 'EAP')!)));
        return stepOf(next!.payloads, record, ask.packet);
      });
      if (next && result.said.length > 0) expect(octetsOf(result.said[0]!)).toBe(octetsOf(next.payloads));
      sa = result.sa;
      all.push(...result.actions);
      asks.push(...result.asks);
    }
    expect(asks).toEqual(['certificates', ...Array.from({ length: fails(record) ? auths : auths - 1 }, () => 'eap')]);
    if (fails(record)) {
      expect(sa.state).toBe('DELETING');
      return;
    }
    expect(sa.state).toBe('ESTABLISHED');
    expect(find(all, 'established')?.peerId).toEqual({ type: 'ID_FQDN', name: 'b.example.org' });
    expect(keymatOf(find(all, 'installChild')!.keys, 'initiator')).toEqual(record.keymat);
    if (connection.configuration)
      expect(find(all, 'established')?.assigned?.addresses).toMatchObject([{ address: Uint8Array.of(10, 3, 0, 1) }]);
  });

  test('our responder says what strongSwan said, octet for octet, and comes to the same end', () => {
    const signature = signatureOf(record).signature;
    const env = envOf(spiOf(record.response), {
      configure: () => configuration,
    });
    let sa: IkeSa = responderOf(record, [responderConnectionOf(record)]);
    const all: IkeAction[] = [];
    for (const [i, request] of requests.slice(0, auths + (fails(record) ? 1 : 0)).entries()) {
      const expected = responses[i]!.payloads;
      const result = take(record, sa, request, env, (ask) => {
        if (ask.kind === 'sign') return signature;
        if (ask.kind !== 'eap') throw new Error(ask.kind);
        expect(ask).toMatchObject({ role: 'authenticator', otherId: { type: 'ID_FQDN', name: 'a.example.org' } });
        return stepOf(expected, record, ask.packet);
      });
      expect(octetsOf(result.said[0]!)).toBe(octetsOf(expected));
      sa = result.sa;
      all.push(...result.actions);
    }
    if (fails(record)) {
      // As strongSwan does: the peer has had enough of Failure-Requests, and says so.
      expect(findNotify(requests[auths]!.payloads, 'AUTHENTICATION_FAILED')).toBeDefined();
      expect(sa.state).toBe('CLOSED');
      expect(find(all, 'closed')?.error?.code).toBe('peer-refused');
      return;
    }
    expect(sa.state).toBe('ESTABLISHED');
    expect(find(all, 'established')?.peerId).toEqual(carol);
    expect(keymatOf(find(all, 'installChild')!.keys, 'responder')).toEqual(record.keymat);
  });
});

describe('with another MSK our responder takes nothing of what was recorded', () => {
  test.each(eapRecords.filter((record) => !fails(record)).map((record) => [nameOf(record), record] as const))('%s', (_, record) => {
    const [requests, responses] = [saidIn(record, false), saidIn(record, true)];
    const spoil = (value: unknown): unknown => {
      const { msk: key } = value as { msk?: Uint8Array };
      if (key) key[0] = key[0]! ^ 1;
      return value;
    };
    const env = envOf(spiOf(record.response), { configure: () => undefined });
    const signature = signatureOf(record).signature;
    let responder: IkeSa = responderOf(record, [responderConnectionOf(record)]);
    const all: IkeAction[] = [];
    for (const [i, request] of requests.filter(({ exchange }) => exchange === 'IKE_AUTH').entries()) {
      const result = take(record, responder, request, env, (ask) =>
        ask.kind === 'eap' ? spoil(stepOf(responses[i]!.payloads, record, ask.packet)) : signature,
      );
      responder = result.sa;
      all.push(...result.actions);
    }
    expect(responder.state).toBe('CLOSED');
    expect(find(all, 'established')).toBeUndefined();
    expect(find(all, 'closed')?.error?.message).toContain('made with the MSK');
  });
});

test('all of them', () => {
  expect(eapRecords.map(nameOf).sort()).toEqual(['ikev2-eap-fail', 'ikev2-eap-mschapv2-vip', 'ikev2-eap-tls', 'ikev2-eap-ttls-mschapv2']);
});
