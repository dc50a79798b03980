/** The examples of docs/examples over loopback: what stands there, with other addresses and ports. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { answerEcho, readEcho } from '../../src/cli/host/echo.js';
import { type EndpointEvent, lintConfig } from '../../src/endpoint.js';
import { connect, type Host, listen, loadConfig } from '../../src/node.js';
import { ping } from './pair.js';

const hosts: Host[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0).reverse()) await host.close();
});

/** A copy of an example with its certificates. */
function prepare(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-example-'));
  cpSync(join('docs/examples', name), folder, { recursive: true });
  execFileSync('sh', ['pki.sh'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return folder;
}

interface HostJson {
  readonly connections: readonly [{ readonly remote: Readonly<Record<string, unknown>> }];
}

/** The configuration at 127.0.0.1; `peer`: the ports of the one who is there already. */
function atLoopback(folder: string, file: string, peer?: Host['ports']): object {
  const text = readFileSync(join(folder, file), 'utf8').replaceAll(/192\.0\.2\.\d/g, '127.0.0.1');
  const json = JSON.parse(text) as HostJson;
  const [{ remote, ...connection }] = json.connections;
  const { address, ...rest } = remote;
  const ends = peer ? { ...rest, address, port: peer.ike, natPort: peer.nat } : rest;
  return { ...json, ports: { ike: 0, nat: 0 }, connections: [{ ...connection, remote: ends }] };
}

describe.each([
  ['road-warrior', 'gateway.json', 'client.json'],
  ['gateway-to-gateway', 'gw-b.json', 'gw-a.json'],
])('docs/examples/%s', (name, waiting, beginning) => {
  test('both sides come together, and ping; there is nothing to say against either', async () => {
    const folder = prepare(name);
    const [first, second] = [
      await loadConfig(atLoopback(folder, waiting), { folder }),
      await loadConfig(JSON.parse(readFileSync(join(folder, beginning), 'utf8')), { folder }),
    ];
    expect([...lintConfig(first), ...lintConfig(second)]).toEqual([]);
    const gateway: Host = await listen(first, {
      onPacket: (packet) => {
        const echo = readEcho(packet);
        if (echo && !echo.isReply) gateway.send(answerEcho(echo));
      },
    });
    hosts.push(gateway);
    const events: EndpointEvent[] = [];
    const client = await connect(await loadConfig(atLoopback(folder, beginning, gateway.ports), { folder }), {
      onEvent: (event) => void events.push(event),
    });
    hosts.push(client);
    const assigned = events.find((event) => event.type === 'assigned');
    const own = assigned ? [...assigned.configuration.addresses[0]!.address].join('.') : '10.1.0.1';
    expect(own).toMatch(name === 'road-warrior' ? /^10\.77\.0\.\d+$/ : /^10\.1\.0\.1$/);
    expect(await ping(client, 2, [own, '10.2.0.1'])).toEqual([1, 2]);
  });
});
