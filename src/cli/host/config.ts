/**
 * CONFIG.json: read, its secrets fetched, checked.
 *
 * @module
 */
import { dirname } from 'node:path';
import type { EndpointConfig } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { checkConfig, parseConfig } from '../../node.js';
import { readText } from '../files.js';
import { named } from '../keys.js';
import { warn } from '../output.js';
import { fetchSecrets } from './secrets.js';

/** Reads a configuration; warnings go to standard error. Throws IpsecError with the name of the file in front. */
export async function readConfig(path: string): Promise<EndpointConfig> {
  const text = await readText(path);
  try {
    const json = await fetchSecrets(parseJson(text), dirname(path));
    const config = parseConfig(json, {
      warn: ({ message }) => {
        warn(`${path}: warning: ${message}`);
      },
    });
    checkConfig(config);
    return config;
  } catch (error) {
    throw error instanceof IpsecError ? named(path, error) : error;
  }
}

/** JSON, with line and column of what is wrong with it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new IpsecError('invalid-config', `no JSON${placeOf(text, cause.message)}`, {
      expected: 'one JSON object',
      found: reasonOf(cause.message),
      cause,
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
function reasonOf(message: string): string {
  return message.replace(/,? ?"[^]*" is not valid JSON$/, '').replace(/ in JSON.*$/s, '');
}
