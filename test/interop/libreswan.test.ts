/** libreswan of Debian in the user-mode Linux kernel, whose ESP and AH it uses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMessage, type IkeMessage } from '../../src/ike.js';
import { parseAddress } from '../../src/ip.js';
import { createWire, type Wire } from './libreswan/link.js';
import { type Pluto, startPluto } from './libreswan/pluto.js';
import { plutoSettings, scenarios } from './libreswan/scenarios.js';
import { bootKernel, type Kernel } from './linux/kernel.js';

const secret = 'a secret that both know';
let kernel: Kernel | undefined;
let pluto: Pluto;
let wire: Wire;
let reason = '';

beforeAll(async () => {
  const booted = await bootKernel('daemon');
  const started = typeof booted === 'string' ? booted : await startPluto(booted, secret);
  if (typeof booted !== 'string') kernel = booted;
  if (typeof started === 'string') {
    reason = started;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(started);
    console.log(`skipped: ${started}`);
    return;
  }
  pluto = started;
  wire = createWire(kernel!);
}, 120_000);
afterAll(async () => {
  await kernel?.stop();
});

describe('libreswan', () => {
  for (const scenario of scenarios) {
    it(`${scenario.name}: pluto takes the connection and begins`, async (context) => {
      if (reason !== '') context.skip(reason);
      await pluto.add('net', plutoSettings(scenario));
      const first = new Promise<IkeMessage>((resolve) => {
        wire.onUdp = (data, from, to) => {
          expect([from.address, to.address, to.port]).toEqual([parseAddress('10.99.0.1'), parseAddress('10.99.0.2'), 500]);
          resolve(decodeMessage(data));
        };
      });
      await pluto.whack('--initiate --asynchronous --name net');
      const { exchange, payloads } = await first;
      expect([exchange, ...payloads.map((p) => p.type)]).toEqual(['IKE_SA_INIT', 'SA', 'KE', 'Nonce', 'N', 'N', 'N']);
    });
  }
});
