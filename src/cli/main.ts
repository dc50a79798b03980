#!/usr/bin/env node
/**
 * The command `ipsec-ts`.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { IpsecError, nearestName } from '../errors.js';
import { exitCodes, helpOf, readArguments, usageOf, type Command } from './command.js';
import { connect } from './connect.js';
import { decode } from './decode.js';
import { demo } from './demo.js';
import { id } from './id.js';
import { endQuietlyOnClosedPipe, warn } from './output.js';
import { protect } from './protect.js';
import { serve } from './serve.js';

const commands: readonly Command[] = [connect, serve, id, decode, protect, demo];

endQuietlyOnClosedPipe();
process.exitCode = await run(process.argv.slice(2));

async function run([word, ...rest]: readonly string[]): Promise<number> {
  if (word === '--version' || word === '-V' || word === 'version') return print(`${version()}\n`);
  if (word === '--help' || word === '-h' || (word === 'help' && rest.length === 0)) return print(overview());
  const name = word === 'help' ? rest[0] : word;
  const command = commands.find((c) => c.name === name);
  if (command === undefined) return refuse(name);
  if (word === 'help') return print(helpOf(command));
  const given = readArguments(command, rest);
  if ('wrong' in given) {
    warn(`${command.name}: ${given.wrong}`);
    process.stderr.write(`usage: ${usageOf(command)}\n`);
    return exitCodes.usage;
  }
  if (given.flags.has('help')) return print(helpOf(command));
  try {
    return await command.run(given);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    warn(`${command.name}: ${error.message}`);
    return exitCodes.failed;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.fine;
}

function refuse(name: string | undefined): number {
  if (name === undefined) {
    process.stderr.write(overview());
    return exitCodes.usage;
  }
  const nearest = nearestName(name, [...commands.map((c) => c.name), 'help', '--version', '--help']);
  warn(`unknown ${name.startsWith('-') ? 'option' : 'command'} ${name}${nearest === undefined ? '' : `, did you mean ${nearest}?`}`);
  process.stderr.write('usage: ipsec-ts COMMAND ...; ipsec-ts --help lists them\n');
  return exitCodes.usage;
}

function overview(): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  const list = commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`).join('\n');
  return `ipsec-ts ${version()}: IPsec tunnels and packets, set up, sealed, opened and explained

usage: ipsec-ts COMMAND ...

${list}

  ipsec-ts COMMAND --help   options, exit codes and examples
  ipsec-ts --version
`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
