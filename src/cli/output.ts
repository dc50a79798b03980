/**
 * Standard output in large pieces, a reader that goes away (`| head`), and progress for those who watch.
 *
 * @module
 */
import process from 'node:process';

/** Writes lines. */
export interface LineWriter {
  /** Adds a line; now and then it waits until the reader has taken what there is. */
  readonly line: (text: string) => Promise<void> | undefined;
  /** Writes what is left. */
  readonly end: () => Promise<void>;
}

const PIECE = 1 << 16;

/** Lines to standard output. */
export function createLineWriter(): LineWriter {
  let held: string[] = [];
  let length = 0;
  async function flush(): Promise<void> {
    const text = held.join('');
    held = [];
    length = 0;
    if (text.length > 0 && !process.stdout.write(text)) await new Promise<void>((done) => process.stdout.once('drain', done));
  }
  return {
    line(text) {
      held.push(text, '\n');
      length += text.length + 1;
      return length >= PIECE ? flush() : undefined;
    },
    end: flush,
  };
}

/** A reader that has seen enough (`| head`) is no error. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: Error & { code?: string }) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

/** A line on standard error. */
export function warn(text: string): void {
  process.stderr.write(`ipsec-ts: ${text}\n`);
}

/** Progress on standard error: only on a terminal, only where standard output does not write to it too. */
export interface Progress {
  /** Told after each record. */
  readonly step: (records: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

const EVERY = 200;

/** Shows how far a long capture is. */
export function createProgress(what: string): Progress {
  const shown = process.stderr.isTTY && !process.stdout.isTTY;
  let next = performance.now() + 2 * EVERY;
  let visible = false;
  return {
    step(records) {
      if (!shown || records % 256 !== 0 || performance.now() < next) return;
      next = performance.now() + EVERY;
      visible = true;
      process.stderr.write(`\r${what}: ${records} records`);
    },
    end() {
      if (visible) process.stderr.write('\r\u001b[K');
    },
  };
}
