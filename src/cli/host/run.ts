/**
 * `ipsec-ts connect` and `ipsec-ts serve` at work.
 *
 * @module
 */
import process from 'node:process';
import type { EndpointConfig } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { parseAddress } from '../../ip.js';
import { type Host, listen } from '../../node.js';
import { exitCodes, type Given } from '../command.js';
import { checkConfig, warnOfConfig } from './check.js';
import { makeConfig, readConfig } from './config.js';
import { createDisplay, type Display, standardOutput } from './display.js';
import { answerEcho, readEcho } from './echo.js';
import { type KeysEvent, openKeyLog } from './key-log.js';
import { numberOption, type Role } from './options.js';
import { type Pinger, startPings } from './ping.js';
import { addressOption, findSource } from './source.js';
import { clientJson, gatewayJson, isWithoutFile } from './without-file.js';
import { addressesOf } from './words.js';

/** Runs a host until Ctrl-C, until its pings are done, or until nothing is left of it. @returns the exit code. */
export async function runHost(role: Role, given: Given): Promise<number> {
  const argument = given.positionals[0]!;
  const wishes = readWishes(role, given);
  const isQuick = isWithoutFile(role, given);
  const path = isQuick ? 'the command line' : argument;
  const file = isQuick
    ? await makeConfig(role === 'connect' ? await clientJson(argument, given) : await gatewayJson(argument, given))
    : await readConfig(argument);
  if (given.flags.has('check')) return checkConfig(path, file, given.flags.has('json'));
  const names = role === 'connect' ? namesOf(file, given.values.get('connection')) : [];
  if (wishes.target) findSource(file, wishes.target, [parseAddress('0.0.0.0'), parseAddress('::')]);
  warnOfConfig(path, file);
  const folder = given.values.get('key-log');
  const logKeys = folder === undefined ? undefined : openKeyLog(folder);
  // Keys are written where the command line says so, and nowhere else.
  const config: EndpointConfig = { ...file, keyLog: logKeys !== undefined };
  const display = createDisplay(standardOutput(given.flags.has('json')));
  return await watchHost({ config, names, wishes, display, logKeys });
}

interface Wishes {
  readonly target: Uint8Array | undefined;
  readonly from: Uint8Array | undefined;
  readonly count: number | undefined;
  /** Milliseconds. */
  readonly interval: number;
  readonly answers: boolean;
}

function readWishes(role: Role, given: Given): Wishes {
  const { values, flags } = given;
  const target = addressOption('ping', values.get('ping'));
  const from = addressOption('from', values.get('from'));
  const count = numberOption(given, 'count', 1, true);
  const interval = (numberOption(given, 'interval', 0.001, false) ?? 1) * 1000;
  const orphan = ['from', 'count', 'interval'].find((name) => values.has(name));
  if (!target && orphan !== undefined) throw new IpsecError('invalid-argument', `--${orphan}`, { expected: '--ping ADDRESS with it' });
  if (target && from && target.length !== from.length)
    throw new IpsecError('invalid-argument', '--from', { expected: 'an address of the family of --ping', found: values.get('from')! });
  return { target, from, count, interval, answers: role === 'serve' || flags.has('answer-pings') };
}

/** The connections to begin. Throws `invalid-argument`. */
function namesOf({ connections }: EndpointConfig, wanted: string | undefined): string[] {
  const names = connections.filter(({ remote }) => remote).map(({ ike }) => ike.name);
  if (wanted === undefined ? names.length > 0 : names.includes(wanted)) return wanted === undefined ? names : [wanted];
  throw new IpsecError('invalid-argument', 'a connection to begin', {
    expected: names.length > 0 ? names.join(', ') : 'a connection whose "remote" has an "address"',
    found: wanted === undefined ? 'none' : JSON.stringify(wanted),
  });
}

interface Plan {
  readonly config: EndpointConfig;
  readonly names: readonly string[];
  readonly wishes: Wishes;
  readonly display: Display;
  readonly logKeys: ((event: KeysEvent) => void) | undefined;
}

async function watchHost({ config, names, wishes, display, logKeys }: Plan): Promise<number> {
  const assigned: Uint8Array[] = [];
  const end = createEnd();
  let pinger: Pinger | undefined;
  const host = await listen(config, {
    onEvent(event) {
      if (event.type === 'ikeKeys' || event.type === 'ikev1Keys' || event.type === 'childKeys') logKeys?.(event);
      if (event.type === 'assigned') assigned.push(...addressesOf(event).map(parseAddress));
      display.event(event);
      // Those who listen only want to ping once there is a way.
      if (event.type === 'childUp' && names.length === 0) ping();
      if (event.type === 'closed' && event.wasEstablished && names.length > 0 && isOver(host)) end.end(exitCodes.failed);
    },
    onPacket(packet) {
      const echo = readEcho(packet);
      if (!echo) return;
      if (echo.isReply) pinger?.take(echo);
      else if (wishes.answers) host.send(answerEcho(echo));
    },
  });

  function ping(): void {
    const { target, count, interval, from } = wishes;
    if (!target || pinger) return;
    pinger = startPings(host, { source: from ?? findSource(config, target, assigned), target, count, interval }, (event) => {
      display.ping(event);
    });
    void pinger.done.then((result) => {
      display.pings(result);
      end.end(result.received > 0 ? exitCodes.fine : exitCodes.failed);
    });
  }

  try {
    display.ready(host.ports);
    display.watch(() => host.status());
    const begun = Promise.all(names.map((name) => host.connect(name))).then(() => {
      if (names.length > 0) ping();
      return end.code;
    });
    // Ctrl-C while they come about is no failure of theirs.
    const code = await Promise.race([end.code, begun]);
    if (code === interrupted && pinger) {
      pinger.end();
      return (await pinger.done).received > 0 ? exitCodes.fine : exitCodes.failed;
    }
    return code === interrupted ? exitCodes.fine : code;
  } finally {
    await host.close();
    display.end();
  }
}

/** No IKE SA is left. */
function isOver(host: Host): boolean {
  return host.status().ikeSas.every(({ state }) => state === 'CLOSED');
}

const interrupted = -1;

interface End {
  /** Kept with the exit code, or with `interrupted`. */
  readonly code: Promise<number>;
  end(code: number): void;
}

/** What ends a host: a signal, or itself. */
function createEnd(): End {
  let end!: (code: number) => void;
  const code = new Promise<number>((resolve) => {
    end = resolve;
  });
  let signals = 0;
  const onSignal = (): void => {
    // The second one does not wait for the peers.
    if (++signals > 1) process.exit(exitCodes.failed);
    end(interrupted);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { code, end };
}
