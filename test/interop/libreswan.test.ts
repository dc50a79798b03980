/** Tunnels with libreswan of Debian in the user-mode Linux kernel, whose ESP and AH it uses, in both roles. SCENARIO=pattern picks scenarios. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWire, type Wire } from './libreswan/link.js';
import { nameOf, playScenario } from './libreswan/play.js';
import { type Pluto, startPluto } from './libreswan/pluto.js';
import { remarks, roles, scenarios } from './libreswan/scenarios.js';
import { bootKernel, type Kernel } from './linux/kernel.js';

const secret = 'a secret that both know';
const wanted = process.env['SCENARIO'];
const table: string[] = [];
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
  if (reason !== '') return;
  const head = `${'libreswan, we are the'.padEnd(23)} ${'scenario'.padEnd(56)} echoes: ours, theirs; lost   ms`;
  console.log(
    [head, ...table, ...remarks.map((r) => `${'not played'.padEnd(23)} ${r}`), `${pluto.version}: ${table.length} scenarios`].join('\n'),
  );
});

describe('tunnels with libreswan', () => {
  for (const role of roles)
    for (const scenario of scenarios.filter(
      (s) => s.roles.includes(role) && (wanted === undefined || new RegExp(wanted).test(nameOf(s, role))),
    ))
      it(nameOf(scenario, role), async (context) => {
        if (reason !== '') context.skip(reason);
        const began = Date.now();
        const { us, them, lost } = await playScenario({ scenario, role, kernel: kernel!, pluto, wire, secret });
        const counts = [us, them, lost].map((n) => String(n).padStart(6)).join(' ');
        table.push(`${role.padEnd(23)} ${scenario.name.padEnd(56)} ${counts} ${String(Date.now() - began).padStart(11)}`);
        expect(Math.min(us, them)).toBeGreaterThan(0);
      });
});
