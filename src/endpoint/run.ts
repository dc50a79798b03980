/**
 * One call of an endpoint, from what comes in to the actions that go out.
 *
 * @module
 */
import { requestChild } from './request.js';
import { sendClear } from './send.js';
import type { Endpoint, Todo, Turn } from './state.js';
import { stepIke } from './step.js';
import type { EndpointAction } from './types.js';

/** Does something with an endpoint, and then what follows from it. */
export function takeTurn(endpoint: Endpoint, now: number, act: (turn: Turn) => void): EndpointAction[] {
  const turn: Turn = { endpoint, now, actions: [], todo: [] };
  act(turn);
  for (let next = turn.todo.shift(); next; next = turn.todo.shift()) follow(turn, next);
  return turn.actions;
}

function follow(turn: Turn, todo: Todo): void {
  switch (todo.kind) {
    case 'step':
      stepIke(turn, todo.entry, todo.event);
      return;
    case 'clear':
      sendClear(turn, todo.packet, todo.got);
      return;
    case 'request':
      requestChild(turn, todo.place);
      return;
  }
}
