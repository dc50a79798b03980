import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { lintConfig } from '../../src/endpoint.js';
import { loadConfig, type LoadConfigOptions, readConfig, type SecretQuestion } from '../../src/node.js';
import { lintPasswords, parseUsers } from '../../src/node/credentials/users.js';

const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-users-'));
const file = (name: string, content: string | Uint8Array, mode = 0o600): string => {
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
  return name;
};

async function refusal(loading: Promise<unknown>): Promise<IpsecError> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof IpsecError) return error;
  throw new Error('it was taken');
}

function caught(read: () => unknown): IpsecError {
  try {
    read();
  } catch (error) {
    if (error instanceof IpsecError) return error;
  }
  throw new Error('it was taken');
}

const local = { auth: { psk: 'chance: 3f0c1b7f5a0e4bd1' } };
const withUsers = (users: unknown): object => ({
  addresses: ['192.0.2.1'],
  connections: [{ name: 'c', local, remote: { auth: { eap: 'mschapv2', users } } }],
});
const withPassword = (password: unknown): object => ({
  addresses: ['192.0.2.1'],
  connections: [
    { name: 'home', local: { auth: { eap: 'mschapv2', identity: 'anna', password } }, remote: { address: '192.0.2.9', auth: local.auth } },
  ],
});

describe('a file of users', () => {
  test.each([
    ['anna : correct horse\nbert:x:y\n', { anna: 'correct horse', bert: 'x:y' }],
    ['# who may come in\r\n\r\n  anna  :  correct horse  \r\n', { anna: 'correct horse' }],
    ['{ "anna": "correct horse", "bert smith": " x " }', { anna: 'correct horse', 'bert smith': ' x ' }],
    ['zoë@example.com : pässwörd', { 'zoë@example.com': 'pässwörd' }],
  ])('%j', (text, users) => {
    expect(Object.fromEntries(parseUsers(text, 'at', 'users.txt'))).toEqual(users);
  });

  test.each([
    ['', 'expected one user or more, found none'],
    ['# nobody\n', 'expected one user or more, found none'],
    ['anna horse\n', 'users.txt line 1: expected name : password, found no colon'],
    ['bert : x\nanna :\n', 'users.txt line 2: expected name : password, found nothing on one side of it'],
    [': horse', 'users.txt line 1: expected name : password, found nothing on one side of it'],
    ['anna : horse\nanna : x', 'users.txt line 2: expected every user once, found "anna" again'],
    ['{ "anna": "horse" ', 'found JSON that is broken'],
    ['{ "anna": ["horse"] }', 'users.txt: the password of "anna": expected text, found object'],
    ['{ "anna": "" }', 'expected text'],
    ['{}', 'found none'],
  ])('%j is refused, and no password is shown', (text, words) => {
    const error = caught(() => parseUsers(text, 'connections.0.remote.auth.users', 'users.txt'));
    expect([error.code, error.path]).toEqual(['invalid-config', 'connections.0.remote.auth.users']);
    expect(error.message).toContain(words);
    expect(JSON.stringify([error.message, error.cause])).not.toContain('horse');
  });

  test('comes from beside the configuration, also in UTF-16 as a Windows editor writes it', async () => {
    const utf16 = Uint8Array.from([
      0xff,
      0xfe,
      ...Array.from('anna : correct horse battery', (letter) => [letter.charCodeAt(0), 0]).flat(),
    ]);
    for (const content of ['anna : correct horse battery\n', utf16]) {
      const config = await loadConfig(withUsers(file('users.txt', content)), { folder });
      expect(config.connections[0]?.ike.remoteAuth).toEqual({ method: 'eap', allowKeyless: false });
      expect(lintConfig(config).map(({ path }) => path)).toEqual(['connections.0.local.auth']);
    }
  });

  test('that is not there, or that everybody may read', async () => {
    expect((await refusal(loadConfig(withUsers('nowhere.txt'), { folder }))).message).toBe(
      'cannot read nowhere.txt: expected a file of users, found no such file (connections.0.remote.auth.users)',
    );
    if (process.platform === 'win32') return;
    const config = await loadConfig(withUsers(file('open.txt', 'anna : correct horse battery', 0o644)), { folder });
    expect(lintConfig(config)).toContainEqual(
      expect.objectContaining({
        path: 'connections.0.remote.auth.users',
        message: 'everybody on this machine may read open.txt: chmod 600',
      }),
    );
  });
});

describe('passwords that can be guessed', () => {
  const weak = (password: string, user = 'anna'): boolean => lintPasswords(new Map([[user, password]]), 'here').length > 0;

  test.each(['x', '123456', 'anna2024', 'hush hush', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'Anna-anna-anna-1'])('%s', (password) => {
    expect(weak(password)).toBe(true);
  });

  test.each(['correct horse battery', 'kT9$wq2Lx0Vb', 'e5f1c07ab2d94e68', 'zwölf Äpfel im Schnee'])('not %s', (password) => {
    expect(weak(password)).toBe(false);
  });

  test('are told by the names of their users, five at most', () => {
    const many = new Map(Array.from({ length: 9 }, (_, i) => [`user${i}`, 'hush']));
    const [finding, more] = lintPasswords(many, 'here');
    expect([finding?.message, more]).toEqual([
      'the passwords of "user0", "user1", "user2", "user3", "user4" and 4 more can be guessed: use 12 characters or more of chance',
      undefined,
    ]);
  });
});

