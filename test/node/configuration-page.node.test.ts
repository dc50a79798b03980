import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/endpoint.js';
import { parseConfig } from '../../src/node.js';

const page = readFileSync('docs/configuration.md', 'utf8').replaceAll('\r\n', '\n');

/** The example with every member: the one block of JSON of the page. */
function exampleOf(): unknown {
  return JSON.parse(/^```json\n([^]*?)^```/m.exec(page)?.[1] ?? '');
}

/** What keys and users come to does not matter here. */
const credentials: Credentials = { own: () => ({ auth: { method: 'null' } }), peer: () => ({ auth: { method: 'null' } }) };

/** The same with text in place of secrets that stand elsewhere. */
function withSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).join(', ');
  if (['env', 'file', 'prompt'].includes(names)) return 'a secret';
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withSecrets(member)]));
}

/** These have pages of their own. */
const elsewhere = new Set(['policies', 'processing']);

/** The same value, which notes every member that somebody asks it for. */
function watched(value: unknown, asked: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => watched(item, asked));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, elsewhere.has(name) ? member : watched(member, asked)]),
  );
  return new Proxy(members, {
    getOwnPropertyDescriptor(target, name) {
      if (typeof name === 'string') asked.add(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    get(target, name) {
      if (typeof name === 'string') asked.add(name);
      return Reflect.get(target, name) as unknown;
    },
  });
}

describe('docs/configuration.md', () => {
  const documented = new Set([...page.replace(/^```[^]*?^```/gm, '').matchAll(/`([a-zA-Z0-9]+)`/g)].map(([, name]) => name!));

  test('has every member that the parser asks for', () => {
    const asked = new Set<string>();
    parseConfig(watched(withSecrets(exampleOf()), asked), { credentials });
    for (const odd of ['then', 'toJSON', 'length', 'constructor', 'natPorts', 'ikePorts', 'anna']) asked.delete(odd);
    expect(asked.size).toBeGreaterThan(110);
    expect([...asked].filter((name) => !documented.has(name))).toEqual([]);
  });

  test('names no member that the parser does not know: its example has all, and none of them is unknown', () => {
    const told: string[] = [];
    parseConfig(withSecrets(exampleOf()), { credentials, warn: ({ message }) => void told.push(message) });
    expect(told).toEqual([]);
    const used = JSON.stringify(exampleOf());
    const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/\w+/g)].map(([name]) => name),
    );
    expect(rows.filter((name) => !used.includes(`"${name}":`) && !elsewhere.has(name))).toEqual([]);
  });
});
