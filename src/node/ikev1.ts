/**
 * The machine of IKEv1, for configurations that want it: whoever has none of it does not load it.
 *
 * @module
 */
import type { createEndpoint, EndpointConfig } from '../endpoint.js';

/** What `createEndpoint` takes. */
type Ikev1Machine = NonNullable<Parameters<typeof createEndpoint>[1]['ikev1']>;

/** The machine; undefined: no connection is of version 1. */
export async function loadIkev1({ connections }: EndpointConfig): Promise<Ikev1Machine | undefined> {
  if (!connections.some(({ ike }) => ike.version === 1)) return undefined;
  return (await import('../ikev1.js')).ikev1;
}