describe('secrets of a configuration', () => {
  const load = (password: unknown, options: LoadConfigOptions = {}): Promise<unknown> =>
    loadConfig(withPassword(password), { folder, env: {}, ...options });

  test('from a file, from the environment, from somebody who is asked, who is told for whom', async () => {
    await load({ file: file('password', 'correct horse battery\r\n') });
    await load({ env: 'ANNA' }, { env: { ANNA: 'correct horse battery' } });
    const asked: SecretQuestion[] = [];
    const prompt = (question: SecretQuestion): Promise<string> => {
      asked.push(question);
      return Promise.resolve('correct horse battery');
    };
    await load({ prompt: true }, { prompt });
    expect(asked).toEqual([{ what: 'password of anna', path: 'connections.0.local.auth.password', connection: 'home' }]);
  });

  test('nobody is asked for a configuration that is wrong elsewhere', async () => {
    let asked = 0;
    const json = { ...withPassword({ prompt: true }), otherwise: 'drop' };
    const error = await refusal(loadConfig(json, { folder, prompt: () => Promise.resolve(String(asked++)) }));
    expect([error.path, asked]).toEqual(['otherwise', 0]);
  });

  test.each([
    [
      { prompt: true },
      'prompt',
      'a password of anna: expected somebody who can be asked: a terminal, or the option "prompt", found nobody',
    ],
    [{ env: 'ANNA' }, 'env', 'expected a variable of the environment that is set, found "ANNA", which is not'],
    [{ file: 'nowhere' }, 'file', 'found nowhere: no such file'],
    [{ file: 'empty' }, 'file', 'expected a file that is not empty, found "empty", which is'],
    [{ prompt: false }, '', 'found an object with prompt'],
    [{ file: 'a', env: 'b' }, '', 'found an object with file, env'],
    [{ value: 'horse' }, '', 'expected text, { "env": "NAME" }, { "file": "PATH" } or { "prompt": true }, found an object with value'],
    [undefined, '', 'the password for mschapv2: expected text, { "file": ... }, { "env": ... } or { "prompt": true }, found nothing'],
    [7, '', 'a password: expected text, found "number"'],
  ])('%j', async (password, member, words) => {
    file('empty', '\n');
    const error = await refusal(load(password));
    expect([error.code, error.path]).toEqual(['invalid-config', `connections.0.local.auth.password${member === '' ? '' : `.${member}`}`]);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('horse');
  });

  test('one that stands in the configuration itself is told; one that stands elsewhere is not', async () => {
    const told = async (password: unknown): Promise<readonly string[]> => {
      const findings = lintConfig(await loadConfig(withPassword(password), { folder, env: { ANNA: 'correct horse battery' } }));
      return findings.filter(({ message }) => message.includes('stands in the configuration itself')).map(({ path }) => path);
    };
    expect(await told('correct horse battery')).toEqual(['connections.0.local.auth.password']);
    expect(await told({ env: 'ANNA' })).toEqual([]);
  });

  test('the JSON that was given is not changed', async () => {
    const json = withPassword({ env: 'ANNA' });
    const before = JSON.stringify(json);
    await loadConfig(json, { folder, env: { ANNA: 'correct horse battery' } });
    expect(JSON.stringify(json)).toBe(before);
  });
});

describe('readConfig', () => {
  test('names of files begin at the folder of the configuration', async () => {
    file('users.txt', 'anna : correct horse battery');
    const path = join(folder, file('host.json', `\ufeff${JSON.stringify(withUsers('users.txt'), undefined, 2).replaceAll('\n', '\r\n')}`));
    expect((await readConfig(path)).connections[0]?.ike.remoteAuth.method).toBe('eap');
  });

  test.each([
    ['{ "addresses": [],\n  "connections" }', 'invalid-config', /^no JSON.*: expected one JSON object, found /],
    ['{ "psk": "horse', 'invalid-config', /^no JSON/],
    ['', 'invalid-config', /^no JSON/],
  ])('%j', async (text, code, words) => {
    const error = await refusal(readConfig(join(folder, file('broken.json', text))));
    expect([error.code, words.test(error.message), /horse/.test(`${error.message}${String(error.cause)}`)]).toEqual([code, true, false]);
  });

  test('a file that is not there', async () => {
    expect(await refusal(readConfig(join(folder, 'nowhere.json')))).toMatchObject({ code: 'invalid-argument', found: 'no such file' });
  });
});

describe('EAP in a configuration', () => {
  const demand = (auth: object): object => ({ addresses: ['192.0.2.1'], connections: [{ name: 'c', local, remote: { auth } }] });

  test.each([
    [{ eap: 'mschap', users: { a: 'x' } }, 'unknown-algorithm', 'eap', 'did you mean mschapv2?'],
    [{ eap: 'md5', users: { a: 'x' } }, 'unsafe-config', 'eap', '"allowKeyless": true'],
    [{ eap: ['mschapv2', 'gtc'], users: { a: 'x' } }, 'unsafe-config', 'eap.1', 'EAP with gtc'],
    [{ eap: 'mschapv2' }, 'invalid-config', 'users', 'a file, or names and passwords'],
    [{ eap: 'tls' }, 'invalid-config', 'ca', 'one or more for EAP-TLS'],
  ])('%j', async (auth, code, member, words) => {
    const error = await refusal(loadConfig(demand(auth), { folder }));
    expect([error.code, error.path]).toEqual([code, `connections.0.remote.auth.${member}`]);
    expect(error.message).toContain(words);
  });
});
