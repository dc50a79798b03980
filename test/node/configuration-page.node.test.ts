import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/node.js';

const page = readFileSync('docs/configuration.md', 'utf8').replaceAll('\r\n', '\n');

/** The example with every member: the one block of JSON of the page. */
function exampleOf(): unknown {
  return JSON.parse(/^```json\n([^]*?)^```/m.exec(page)?.[1] ?? '');
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
    parseConfig(watched(exampleOf(), asked));
    for (const odd of ['then', 'toJSON', 'length', 'constructor', 'natPorts', 'ikePorts']) asked.delete(odd);
    expect(asked.size).toBeGreaterThan(85);
    expect([...asked].filter((name) => !documented.has(name))).toEqual([]);
  });

  test('names no member that the parser does not know: its example has all, and none of them is unknown', () => {
    const told: string[] = [];
    parseConfig(exampleOf(), { warn: ({ message }) => void told.push(message) });
    expect(told).toEqual([]);
    const used = JSON.stringify(exampleOf());
    const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/\w+/g)].map(([name]) => name),
    );
    expect(rows.filter((name) => !used.includes(`"${name}":`) && !elsewhere.has(name))).toEqual([]);
  });
});
