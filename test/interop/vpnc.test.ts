/** vpnc of Debian, with ESP of its own in userspace, as the client of a gateway of ours. SCENARIO=pattern picks scenarios. */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCredentials } from './strongswan/credentials.js';
import { bundleHost, startHostSide } from './strongswan/host-side.js';
import { missingForLab } from './strongswan/lab.js';
import { playScenario } from './vpnc/play.js';
import { remarks, vpncScenarios } from './vpnc/scenarios.js';

const wanted = process.env['SCENARIO'];
const folder = '.tmp/interop';
const credentials = resolve(folder, 'credentials');
const scenarios = vpncScenarios(credentials);
const table = new Map<string, string>();
let reason = '';
let host = '';

beforeAll(async () => {
  const commands = ['vpnc', 'ip', 'nsenter', 'unshare', 'setpriv', 'ping', 'nft', 'openssl', 'stdbuf'];
  const missing = missingForLab(commands) ?? (existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun');
  if (missing !== undefined) {
    reason = missing;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(missing);
    console.log(`skipped: ${missing}`);
    return;
  }
  mkdirSync(folder, { recursive: true });
  [host] = await Promise.all([bundleHost(folder), makeCredentials(credentials)]);
});
afterAll(() => {
  if (reason !== '') return;
  const head = `${'vpnc, we are the'.padEnd(23)} ${'scenario'.padEnd(56)} echoes: ours, theirs; lost   ms`;
  console.log(
    [
      head,
      ...scenarios.flatMap(({ name }) => table.get(name) ?? []),
      ...remarks.map((r) => `${'not played'.padEnd(23)} ${r}`),
      `vpnc: ${table.size} scenarios`,
    ].join('\n'),
  );
});

describe.concurrent('vpnc as our client', () => {
  for (const scenario of scenarios.filter(({ name }) => wanted === undefined || new RegExp(wanted).test(name)))
    it(scenario.name, async (context) => {
      if (reason !== '') context.skip(reason);
      const began = Date.now();
      const { us, them, lost } = await playScenario(
        scenario,
        (lab, namespace, wishes) => startHostSide(lab, namespace, wishes, host),
        credentials,
      );
      const counts = [us, them, lost].map((n) => String(n).padStart(6)).join(' ');
      table.set(
        scenario.name,
        `${'responder'.padEnd(23)} ${scenario.name.padEnd(56)} ${counts} ${String(Date.now() - began).padStart(11)}`,
      );
      expect(Math.min(us, them)).toBe(scenario.refused === undefined ? 3 : 0);
    });
});
