/**
 * A stream that leads into memory, and how to know that nothing more will come out of it.
 *
 * @module
 */
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

/** The other end of the stream that a TLS socket sits on. */
export interface MemoryPipe {
  readonly stream: Duplex;
  /** Gives the TLS socket octets to read; they are copied. */
  push(octets: Uint8Array): void;
  /** Takes what it has written. */
  take(): Uint8Array;
  /** Something has happened: wait longer. */
  stir(): void;
  /** Waits until nothing happens any more. */
  settle(): Promise<void>;
}

/** An empty one. */
export function createMemoryPipe(): MemoryPipe {
  let written: Uint8Array[] = [];
  let stirred = 0;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Uint8Array, _encoding, done) => {
      written.push(new Uint8Array(chunk));
      stirred++;
      done();
    },
  });
  // What goes wrong is told by the TLS socket; without a listener it would end the process as well.
  stream.on('error', () => undefined);
  return {
    stream,
    push: (octets) => {
      stirred++;
      stream.push(new Uint8Array(octets));
    },
    take: () => {
      const all = new Uint8Array(Buffer.concat(written));
      written = [];
      return all;
    },
    stir: () => {
      stirred++;
    },
    settle: async () => {
      // OpenSSL works on this thread, between turns of the event loop: a flight is complete when some turns have passed in which it was not written to.
      let seen = -1;
      for (let quiet = 0, turns = 0; quiet < QUIET_TURNS && turns < MOST_TURNS; turns++) {
        const isQuiet = seen === stirred && stream.readableLength === 0;
        quiet = isQuiet ? quiet + 1 : 0;
        seen = stirred;
        await setImmediate();
      }
    },
  };
}

const QUIET_TURNS = 8;
/** More than any handshake takes, so that nothing waits for ever. */
const MOST_TURNS = 10_000;
