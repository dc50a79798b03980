/**
 * Keys for Wireshark, where they were asked for.
 *
 * @module
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatKeyLog, type KeyLogLine } from '../../capture.js';
import type { EndpointEvent } from '../../endpoint.js';
import { IpsecError } from '../../errors.js';
import { warn } from '../output.js';

/** The keys of an SA. */
export type KeysEvent = Extract<EndpointEvent, { type: 'ikeKeys' | 'ikev1Keys' | 'childKeys' }>;

/** Appends to the tables in a folder, which nobody else may read. Throws `invalid-argument` when that cannot be. */
export function openKeyLog(folder: string): (event: KeysEvent) => void {
  const append = (table: KeyLogLine['table'], text: string): void => {
    try {
      appendFileSync(join(folder, table), text, { mode: 0o600 });
    } catch (cause) {
      throw cannot(folder, cause);
    }
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw cannot(folder, cause);
  }
  append('ikev1_decryption_table', '');
  append('ikev2_decryption_table', '');
  append('esp_sa', '');
  warn(`warning: all keys are written to ${folder}: whoever has them can read everything that these SAs carry`);
  return (event) => {
    const { table, text } = formatKeyLog(event);
    append(table, text);
  };
}

function cannot(folder: string, cause: unknown): IpsecError {
  return new IpsecError('invalid-argument', `cannot write keys to ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
