/**
 * Whether a connection comes about.
 *
 * @module
 */
import { type Endpoint, type EndpointConfig, type EndpointEvent, status } from '../endpoint.js';
import { IpsecError } from '../errors.js';

/** A connection that is being watched. */
export interface Watch {
  /** Kept when it is up, broken when it is known that it will not be. */
  readonly up: Promise<void>;
  /** Nobody watches any more. */
  end(): void;
}

/** Watches a connection from now on. */
export function watchConnection(
  { connections }: EndpointConfig,
  name: string,
  onEvent: (listener: (event: EndpointEvent) => void) => () => void,
  endpoint: Endpoint,
): Watch {
  const children = connections.find(({ ike }) => ike.name === name)?.ike.children ?? [];
  const wantsChild = children.some(({ start }, i) => start ?? i === 0);
  let off = (): void => undefined;
  const up = new Promise<void>((resolve, reject) => {
    off = onEvent((event) => {
      if (!('connection' in event) || event.connection !== name) return;
      if (event.type === (wantsChild ? 'childUp' : 'established')) resolve();
      if (event.type === 'childFailed') reject(event.error);
      if (event.type === 'closed' && !isThere(endpoint, name)) reject(event.error ?? endOf(name, event.reason));
    });
  });
  return {
    up,
    end: () => {
      off();
    },
  };
}

function isThere(endpoint: Endpoint, name: string): boolean {
  return status(endpoint).ikeSas.some(({ connection, state }) => connection === name && state !== 'CLOSED');
}

function endOf(name: string, reason: string): IpsecError {
  return new IpsecError('peer-refused', `connection ${name}`, { expected: 'an IKE SA', found: reason });
}
