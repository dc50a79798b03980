/** How both sides prove who they are, with strongSwan of Debian, in both roles. SCENARIO=pattern picks scenarios. */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authScenarios, impossibleAuth } from './strongswan/auth-scenarios.js';
import { strongSwanCommands } from './strongswan/charon.js';
import { makeCredentials } from './strongswan/credentials.js';
import { commands, type Example, examples, playCommand, playExample } from './strongswan/examples.js';
import { bundle, bundleHost, startHostSide } from './strongswan/host-side.js';
import { missingForLab } from './strongswan/lab.js';
import { playScenario, type Scenario } from './strongswan/play.js';

const nameOf = (s: Scenario): string => `${s.role}: ${s.name}`;
const titleOf = ({ name, we }: Example): string => `${we === 0 ? 'initiator' : 'responder'}: ${name}`;
const wanted = process.env['SCENARIO'];
const folder = '.tmp/interop';
const credentials = resolve(folder, 'credentials');
const scenarios = authScenarios(credentials);
const table = new Map<string, string>();
let reason = '';
let host = '';
let cli = '';

function note(role: Scenario['role'], name: string, echoes: readonly number[], began: number): void {
  const counts = echoes.map((n) => String(n).padStart(6)).join(' ');
  table.set(`${role}: ${name}`, `${role.padEnd(23)} ${name.padEnd(56)} ${counts} ${String(Date.now() - began).padStart(11)}`);
}

beforeAll(async () => {
  const missing = missingForLab([...strongSwanCommands, 'openssl']) ?? (existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun');
  if (missing !== undefined) {
    reason = missing;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(missing);
    console.log(`skipped: ${missing}`);
    return;
  }
  mkdirSync(folder, { recursive: true });
  [host, cli] = await Promise.all([bundleHost(folder), bundle(folder, '../../../src/cli/main.ts'), makeCredentials(credentials)]);
});
afterAll(() => {
  if (reason !== '') return;
  console.log(
    [
      `${'strongSwan, we are the'.padEnd(23)} ${'authentication'.padEnd(56)} echoes: ours, theirs; lost   ms`,
      ...[...scenarios, ...examples, ...commands].flatMap((s) => table.get('ends' in s ? titleOf(s) : nameOf(s)) ?? []),
      ...impossibleAuth.map(([what, why]) => `${'not played'.padEnd(23)} ${what.padEnd(56)} ${why}`),
      `strongSwan: ${table.size} scenarios of authentication`,
    ].join('\n'),
  );
});

describe.concurrent('authentication with strongSwan', () => {
  for (const scenario of scenarios.filter((s) => wanted === undefined || new RegExp(wanted).test(nameOf(s)))) {
    it(
      nameOf(scenario),
      async (context) => {
        if (reason !== '') context.skip(reason);
        const began = Date.now();
        const { us, them, lost } = await playScenario(scenario, (lab, namespace, wishes) => startHostSide(lab, namespace, wishes, host));
        note(scenario.role, scenario.name, [us, them, lost], began);
        expect(us + them).toBeGreaterThanOrEqual(scenario.steps.some((s) => s.name === 'pings') ? 6 : 0);
      },
      60_000,
    );
  }
  for (const example of [...examples, ...commands].filter((e) => wanted === undefined || new RegExp(wanted).test(titleOf(e)))) {
    it(
      titleOf(example),
      async (context) => {
        if (reason !== '') context.skip(reason);
        const began = Date.now();
        const isCommand = commands.includes(example);
        const { us, them } = await (isCommand ? playCommand(example, cli) : playExample(example, host));
        note(example.we === 0 ? 'initiator' : 'responder', example.name, [us, them, 0], began);
        expect(us + them).toBeGreaterThanOrEqual(isCommand ? 3 : 6);
      },
      60_000,
    );
  }
});
