/**
 * What an endpoint knows of IKEv1: its types. The machine itself is handed in, so that nobody loads what he does not use. These are all the lines of the endpoint
 * that name that room.
 *
 * @module
 */
export type { Ikev1Action, Ikev1Ask, Ikev1Event, Ikev1Machine, Ikev1Sa } from '../ikev1/machine.js';
