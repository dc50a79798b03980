/**
 * The common cases without a CONFIG.json: a client that logs in to a gateway, a gateway for clients. The command line becomes the JSON that somebody would have
 * written.
 *
 * @module
 */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { IpsecError } from '../../errors.js';
import { formatAddress, parseAddress, parsePrefix } from '../../ip.js';
import type { Given } from '../command.js';
import { readText } from '../files.js';
import { type Role, withoutFile } from './options.js';

/** Whether the argument is no file: options of a host without one are there. Throws `invalid-argument` for some of them without the one that begins it. */
export function isWithoutFile(role: Role, { values, flags }: Given): boolean {
  const { starts, others } = withoutFile[role];
  if (starts.some(({ name }) => values.has(name))) return true;
  const stray = others.find(({ name }) => values.has(name) || flags.has(name));
  if (stray === undefined) return false;
  throw new IpsecError('invalid-argument', `--${stray.name}`, {
    expected: `${starts
      .map(({ name }) => `--${name}`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1')} with it, in place of CONFIG.json`,
    found: 'none of them',
  });
}

/** The JSON of `connect GATEWAY --user NAME --ca CA.pem` and its like. Throws `invalid-argument`. */
export async function clientJson(gateway: string, { values, flags }: Given): Promise<unknown> {
  const [ike, nat] = portsOf(values.get('gateway-ports'), 'gateway-ports');
  const version = versionOf(values.get('ike'));
  const psk = values.get('psk-file');
  const [local, remote] =
    psk !== undefined ? [{ psk: { file: psk } }, { psk: { file: psk } }] : version === 1 ? await oldLoginOf(values) : await loginOf(values);
  const id = values.get('id');
  const address = await addressOf(gateway);
  const everything = address.includes(':') ? '::/0' : '0.0.0.0/0';
  const to = listOf(values.get('to') ?? everything);
  return {
    ike: version,
    addresses: [await ownAddressFor(address)],
    ports: { ike: 0, nat: 0 },
    connections: [
      {
        name: gateway,
        local: { auth: local, ...(id !== undefined && { id }) },
        remote: { address, id: values.get('gateway-id') ?? gateway, auth: remote, ...(ike !== undefined && { port: ike, natPort: nat }) },
        request: true,
        ...(version === 1
          ? { ...oldOptionsOf(values, flags), children: to.map((prefix, i) => ({ ...netOf(i), local: 'dynamic', remote: prefix })) }
          : { children: [{ name: 'net', local: 'dynamic', remote: to }] }),
      },
    ],
  };
}

/** The version of IKE. Throws `invalid-argument`. */
function versionOf(text: string | undefined): 1 | 2 {
  if (text === undefined || text === '2') return 2;
  if (text === '1') return 1;
  throw new IpsecError('invalid-argument', '--ike', { expected: '1 or 2', found: JSON.stringify(text) });
}

/** IKEv1 has one prefix for each Child SA. */
function netOf(i: number): object {
  return { name: i === 0 ? 'net' : `net-${i + 1}`, start: true };
}

/** What only IKEv1 has. */
function oldOptionsOf(values: Given['values'], flags: Given['flags']): object {
  const user = values.get('user');
  if (values.has('eap'))
    throw new IpsecError('invalid-argument', '--eap', { expected: 'none: IKEv1 has XAUTH', found: values.get('eap')! });
  return {
    ...(user !== undefined && { xauth: { user, password: secretOf(values) } }),
    aggressive: flags.has('aggressive'),
    unsafeAggressivePsk: flags.has('unsafe-aggressive-psk'),
  };
}

/** Who we are and who the gateway is, in IKEv1: a user may have nothing but a password (hybrid authentication). */
async function oldLoginOf(values: Given['values']): Promise<readonly [object, object]> {
  const hasKey = values.has('cert') || values.has('p12');
  return [hasKey ? await certificateOf(values) : { null: true }, trustOf(values)];
}

/** Who we are and who the gateway is. */
async function loginOf(values: Given['values']): Promise<readonly [object, object]> {
  const trust = trustOf(values);
  const { ca } = trust;
  const user = values.get('user');
  if (user === undefined) return [await certificateOf(values), trust];
  const eap = listOf(values.get('eap') ?? 'mschapv2');
  const identity = { eap, identity: user };
  if (eap.includes('tls')) return [{ ...identity, ...(await certificateOf(values)), ca }, trust];
  return [
    { ...identity, password: secretOf(values), ...(eap.some((name) => name === 'md5' || name === 'gtc') && { allowKeyless: true }) },
    trust,
  ];
}

