/**
 * CONFIG.json, or what the command line says in its place: read, its secrets and keys loaded, checked.
 *
 * @module
 */
import { dirname } from 'node:path';
import process from 'node:process';
import type { EndpointConfig } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { checkConfig, loadConfig, parseConfigText } from '../../node.js';
import { readText } from '../files.js';
import { named } from '../keys.js';
import { warn } from '../output.js';
import { askOnTerminal } from './prompt.js';

/** Reads a configuration; warnings go to standard error. Throws IpsecError with the name of the file in front. */
export async function readConfig(path: string): Promise<EndpointConfig> {
  const text = await readText(path);
  try {
    return await load(parseConfigText(text), path, dirname(path));
  } catch (error) {
    throw error instanceof IpsecError ? named(path, error) : error;
  }
}

/** The same of JSON that the command line has become; names of files begin at the working directory. */
export async function makeConfig(json: unknown): Promise<EndpointConfig> {
  return await load(json, 'the command line', process.cwd());
}

async function load(json: unknown, from: string, folder: string): Promise<EndpointConfig> {
  const config = await loadConfig(json, {
    folder,
    prompt: askOnTerminal,
    warn: ({ message }) => {
      warn(`${from}: warning: ${message}`);
    },
  });
  for (const [i, { credentials }] of config.connections.entries())
    for (const credential of [...(credentials?.own ?? []), ...(credentials?.peer ?? []).map((held) => held?.credential)]) {
      if (credential?.auth.method === 'ask-shared-key')
        throw nobodyAnswers(`connections.${i}.auth.ask`, 'a shared secret', '"psk" or "pskHex"', '"ask"');
      if (credential?.auth.method === 'eap' && !credential.answer)
        throw nobodyAnswers(`connections.${i}.auth.eap`, 'EAP', 'methods', '"ask"');
    }
  for (const [i, { ike, credentials }] of config.connections.entries())
    if (ike.ikev1?.xauth !== undefined && !credentials?.xauth)
      throw nobodyAnswers(
        `connections.${i}.xauth`,
        'XAUTH',
        ike.ikev1.xauth === 'client' ? '"user" and "password"' : '"users"',
        JSON.stringify(ike.ikev1.xauth),
      );
  checkConfig(config);
  return config;
}

function nobodyAnswers(path: string, what: string, instead: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, {
    path,
    expected: `${instead}: here nobody can be asked but for { "prompt": true }`,
    found,
  });
}
