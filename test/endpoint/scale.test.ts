import { describe, expect, it } from 'vitest';
import {
  connect,
  createEndpoint,
  type Endpoint,
  type EndpointAction,
  receiveDatagram,
  sendInner,
  wake,
  wakeAt,
} from '../../src/endpoint.js';
import { modp2048 } from '../../src/suite/dh.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import { parseEndpointConfig } from '../../src/endpoint.js';
import { allRows, clearPacket, createRandom } from '../pair.js';

/** A key exchange that costs nothing and protects nothing, so that the number of IKE SAs is what is tested. */
const worthless: KeyExchangeRow = {
  ...modp2048,
  publicLength: 256,
  generate: () => ({
    publicValue: new Uint8Array(256).fill(5),
    shared: () => new Uint8Array(256).fill(7),
    destroy: () => undefined,
    secrets: [],
  }),
};
const rows = [...allRows.filter((row) => row.kind !== 'ke'), worthless];
const psk = { auth: { psk: 'a secret that all of them have' }, proposals: 'aes128gcm16-prfsha256-modp2048' };

function server(): Endpoint {
  const json = {
    addresses: ['198.51.100.1'],
    encapsulation: 'always',
    limits: { halfOpen: { cookieThreshold: 1000, total: 1000, perAddress: 1000 } },
    pools: [{ name: 'staff', ranges: '10.0.0.0/16' }],
    connections: [
      {
        name: 'staff',
        ...psk,
        remote: { id: '@example.com' },
        pool: 'staff',
        children: [{ local: '192.168.0.0/16', proposals: 'aes128gcm16' }],
      },
    ],
  };
  return createEndpoint(parseEndpointConfig(json, { rows }), { now: 0, random: createRandom(1) });
}

function client(number: number): Endpoint {
  const json = {
    addresses: ['192.0.2.1'],
    encapsulation: 'always',
    connections: [
      {
        name: 'office',
        ...psk,
        local: { id: `user${number}@example.com` },
        remote: { address: '198.51.100.1', id: '198.51.100.1' },
        request: true,
        children: [{ remote: '192.168.0.0/16', proposals: 'aes128gcm16' }],
      },
    ],
  };
  return createEndpoint(parseEndpointConfig(json, { rows }), { now: 0, random: createRandom(number + 7) });
}

describe('thousands of IKE SAs in one endpoint', () => {
  it('each with its Child SA, its address and its policy; what is due is found without looking at the others', () => {
    const gateway = server();
    const number = 2000;
    for (let i = 0; i < number; i++) {
      const one = client(i);
      // Each client stands behind a port of its own.
      const carry = (actions: readonly EndpointAction[], fromClient: boolean): void => {
        for (const action of actions) {
          if (action.type !== 'datagram') continue;
          const outside = {
            address: Uint8Array.of(192, 0, 2, 1 + (i % 250)),
            port: 1024 + Math.floor(i / 250) * 2 + (action.from.port === 4500 ? 1 : 0),
          };
          if (fromClient) carry(receiveDatagram(gateway, { ...action, from: outside }, i), false);
          else
            carry(
              receiveDatagram(
                one,
                { ...action, to: { address: one.config.addresses[0]!, port: action.to.port % 2 === 1 ? 4500 : 500 } },
                i,
              ),
              true,
            );
        }
      };
      carry(connect(one, 'office', i), true);
    }
    expect([gateway.ikeSas.size, gateway.children.size, gateway.bound.size, gateway.halfOpenTotal]).toEqual([number, number, number, 0]);
    expect(gateway.timers.length).toBe(number);
    // A wake-up and a packet look at one IKE SA, not at all: the heap is touched a few times, the table once.
    let looked = 0;
    const get = gateway.ikeSas.get.bind(gateway.ikeSas);
    gateway.ikeSas.get = (key) => {
      looked++;
      return get(key);
    };
    const [first] = gateway.timers;
    expect(wakeAt(gateway)).toBe(Math.min(first!.deadline, gateway.db.sad.deadlines[0]!.deadline));
    const actions = wake(gateway, first!.deadline);
    expect(actions.length).toBeLessThan(20);
    const [sent] = sendInner(gateway, clearPacket('192.168.0.1', '10.0.5.7', 1), first!.deadline);
    expect(sent?.type).toBe('datagram');
    expect(looked).toBeLessThan(20);
  });
});
