import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('every number of docs/learn/ike-keys.md stands in the conversations that it names', () => {
  const page = read('docs/learn/ike-keys.md');
  const names = ['ikev2-esp-bulk-cbc', 'group-curve25519', 'ikev2-ike-rekey'];
  for (const name of names) expect(page).toContain(`${name}.json`);
  const recorded = names.map((name) => read(`vectors/ikev2/strongswan/${name}.json`)).join();
  const numbers = page.replaceAll(/(?<=[0-9a-f])\n +(?=[0-9a-f])/g, '').match(/\b[0-9a-f]{16,}\b/g) ?? [];
  expect(numbers.length).toBeGreaterThan(30);
  expect(numbers.filter((number) => !recorded.includes(number))).toEqual([]);
});

test('every number of docs/learn/eap-password.md stands in the conversation that it names', () => {
  const page = read('docs/learn/eap-password.md');
  expect(page).toContain('vectors/ikev2/strongswan/ikev2-eap-mschapv2-vip.json');
  const recorded = read('vectors/ikev2/strongswan/ikev2-eap-mschapv2-vip.json');
  const numbers = page.replaceAll(/(?<=[0-9a-f])\n +(?=[0-9a-f])/g, '').match(/\b[0-9a-f]{10,}\b/g) ?? [];
  expect(numbers.length).toBeGreaterThan(8);
  expect(numbers.filter((number) => !recorded.includes(number))).toEqual([]);
});

test('every number of docs/learn/certificates.md stands in the conversation that it names', () => {
  const page = read('docs/learn/certificates.md');
  expect(page).toContain('vectors/ikev2/strongswan/ikev2-ed25519.json');
  const recorded = read('vectors/ikev2/strongswan/ikev2-ed25519.json');
  const numbers = page.replaceAll(/(?<=[0-9a-f])\n +(?=[0-9a-f])/g, '').match(/\b[0-9a-f]{16,}\b/g) ?? [];
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers.filter((number) => !recorded.includes(number))).toEqual([]);
});
