/**
 * IKEv1 with strongSwan of Debian, in both roles. IPSEC_STAND_IN=strongswan lets a second charon play our part: then the laboratory itself is under
 * test. SCENARIO=pattern picks scenarios.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strongSwanCommands } from './strongswan/charon.js';
import { makeCredentials } from './strongswan/credentials.js';
import { bundleHost, startHostSide } from './strongswan/host-side.js';
import { ikev1AuthScenarios } from './strongswan/ikev1-auth.js';
import { ikev1Refusals } from './strongswan/ikev1-refusals.js';
import { ikev1Scenarios } from './strongswan/ikev1-scenarios.js';
import { missingForLab } from './strongswan/lab.js';
import { playScenario, type Scenario, type StartUs } from './strongswan/play.js';
import { startCharonSide } from './strongswan/side.js';

const standIn = process.env['IPSEC_STAND_IN'] === 'strongswan';
const nameOf = (s: Scenario): string => `${s.role}: ${s.name}`;
const wanted = process.env['SCENARIO'];
const folder = '.tmp/interop';
const credentials = resolve(folder, 'credentials');
const scenarios = [...ikev1Scenarios, ...ikev1AuthScenarios(credentials), ...ikev1Refusals(credentials)];
const table = new Map<string, string>();
let reason = '';
let host = '';
const startUs: StartUs = (lab, namespace, wishes) =>
  standIn ? startCharonSide(lab, namespace, wishes) : startHostSide(lab, namespace, wishes, host);

/** What we log, a second charon does not. */
const rehearsed = (s: Scenario): Scenario => (standIn ? { ...s, steps: s.steps.filter(({ name }) => !name.startsWith('we log')) } : s);

beforeAll(async () => {
  const missing = missingForLab([...strongSwanCommands, 'openssl']) ?? (existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun');
  if (missing !== undefined) {
    reason = missing;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(missing);
    console.log(`skipped: ${missing}`);
    return;
  }
  mkdirSync(folder, { recursive: true });
  [host] = await Promise.all([standIn ? '' : bundleHost(folder), makeCredentials(credentials)]);
});
afterAll(() => {
  if (reason !== '') return;
  const head = `${'strongSwan, we are the'.padEnd(23)} ${'IKEv1'.padEnd(56)} echoes: ours, theirs; lost   ms`;
  console.log([head, ...scenarios.flatMap((s) => table.get(nameOf(s)) ?? []), `strongSwan: ${table.size} scenarios of IKEv1`].join('\n'));
});

describe.concurrent('IKEv1 with strongSwan', () => {
  for (const scenario of scenarios
    .filter((s) => !(standIn && s.standIn === false))
    .filter((s) => wanted === undefined || new RegExp(wanted).test(nameOf(s)))) {
    it(
      nameOf(scenario),
      async (context) => {
        if (reason !== '') context.skip(reason);
        const began = Date.now();
        const { us, them, lost } = await playScenario(rehearsed(scenario), startUs);
        const counts = [us, them, lost].map((n) => String(n).padStart(6)).join(' ');
        table.set(
          nameOf(scenario),
          `${scenario.role.padEnd(23)} ${scenario.name.padEnd(56)} ${counts} ${String(Date.now() - began).padStart(11)}`,
        );
        expect(us + them).toBeGreaterThanOrEqual(scenario.steps.some((s) => s.name === 'pings') ? 6 : 0);
      },
      60_000,
    );
  }
});
