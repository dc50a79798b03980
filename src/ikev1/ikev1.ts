/**
 * The machine of IKEv1 as a value.
 *
 * @module
 */
import { findAskedConnection } from './asked-connection.js';
import { createIkeSa } from './begin.js';
import { closeSa } from './closing.js';
import type { StepResult } from './events.js';
import type { Ikev1Machine } from './machine.js';
import { respond } from './respond.js';
import { step } from './sa.js';
import type { Ikev1Sa } from './states.js';

/** The machine of IKEv1, for `createEndpoint`: an endpoint without it takes no message of version 1. */
export const ikev1: Ikev1Machine = /* @__PURE__ */ Object.freeze({ createIkeSa, respond, step, close, findAskedConnection });

function close(sa: Ikev1Sa, reason: string): StepResult {
  if (sa.state === 'CLOSED') return { sa, actions: [], wakeAt: Infinity };
  return { ...closeSa(sa, reason, undefined), wakeAt: Infinity };
}
