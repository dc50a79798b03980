/**
 * This package as a host in a namespace: `node host.mjs CONFIG.json`, steered by lines of JSON on standard input, answering on standard output.
 * It answers every echo request that comes out of the tunnel.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeIcmp, decodeIp, encodeEcho, parseAddress, protocols } from '../../../src/ip.js';
import { listen, parseConfig } from '../../../src/node.js';

/** A line from the test. */
export type Command =
  | { readonly do: 'initiate' }
  | { readonly do: 'status' }
  | { readonly do: 'close' }
  | { readonly do: 'ping'; readonly from: string; readonly to: string; readonly count: number }
  | { readonly do: 'rekey' | 'remove'; readonly what: 'child' | 'ike' };
/** A line to the test. */
export type Line =
  | { readonly event: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

const say = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const host = await listen(parseConfig(JSON.parse(readFileSync(process.argv[2]!, 'utf8'))));
let answered = 0;
host.onEvent((event) => {
  say({ event });
});
host.onPacket((packet) => {
  const ip = decodeIp(packet);
  if (ip.protocol !== protocols.ICMP && ip.protocol !== protocols['IPv6-ICMP']) return;
  const { type } = decodeIcmp(packet, ip);
  const message = packet.subarray(ip.upperOffset, ip.totalLength);
  const [id, seq] = [(message[4]! << 8) | message[5]!, (message[6]! << 8) | message[7]!];
  if (type === 0 || type === 129) answered++;
  if (type === 8 || type === 128)
    host.send(encodeEcho({ source: ip.destination, destination: ip.source, id, seq, data: message.subarray(8), reply: true }));
});

async function obey(command: Command): Promise<unknown> {
  const childSpi = (): number => host.status().ikeSas.flatMap((sa) => sa.children)[0]!.spiIn;
  switch (command.do) {
    case 'initiate':
      return host.connect('gw');
    case 'status':
      return host.status();
    case 'close':
      return host.close();
    case 'rekey':
      if (command.what === 'ike') host.rekeyIke('gw');
      else host.rekeyChild(childSpi());
      return undefined;
    case 'remove':
      if (command.what === 'ike') host.disconnect('gw');
      else host.deleteChild(childSpi());
      return undefined;
    case 'ping':
      return ping(command);
  }
}

async function ping({ from, to, count }: Extract<Command, { do: 'ping' }>): Promise<number> {
  const [source, destination] = [parseAddress(from), parseAddress(to)];
  const before = answered;
  for (let seq = 1; seq <= count; seq++) {
    host.send(encodeEcho({ source, destination, id: 0x1b5e, seq, data: new Uint8Array(48).fill(seq) }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (let wait = 0; wait < 40 && answered - before < count; wait++) await new Promise((resolve) => setTimeout(resolve, 25));
  return answered - before;
}

say({ event: 'ready' });
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, ...command } = JSON.parse(line) as Command & { id: number };
    obey(command).then(
      (value) => {
        say({ id, value: value ?? null });
      },
      (e: unknown) => {
        const error = e as { code?: string; message?: string };
        say({ id, error: { code: error.code ?? 'error', message: error.message ?? String(e) } });
      },
    );
  })
  .on('close', () => process.exit(0));
