/**
 * The configuration of a host on Node with all that it names: secrets, keys, certificates, users.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { type EndpointConfig, loadCredentials } from '../endpoint.js';
import { IpsecError } from '../errors.js';
import type { SignatureRow } from '../suite/types-sign.js';
import type { FetchRevocation } from '../x509.js';
import { parseConfig, type ParseHostOptions } from './config.js';
import { fetchRevocation } from './credentials/fetch.js';
import { reasonOf } from './credentials/sources.js';
import { decodeText } from './credentials/users.js';
import { signatureRows } from './rows.js';
import { environment, fetchSecrets, type PromptSecret } from './secrets.js';

/** What {@link loadConfig} takes besides the JSON. */
export interface LoadConfigOptions extends Omit<ParseHostOptions, 'credentials'> {
  /** Names of files begin there. Default: the working directory; of {@link readConfig} the folder of the file. */
  readonly folder?: string | undefined;
  /** For `{ "env": NAME }`. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** For `{ "prompt": true }`: asks somebody, without showing what is typed. Default: nobody can be asked, and that is an error. */
  readonly prompt?: PromptSecret | undefined;
  /** Signature algorithms to choose from, best first; those over SHA-1 serve only who names them. Default {@link signatureRows}. */
  readonly signatureRows?: readonly SignatureRow[] | undefined;
  /** Milliseconds since 1970, for the dates of certificates. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Fetches revocation lists and asks OCSP responders, where the configuration lets that happen. Default: `fetch` with bounds of time and size, without redirects. */
  readonly fetch?: FetchRevocation | undefined;
}

/**
 * Reads the configuration of a host as {@link parseConfig} does, and loads what it names: secrets from files, the environment or a prompt, keys, certificates,
 * users. Certificates and keys need the packages `pkijs` and `asn1js`; who names none needs neither.
 *
 * @param json as `JSON.parse` makes it. It is not changed.
 * @throws IpsecError `invalid-config` and others, with the path of the wrong value, the file, and what would be accepted; `unsupported` that says which packages to install.
 *
 * @example
 * ```ts
 * import { loadConfig } from 'ipsec-ts/node';
 *
 * process.env['ANNA_PASSWORD'] = 'a long one that nobody guesses';
 * const config = await loadConfig({
 *   ike: 2,
 *   addresses: ['192.0.2.1'],
 *   connections: [
 *     {
 *       name: 'guests',
 *       local: { id: 'gw.example.com', auth: { psk: 'chance: 3f0c1b7f5a0e4bd1' } },
 *       remote: { auth: { eap: 'mschapv2', users: { anna: { env: 'ANNA_PASSWORD' } } } },
 *     },
 *   ],
 * });
 * if (config.connections[0]?.ike.remoteAuth.method !== 'eap') throw new Error('users with passwords');
 * ```
 */
export async function loadConfig(json: unknown, options: LoadConfigOptions = {}): Promise<EndpointConfig> {
  const {
    folder = process.cwd(),
    env = environment(),
    prompt,
    signatureRows: rows = signatureRows(),
    clock,
    fetch,
    warn,
    ...rest
  } = options;
  // Nobody types a password for a configuration that is wrong elsewhere.
  if (prompt) await load(json, { folder, env, prompt: () => Promise.resolve('00'), isRehearsal: true });
  return await load(json, { folder, env, prompt, isRehearsal: false });

  async function load(
    value: unknown,
    sources: Parameters<typeof fetchSecrets>[1] & { readonly isRehearsal: boolean },
  ): Promise<EndpointConfig> {
    const { json: complete, fetched, findings } = await fetchSecrets(value, sources);
    const parse = (credentials: NonNullable<ParseHostOptions['credentials']>, isFinal: boolean): EndpointConfig =>
      parseConfig(complete, { ...rest, credentials, warn: isFinal ? warn : undefined });
    if (sources.isRehearsal) {
      const nothing = { auth: { method: 'null' } } as const;
      return parse({ own: () => nothing, peer: () => nothing }, false);
    }
    const context = { folder, signatureRows: rows, clock: clock ?? Date.now, fetch: fetch ?? fetchRevocation, fetched };
    const config = await loadCredentials(parse, {
      // Who names no keys does not pay for them.
      own: async (spec) => await (await import('./credentials/loader.js')).createCredentialLoader(context).own(spec),
      peer: async (spec) => await (await import('./credentials/loader.js')).createCredentialLoader(context).peer(spec),
    });
    return { ...config, findings: [...(config.findings ?? []), ...findings] };
  }
}

/**
 * Reads the configuration of a host from a file of JSON; names of files in it begin at its folder. See {@link loadConfig}.
 *
 * @throws IpsecError as {@link loadConfig}; `invalid-argument` for a file that cannot be read, `invalid-config` for what is no JSON, with line and column.
 */
export async function readConfig(path: string, options: LoadConfigOptions = {}): Promise<EndpointConfig> {
  let text: string;
  try {
    text = decodeText(new Uint8Array(await readFile(path)));
  } catch (error) {
    throw new IpsecError('invalid-argument', `cannot read ${path}`, { expected: 'a file of JSON', found: reasonOf(error), cause: error });
  }
  return await loadConfig(parseConfigText(text), { folder: dirname(path), ...options });
}

/** JSON, with line and column of what is wrong with it. Throws `invalid-config`. */
export function parseConfigText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The cause quotes what stands there: a secret, perhaps.
    throw new IpsecError('invalid-config', `no JSON${placeOf(text, cause.message)}`, {
      expected: 'one JSON object',
      found: shortOf(cause.message),
    });
  }
}

function placeOf(text: string, message: string): string {
  const at = /position (\d+)/.exec(message)?.[1];
  const isCut = /end of JSON|unterminated/i.test(message);
  if (at === undefined && !isCut) return '';
  const before = text.slice(0, at === undefined ? text.length : Number(at)).split(/\r\n|\n|\r/);
  return ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/** What Node says without what it quotes: a secret may stand there. */
function shortOf(message: string): string {
  return message.replace(/,? ?"[^]*" is not valid JSON$/, '').replace(/ in JSON.*$/s, '');
}
