/** OpenSSL's command line as the other end of a TLS session. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsProgress, TlsSession } from '../../src/eap/tls-engine.js';
import { type End, ends, root } from './eap-tls-pair.js';

export const opensslVersion = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout as string | null;

export interface OpensslEnd {
  /** What `-keymatexport` printed. */
  readonly keyMaterial: string;
  /** Lines of `-keylogfile`: a label, the client's random, a secret. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Everything it said. */
  readonly said: string;
}

const exportOptions = ['-keymatexport', 'client EAP encryption', '-keymatexportlen', '128'];

/** `openssl s_server` (with a client's certificate demanded), to which a session of ours goes. @returns what both know, while the session is there */
export async function withServer<T>(
  session: TlsSession,
  end: End,
  version: string,
  use: (progress: TlsProgress, other: OpensslEnd) => T,
): Promise<T> {
  return withFiles(end, async (files) => {
    const options = ['-Verify', '3', '-verify_return_error', '-naccept', '1', ...exportOptions];
    const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', `-${version}`, ...files.options, ...options]);
    const said = listenTo(child);
    try {
      const port = Number((await until(said, /ACCEPT \S+:(\d+)/))[1]);
      const socket = connect(port, '127.0.0.1');
      const progress = await shakeHands(session, socket, true);
      return use(progress, await ending(said, files.keyLog));
    } finally {
      child.kill();
    }
  });
}

/** `openssl s_client`, that comes to a session of ours. */
export async function withClient<T>(
  session: TlsSession,
  end: End,
  version: string,
  use: (progress: TlsProgress, other: OpensslEnd) => T,
): Promise<T> {
  return withFiles(end, async (files) => {
    const server = createServer();
    const arrived = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const options = ['-verify', '3', '-verify_return_error', ...exportOptions];
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, `-${version}`, ...files.options, ...options]);
    const said = listenTo(child);
    try {
      const progress = await shakeHands(session, await arrived, false);
      return use(progress, await ending(said, files.keyLog));
    } finally {
      child.kill();
      server.close();
    }
  });
}

interface Files {
  readonly options: readonly string[];
  readonly keyLog: string;
}

async function withFiles<T>(end: End, use: (files: Files) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'eap-tls-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const certificates = file('certificates.pem', ends[end].certificates);
    const keyLog = file('keys.log', '');
    const own = [
      '-cert',
      certificates,
      '-cert_chain',
      certificates,
      '-key',
      file('key.pem', ends[end].privateKey),
      '-CAfile',
      file('root.pem', root),
    ];
    return await use({ options: [...own, '-keylogfile', keyLog], keyLog });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Said {
  text: string;
  readonly child: ChildProcess;
}

function listenTo(child: ChildProcess): Said {
  const said: Said = { text: '', child };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
  return said;
}

async function until(said: Said, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(said.text);
    if (found) return found;
    if (said.child.exitCode !== null) throw new Error(`openssl ended: ${said.text}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function ending(said: Said, keyLog: string): Promise<OpensslEnd> {
  const [, keyMaterial] = await until(said, /Keying material: ([0-9A-F]{256})/);
  const secrets = new Map(
    readFileSync(keyLog, 'utf8')
      .split('\n')
      .map((line) => [line.split(' ')[0]!, line.split(' ')[2] ?? '']),
  );
  return { keyMaterial: keyMaterial!, secrets, said: said.text };
}

/** The handshake of a session over a socket. */
async function shakeHands(session: TlsSession, socket: Socket, isClient: boolean): Promise<TlsProgress> {
  const chunks: Buffer[] = [];
  let wake = (): void => undefined;
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    wake();
  });
  socket.on('error', () => undefined);
  let input = new Uint8Array();
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst || isClient) {
      const progress = await session.advance(input);
      if (progress.output.length > 0) socket.write(progress.output);
      if (progress.isDone || progress.error !== undefined) return progress;
    }
    while (chunks.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    input = new Uint8Array(Buffer.concat(chunks.splice(0)));
  }
}
