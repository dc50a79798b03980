/** Row 17 of the list of known attacks: secrets that are guessed. Aggressive mode of IKEv1, which hands out what to guess at, is not there. */
import { describe, expect, it } from 'vitest';
import { lintConfig, parseEndpointConfig } from '../../src/endpoint.js';
import { toHex } from '../../src/bytes.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { connectionOf, converse, errorOf } from '../ikev2/converse.js';
import { allRows } from '../pair.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const shared = (secret: string) => ({ method: 'shared-key', secret: utf8(secret) }) as const;
const authOf = (secret: string) => ({ localAuth: shared(secret), remoteAuth: shared(secret) });

function warnings(auth: object): string[] {
  const connection = { name: 'c', local: { id: 'a.example' }, remote: { address: '198.51.100.1', id: 'b.example' }, auth };
  const config = parseEndpointConfig({ addresses: ['192.0.2.1'], connections: [connection] }, { rows: allRows });
  return lintConfig(config).flatMap(({ path, message }) => (path.endsWith('.psk') ? [message] : []));
}

describe('row 17: CVE-2018-5389: a shared secret that a dictionary has', () => {
  it.each([
    'hunter2',
    '123456789012345',
    'correct horse',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'abababababababababab',
    'passwordpassword',
    '00000000000000000001',
  ])('row 17: %s is warned of, and not shown', (psk) => {
    const [message, ...more] = warnings({ psk });
    expect(message).toMatch(/^a secret of \d+ (octets|bits of chance at the most) can be guessed by anybody who has seen one exchange/);
    expect([more, message?.includes(psk)]).toEqual([[], false]);
  });

  it('row 17: of random ones nothing is said, as text, as base64, as hexadecimal digits', () => {
    let state = 1;
    const random = (length: number): Uint8Array =>
      Uint8Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
    for (let i = 0; i < 200; i++) {
      const octets = random(16);
      expect([...warnings({ pskHex: toHex(octets) }), ...warnings({ psk: toHex(octets) })]).toEqual([]);
      expect(warnings({ psk: btoa(String.fromCharCode(...octets)) })).toEqual([]);
    }
  });

  it('row 17: an initiator that does not know the secret gets nothing that was made with it, and one guess for each IKE SA', async () => {
    const right = connectionOf(['b.example', 'a.example'], authOf('the right one'));
    for (const guess of ['secret', 'Secret', 'the right one?', 'the right one.']) {
      const { a, b } = await converse(connectionOf(['a.example', 'b.example'], authOf(guess)), [right]);
      expect([b.sa?.state, a.said.length]).toEqual(['CLOSED', 2]);
      expect(b.said[1]).toEqual([expect.objectContaining({ type: 'N', notify: 'AUTHENTICATION_FAILED', data: new Uint8Array(0) })]);
      expect(errorOf(b).found).toContain('made with another secret');
    }
    const { a, b } = await converse(connectionOf(['a.example', 'b.example'], authOf('the right one')), [right]);
    expect([a.sa?.state, b.sa?.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  it('row 17: nobody proves anything with a secret of no octets', async () => {
    const { a, b } = await converse(connectionOf(['a.example', 'b.example'], authOf('')), [
      connectionOf(['b.example', 'a.example'], authOf('')),
    ]);
    expect([a.sa?.state, a.said.length, b.said.length]).toEqual(['CLOSED', 1, 1]);
    expect(errorOf(a).expected).toBe('a shared secret of one octet or more');
  });

  it('row 17: who stands in for the responder gets one AUTH to guess at, and no more', async () => {
    const { a } = await converse(connectionOf(['a.example', 'b.example'], authOf('the right one')), [
      connectionOf(['b.example', 'a.example'], { localAuth: shared('a guess'), remoteAuth: { method: 'null' } }),
    ]);
    expect([a.sa?.state, a.said.map((payloads) => findPayload(payloads, 'AUTH') !== undefined)]).toEqual(['CLOSED', [false, true]]);
    expect(errorOf(a).message).toContain('AUTHENTICATION_FAILED');
  });
});
