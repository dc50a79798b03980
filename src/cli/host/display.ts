/**
 * What is shown while a host runs: on a terminal lines above a block that is drawn again and again; elsewhere lines; or JSON.
 *
 * @module
 */
import process from 'node:process';
import type { EndpointEvent, EndpointStatus } from '../../endpoint.js';
import { formatPing, formatPings, type PingEvent, type PingResult } from './ping.js';
import { isoOf, jsonLine, plainEvent, plainStatus } from './plain.js';
import { formatEvent, formatStatus } from './words.js';

/** Shows. */
export interface Display {
  /** The host runs. */
  ready(ports: { readonly ike: number; readonly nat: number }): void;
  event(event: EndpointEvent): void;
  ping(event: PingEvent): void;
  pings(result: PingResult): void;
  /** Anything else. */
  say(text: string): void;
  /** From now on the status is known. */
  watch(status: () => EndpointStatus): void;
  /** The last word. */
  end(): void;
}

/** What {@link createDisplay} takes. */
export interface DisplayOptions {
  readonly json: boolean;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
  /** Columns of the terminal. */
  readonly columns: () => number;
}

/** Milliseconds between two drawings of the block. */
const redraw = 500;
/** Lines a second about packets and messages that were discarded: strangers can cause them. */
const mostDrops = 10;
const clearToEnd = '\u001b[J';

/** Standard output. */
export function standardOutput(json: boolean): DisplayOptions {
  const { stdout } = process;
  return { json, isTerminal: stdout.isTTY, write: (text) => void stdout.write(text), columns: () => stdout.columns };
}

/** Begins. */
export function createDisplay(options: DisplayOptions): Display {
  return options.json ? createJsonDisplay(options) : createTextDisplay(options);
}

/** Where SAs come and go, the status is told. */
const changes: ReadonlySet<EndpointEvent['type']> = new Set(['established', 'childUp', 'childDown', 'rekeyed', 'moved', 'closed']);

function createJsonDisplay({ write }: DisplayOptions): Display {
  let status: (() => EndpointStatus) | undefined;
  const put = (value: Readonly<Record<string, unknown>>): void => {
    write(`${jsonLine({ time: isoOf(performance.now()), ...value })}\n`);
  };
  const putStatus = (): void => {
    if (status) put({ type: 'status', ...plainStatus(status()) });
  };
  return {
    ready(ports) {
      put({ type: 'ready', ports });
    },
    event(event) {
      if (event.type === 'ikeKeys' || event.type === 'ikev1Keys' || event.type === 'childKeys') return;
      put(plainEvent(event));
      if (changes.has(event.type)) putStatus();
    },
    ping(event) {
      put({ type: 'ping', ...event });
    },
    pings(result) {
      put({ type: 'pings', ...result });
    },
    say: () => undefined,
    watch(given) {
      status = given;
    },
    end: () => undefined,
  };
}

function createTextDisplay({ isTerminal, write, columns }: DisplayOptions): Display {
  let status: (() => EndpointStatus) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let drawn = 0;
  const allow = createAllowance();

  const line = (text: string): void => {
    if (!isTerminal) {
      write(`${text}\n`);
      return;
    }
    erase();
    write(`${text}\n`);
    draw();
  };
  const stamped = (text: string): void => {
    line(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
  };
  function erase(): void {
    if (drawn > 0) write(`\u001b[${drawn}A\r${clearToEnd}`);
    drawn = 0;
  }
  function draw(): void {
    if (!status) return;
    const width = columns() || 80;
    // A line that is broken by the terminal would be two.
    const lines = ['', ...formatStatus(status(), performance.now())].map((text) => text.slice(0, width - 1));
    write(lines.map((text) => `${text}\n`).join(''));
    drawn = lines.length;
  }
  return {
    ready({ ike, nat }) {
      line(ike === nat ? `UDP port ${nat}; Ctrl-C ends` : `UDP ports ${ike} and ${nat}; Ctrl-C ends`);
    },
    event(event) {
      const isCheap = event.type === 'packet' || event.type === 'audit';
      const text = isCheap && !allow() ? undefined : formatEvent(event);
      if (text !== undefined) stamped(text);
    },
    ping(event) {
      line(formatPing(event));
    },
    pings(result) {
      for (const text of formatPings(result)) line(text);
    },
    say: stamped,
    watch(given) {
      status = given;
      if (!isTerminal) return;
      draw();
      timer = setInterval(() => {
        erase();
        draw();
      }, redraw);
      // What is drawn keeps nobody running.
      timer.unref();
    },
    end() {
      clearInterval(timer);
      erase();
      if (isTerminal && status) for (const text of formatStatus(status(), performance.now())) write(`${text}\n`);
      status = undefined;
    },
  };
}

function createAllowance(): () => boolean {
  let left = mostDrops;
  let second = 0;
  return () => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, left] = [now, mostDrops];
    return left-- > 0;
  };
}
