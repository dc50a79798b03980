import { describe, expect, test } from 'vitest';
import { askSecret, type Paper, type Terminal } from '../../src/cli/host/prompt.js';

/** A terminal on which somebody types. */
function terminalOf(keys: readonly string[]): Terminal & { readonly modes: boolean[] } {
  const modes: boolean[] = [];
  return {
    isTTY: true,
    modes,
    setRawMode: (on) => modes.push(on),
    on: (_event, listener) => {
      queueMicrotask(() => {
        for (const key of keys) listener(new TextEncoder().encode(key));
      });
    },
    off: () => undefined,
    resume: () => undefined,
    pause: () => undefined,
  };
}

describe('a question on the terminal', () => {
  const question = { what: 'password of anna', path: 'connections.0.local.auth.password', connection: 'home' };
  const paper = (): Paper & { readonly written: string[] } => {
    const written: string[] = [];
    return { isTTY: true, written, write: (text) => written.push(text) };
  };

  test.each([
    [['hush\r'], 'hush'],
    [['h', 'u', 's', 'h', '\n'], 'hush'],
    [['huh\u007f', 'sh\r'], 'hush'],
    [['wrong\u0015hush\r'], 'hush'],
    [['grüße\r'], 'grüße'],
    [['\u001b', 'x\r'], 'x'],
  ])('%j is %j, and nothing of it is shown', async (keys, typed) => {
    const [terminal, shown] = [terminalOf(keys), paper()];
    expect(await askSecret(question, terminal, shown)).toBe(typed);
    expect(shown.written).toEqual(['home: password of anna: ', '\n']);
    expect(terminal.modes).toEqual([true, false]);
  });

  test.each(['\u0003', '\u0004'])('%j gives up, and leaves the terminal as it was', async (key) => {
    const terminal = terminalOf([`hu${key}`]);
    await expect(askSecret(question, terminal, paper())).rejects.toThrow(/expected that somebody types it, found somebody who gave up/);
    expect(terminal.modes).toEqual([true, false]);
  });

  test('no terminal, no question', async () => {
    const shown = paper();
    await expect(askSecret(question, { ...terminalOf([]), isTTY: false }, shown)).rejects.toThrow(/no terminal/);
    await expect(askSecret(question, terminalOf([]), { ...shown, isTTY: false })).rejects.toThrow(/no terminal/);
    expect(shown.written).toEqual([]);
  });
});
