/**
 * Errors as values, where both ways go on.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

/** What `run` returns, or the `IpsecError` that it throws. */
export function attempt<T>(run: () => T): T | IpsecError {
  try {
    return run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
}