/** Who vouches for the gateway. */
function trustOf(values: Given['values']): { readonly ca: string } {
  const ca = values.get('ca');
  if (ca !== undefined) return { ca };
  throw new IpsecError('invalid-argument', '--ca', {
    expected: "the file of a certificate that vouches for the gateway's",
    found: 'none',
  });
}

/** A certificate and its key. */
async function certificateOf(values: Given['values']): Promise<object> {
  const [certificate, key, pkcs12] = [values.get('cert'), values.get('key'), values.get('p12')];
  if (pkcs12 !== undefined) return { pkcs12, keyPassword: secretOf(values) };
  if (certificate === undefined || key === undefined)
    throw new IpsecError('invalid-argument', certificate === undefined ? '--cert' : '--key', {
      expected: '--cert FILE and --key FILE, or --p12 FILE',
      found: 'none',
    });
  const isLocked = /ENCRYPTED/.test(await readText(key));
  return { certificate, key, ...(isLocked && { keyPassword: secretOf(values) }) };
}

/** Where a password comes from: never from the command line itself, which every user of the machine can read. */
function secretOf(values: Given['values']): object {
  const [file, env] = [values.get('password-file'), values.get('password-env')];
  return file !== undefined ? { file } : env !== undefined ? { env } : { prompt: true };
}

/** The JSON of `serve ADDRESS --cert C.pem --key K.pem --users USERS` and its like. Throws `invalid-argument`. */
export async function gatewayJson(address: string, { values }: Given): Promise<unknown> {
  const [ike, nat] = portsOf(values.get('ports'), 'ports');
  const [users, ca, pool, id] = [values.get('users'), values.get('ca'), values.get('pool'), values.get('id')];
  if (users === undefined && ca === undefined)
    throw new IpsecError('invalid-argument', 'clients', { expected: '--users FILE, --ca FILE, or both', found: 'none' });
  const eap = listOf(values.get('eap') ?? 'mschapv2');
  const common = {
    local: { auth: await certificateOf(values), ...(id !== undefined && { id }) },
    ...(pool !== undefined && { pool: 'pool' }),
    children: [{ name: 'net', local: listOf(values.get('net') ?? '0.0.0.0/0'), remote: 'dynamic' }],
  };
  const isKeyless = eap.some((name) => name === 'md5' || name === 'gtc');
  const demand = { eap, users, ...(isKeyless && { allowKeyless: true }) };
  return {
    ike: 2,
    addresses: [address],
    ...(ike !== undefined && { ports: { ike, nat } }),
    connections: [
      ...(ca === undefined ? [] : [{ name: 'certificates', ...common, remote: { id: '*', auth: { ca } } }]),
      ...(users === undefined ? [] : [{ name: 'users', ...common, remote: { auth: demand } }]),
    ],
    ...(pool !== undefined && {
      pools: [
        { name: 'pool', ranges: listOf(pool), exclude: edgesOf(pool), ...(values.has('dns') && { dns: listOf(values.get('dns')!) }) },
      ],
    }),
  };
}

/** The first and the last address of IPv4 networks: nobody expects a host there. */
function edgesOf(pool: string): string[] {
  const networks = listOf(pool).filter((range) => /^[\d.]+\/\d+$/.test(range));
  return networks.flatMap((network) => {
    const { start, end } = parsePrefix(network);
    return end[3]! - start[3]! < 3 ? [] : [formatAddress(start), formatAddress(end)];
  });
}

function listOf(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function portsOf(text: string | undefined, name: string): readonly [number, number] | readonly [] {
  if (text === undefined) return [];
  const [, ike, nat] = /^(\d+),(\d+)$/.exec(text) ?? [];
  if (ike !== undefined && nat !== undefined) return [Number(ike), Number(nat)];
  throw new IpsecError('invalid-argument', `--${name}`, { expected: 'two UDP ports: 500,4500', found: JSON.stringify(text) });
}

/** The address of a gateway that is named. Throws `invalid-argument`. */
async function addressOf(gateway: string): Promise<string> {
  try {
    return formatAddress(parseAddress(gateway));
  } catch {
    // A name, then.
  }
  try {
    return (await lookup(gateway)).address;
  } catch (cause) {
    const found = (cause as { readonly code?: string }).code ?? String(cause);
    throw new IpsecError('invalid-argument', `the gateway ${JSON.stringify(gateway)}`, {
      expected: 'an address, or a name that has one',
      found,
      cause,
    });
  }
}

/** Which of our addresses leads to another; nothing is sent. */
async function ownAddressFor(address: string): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(500, address);
    await connected;
    return socket.address().address;
  } catch (cause) {
    throw new IpsecError('invalid-argument', `a way to ${address}`, {
      expected: 'one',
      found: (cause as { readonly code?: string }).code ?? String(cause),
      cause,
    });
  } finally {
    socket.close();
  }
}
