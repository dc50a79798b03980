/**
 * What there is to say against a configuration before anything is sent.
 *
 * @module
 */
import process from 'node:process';
import { type EndpointConfig, type Finding, lintConfig } from '../../endpoint.js';
import { exitCodes } from '../command.js';
import { warn } from '../output.js';
import { jsonLine } from './plain.js';

/** `--check`: prints the findings. @returns the exit code: 1 where something of it cannot work. */
export function checkConfig(path: string, config: EndpointConfig, json: boolean): number {
  const findings = lintConfig(config);
  const count = (level: Finding['level']): number => findings.filter((found) => found.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const lines = json
    ? findings.map((found) => jsonLine({ ...found }))
    : [
        ...findings.map((found) => `${path}: ${wordsOf(found)}`),
        `${path}: ${plural(config.connections.length, 'connection')}, ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`,
      ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return errors > 0 ? exitCodes.failed : exitCodes.fine;
}

/** The same on standard error, when a host starts all the same. */
export function warnOfConfig(path: string, config: EndpointConfig): void {
  for (const found of lintConfig(config)) warn(`${path}: ${wordsOf(found)}`);
}

function wordsOf({ level, path, message, rfc }: Finding): string {
  return `${level}: ${path}: ${message} (${rfc})`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
