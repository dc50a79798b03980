/**
 * An endpoint at work: what it says is done in order, its one timer stands at its next deadline, and nothing that goes wrong stops it.
 *
 * @module
 */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { type Endpoint, type EndpointAction, wake, wakeAt } from '../endpoint.js';
import { IpsecError } from '../errors.js';

/** Something done with an endpoint. */
export type Act = (endpoint: Endpoint, now: number) => readonly EndpointAction[];

/** An endpoint at work. */
export interface Loop {
  /** Does something at the caller's wish. What the endpoint throws is the caller's to know. */
  run(act: Act): void;
  /** Does something at the wish of the network or the clock: true when it could be done. It throws nothing. */
  take(act: Act): boolean;
  /** Tells of something that could not be done. It throws nothing. */
  refuse(error: IpsecError): void;
  /** Nothing is done any more. */
  stop(): void;
}

/** Milliseconds of a monotonic clock. */
export function now(): number {
  return performance.now();
}

/** Starts. @param perform does one action; what it throws becomes a warning. */
export function createLoop(endpoint: Endpoint, perform: (action: EndpointAction) => void): Loop {
  const queue: EndpointAction[] = [];
  const warn = createWarner();
  let isDraining = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;

  function run(act: Act): void {
    if (isStopped) return;
    // A listener may send while actions are being done: its own come behind those.
    for (const action of act(endpoint, now())) queue.push(action);
    if (!isDraining) drain();
    schedule(wakeAt(endpoint));
  }

  function drain(): void {
    isDraining = true;
    // It grows while it is read.
    for (const action of queue)
      attempt(() => {
        perform(action);
      });
    queue.length = 0;
    isDraining = false;
  }

  function attempt(what: () => void): boolean {
    try {
      what();
      return true;
    } catch (error) {
      warn(error);
      return false;
    }
  }

  function take(act: Act): boolean {
    return attempt(() => {
      try {
        run(act);
      } catch (error) {
        if (!(error instanceof IpsecError)) throw error;
        refuse(error);
      }
    });
  }

  function refuse({ message: detail }: IpsecError): void {
    attempt(() => {
      run(() => [{ type: 'event', event: { type: 'audit', event: 'dropped', detail, connection: undefined } }]);
    });
  }

  function schedule(at: number): void {
    if (isStopped || at === timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    if (at < Infinity) timer = setTimeout(ring, Math.min(Math.max(0, Math.ceil(at - now())), longest));
  }

  function ring(): void {
    timerAt = Infinity;
    if (wakeAt(endpoint) > now()) schedule(wakeAt(endpoint));
    // What is due and cannot be done must not keep the process busy.
    else if (!take(wake) || wakeAt(endpoint) <= now()) schedule(now() + patience);
  }

  schedule(wakeAt(endpoint));
  return {
    run,
    take,
    refuse,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** What `setTimeout` takes. */
const longest = 0x7fff_ffff;
/** Milliseconds until what could not be done is tried again. */
const patience = 20;

/** Warnings of the process, one a second at most: a listener that throws may do so for every packet. */
function createWarner(): (error: unknown) => void {
  let next = -Infinity;
  return (error) => {
    if (now() < next) return;
    next = now() + 1000;
    process.emitWarning(error instanceof Error ? error : String(error));
  };
}
