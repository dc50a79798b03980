/**
 * This package as a host in a namespace: `node host.mjs CONFIG.json FOLDER`, steered by lines of JSON on standard input, answering on standard output.
 * It answers every echo request that comes out of the tunnel.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { formatEvent } from '../../../src/cli/host/words.js';
import { parseAddress } from '../../../src/ip.js';
import { listen, loadConfig } from '../../../src/node.js';
import { createPinger } from '../echo.js';

/** A line from the test. */
export type Command =
  | { readonly do: 'initiate' }
  | { readonly do: 'status' }
  | { readonly do: 'close' }
  | { readonly do: 'ping'; readonly from: string; readonly to: string; readonly count: number }
  | { readonly do: 'rekey'; readonly what: 'child' | 'ike' | 'reauthentication' }
  | { readonly do: 'remove'; readonly what: 'child' | 'ike' };
/** A line to the test. */
export type Line =
  | { readonly event: unknown; readonly text?: string | undefined }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

const say = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const [, , file, folder] = process.argv;
const config = await loadConfig(JSON.parse(readFileSync(file!, 'utf8')), { folder });
const name = config.connections[0]!.ike.name;
const host = await listen(config);
const pinger = createPinger((packet) => {
  host.send(packet);
});
host.onEvent((event) => {
  say({ event, text: formatEvent(event) });
});
host.onPacket((packet) => {
  pinger.take(packet);
});

async function obey(command: Command): Promise<unknown> {
  const childSpi = (): number =>
    host
      .status()
      .ikeSas.flatMap((sa) => sa.children)
      .filter(({ isUsed }) => isUsed)
      .at(-1)!.spiIn;
  switch (command.do) {
    case 'initiate':
      return host.connect(name);
    case 'status':
      return host.status();
    case 'close':
      return host.close();
    case 'rekey':
      if (command.what === 'ike') host.rekeyIke(name);
      else if (command.what === 'reauthentication') host.reauthenticate(name);
      else host.rekeyChild(childSpi());
      return undefined;
    case 'remove':
      if (command.what === 'ike') host.disconnect(name);
      else host.deleteChild(childSpi());
      return undefined;
    case 'ping':
      return pinger.ping(parseAddress(command.from), parseAddress(command.to), command.count);
  }
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
