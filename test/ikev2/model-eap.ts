/** Conversations with EAP in IKE_AUTH, as it goes and as it goes wrong. */
import { expect } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { type EapOptions, type EapWorld, createEapWorld, run, statesOf } from './eap-world.js';
import { begin, forge, type Journal, pass, read, receive, takeWire } from './model-hosts.js';
import { severalConversations } from './model-several.js';
import { mskOf, packetOf } from './toy-eap.js';

type Play = (journal: Journal) => void;

function begun(journal: Journal, options: EapOptions = {}): EapWorld {
  const world = createEapWorld({ ...options, journal });
  begin(world);
  return world;
}

/** Until one of the hosts is in a state. */
function runTo(world: EapWorld, state: string): void {
  for (let i = 0; i < 100 && !statesOf(world).includes(state); i++) if (run(world, 1) === 0) break;
  expect(statesOf(world)).toContain(state);
}

/** From the first message to the end. */
function plays(options: EapOptions, states: readonly string[]): Play {
  return (journal) => {
    const world = begun(journal, options);
    run(world);
    expect(statesOf(world)).toEqual(states);
  };
}

const wrong = new IpsecError('authentication-failed', 'a wing', { found: 'nothing good' });
const failure = (packet?: Uint8Array) => ({ kind: 'failure', packet, error: wrong });
const over = ['CLOSED', 'CLOSED'];
const nobody = { type: 'ID_FQDN', name: 'nobody.elsewhere' } as const;

/** Conversations by name. */
export const eapConversations: Readonly<Record<string, Play>> = {
  'EAP, with a key': plays({}, ['ESTABLISHED', 'ESTABLISHED']),
  'EAP, without a key': plays({ allowKeyless: true, a: { makesKey: false }, b: { makesKey: false } }, ['ESTABLISHED', 'ESTABLISHED']),
  'EAP, and nothing else': plays({ alone: true }, ['ESTABLISHED', 'ESTABLISHED']),
  'EAP with a wrong password': plays({ a: { password: 'another' } }, over),
  'EAP by somebody who may not use the connection': plays({ b: { identity: nobody } }, over),
  'EAP that ends in two keys': plays(
    { b: { instead: (step) => (step.kind === 'success' ? { ...step, msk: mskOf('another') } : step) } },
    over,
  ),
  'EAP that its authenticator never begins': plays({ b: { instead: () => failure() } }, over),
  'EAP that its peer never begins': plays({ a: { instead: () => failure() } }, over),
  'EAP that its peer leaves': plays({ a: { instead: (step, { packet }) => (packet?.[1] === 2 ? failure() : step) } }, over),
  'EAP with a responder that is not who it says': plays(
    { connectionB: { localAuth: { method: 'shared-key', secret: new Uint8Array(20) } } },
    over,
  ),
  'EAP that nobody has': plays({ connectionB: { remoteAuth: { method: 'shared-key', secret: new Uint8Array(20) } } }, over),

  ...severalConversations,

  'EAP that begins with Failure'(journal) {
    const world = begun(journal, { b: { instead: () => failure(packetOf('Failure', 9)) } });
    run(world);
    expect(statesOf(world)).toEqual(over);
  },

  'EAP whose last AUTH is wrong'(journal) {
    const world = begun(journal);
    const { a, b } = world;
    runTo(world, 'ESTABLISHED');
    const payloads = read(a, takeWire(b)).map((p) => (p.type === 'AUTH' ? { ...p, data: new Uint8Array(32) } : p));
    receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 4, isResponse: true }, payloads));
    expect(statesOf(world)).toEqual(['DELETING', 'ESTABLISHED']);
    run(world);
    expect(statesOf(world)).toEqual(over);
  },

  'EAP whose last answer is broken'(journal) {
    const world = begun(journal);
    const { a, b } = world;
    runTo(world, 'ESTABLISHED');
    const payloads = [...read(a, takeWire(b)), createNotify('SET_WINDOW_SIZE', new Uint8Array(3))];
    receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 4, isResponse: true }, payloads));
    expect(statesOf(world)[0]).toBe('CLOSED');
  },

  'EAP that its initiator leaves'(journal) {
    for (const state of ['EAP_REQUESTED', 'EAP_SUCCEEDED']) {
      const world = begun(journal);
      const { a, b } = world;
      runTo(world, state);
      b.outbox.length = 0;
      const messageId = b.sas.values().next().value!.sa.windows.nextPeerId;
      receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId }, [createNotify('AUTHENTICATION_FAILED')]));
      expect(statesOf(world)[1]).toBe('CLOSED');
      expect(read(a, takeWire(b))).toEqual([]);
    }
  },

  'EAP that its responder leaves'(journal) {
    for (const [state, messageId] of [
      ['EAP_WANTED', 1],
      ['EAP_SENT', 2],
      ['EAP_AUTH_SENT', 4],
    ] as const) {
      const world = begun(journal);
      const { a, b } = world;
      runTo(world, state);
      if (state === 'EAP_WANTED') pass(world, a);
      receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId, isResponse: true }, [createNotify('AUTHENTICATION_FAILED')]));
      expect(statesOf(world)[0]).toBe('CLOSED');
    }
  },
};
