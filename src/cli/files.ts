/**
 * Files and standard input for the command line, with messages instead of stack traces.
 *
 * @module
 */
import { open, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { concat } from '../bytes.js';
import { IpsecError } from '../errors.js';

/**
 * All octets of a file, or of standard input for `-`.
 *
 * @throws IpsecError `invalid-argument` that says why it cannot be read.
 */
export async function readOctets(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await readStandardInput() : await readWhole(path);
  } catch (error) {
    throw cannot('read', path, error);
  }
}

/** Text of a file; UTF-16 with a byte order mark is what a Windows shell writes. Throws as {@link readOctets}. */
export async function readText(path: string): Promise<string> {
  const octets = await readOctets(path);
  const [first, second] = octets;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(octets);
}

/** Writes a file, or standard output for `-`. */
export async function writeOctets(path: string, octets: Uint8Array, mayReplace: boolean): Promise<void> {
  if (path === '-') {
    await new Promise<void>((done) =>
      process.stdout.write(octets, () => {
        done();
      }),
    );
    return;
  }
  try {
    await writeFile(path, octets, { flag: mayReplace ? 'w' : 'wx' });
  } catch (error) {
    throw cannot('write', path, error);
  }
}

/** `readFile` of Node ends at 2 GiB; a capture may be longer. */
async function readWhole(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    // A pipe or a device has no length.
    if (!stat.isFile()) return await readChunks(handle.createReadStream({ autoClose: false }));
    const octets = new Uint8Array(stat.size);
    let at = 0;
    while (at < octets.length) {
      const { bytesRead } = await handle.read(octets, at, Math.min(octets.length - at, 1 << 26), at);
      if (bytesRead === 0) return octets.subarray(0, at);
      at += bytesRead;
    }
    return octets;
  } finally {
    await handle.close();
  }
}

function readStandardInput(): Promise<Uint8Array> {
  return readChunks(process.stdin);
}

async function readChunks(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  return concat(...chunks);
}

const causes: Readonly<Record<string, string>> = Object.freeze({
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'it is there already; name another with --out',
  ENOTDIR: 'a part of its path is no directory',
  EMFILE: 'too many open files',
  ENOSPC: 'the disk is full',
});

function cannot(what: 'read' | 'write', path: string, error: unknown): IpsecError {
  if (error instanceof IpsecError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const tooLarge = error instanceof RangeError ? 'it does not fit into memory' : undefined;
  const why = tooLarge ?? (code === undefined ? undefined : causes[code]) ?? message ?? String(error);
  return new IpsecError('invalid-argument', `cannot ${what} ${path === '-' ? 'standard input' : path}: ${why}`, { cause: error });
}
