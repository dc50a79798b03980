/**
 * `ipsec-ts connect`.
 *
 * @module
 */
import type { Command } from './command.js';
import { connectionOption, exampleConfig, hostOptions, sharedNotes } from './host/options.js';

/** The command. */
export const connect: Command = {
  name: 'connect',
  summary: 'Sets up the tunnels of a configuration with IKEv2, and shows what happens until Ctrl-C.',
  positionals: ['CONFIG.json'],
  options: [
    connectionOption,
    ...hostOptions,
    { name: 'answer-pings', help: 'answer pings that come out of a tunnel, for every address behind us' },
  ],
  notes: `A CONFIG.json that works with that of "ipsec-ts serve --help", on one machine and without privileges:

${exampleConfig('a')}

${sharedNotes}

Exit code: 0 when Ctrl-C ended it, or --ping got an answer; 1 when a connection could not be set up, was ended by the other side, or no
ping was answered; 2 when the command line is wrong.

Examples:
  ipsec-ts connect CONFIG.json
  ipsec-ts connect CONFIG.json --ping 10.2.0.1 --count 3
  ipsec-ts connect CONFIG.json --check
  ipsec-ts connect CONFIG.json --json --key-log ~/.config/wireshark`,
  // Loaded when it is needed: the other commands do without.
  run: async (given) => (await import('./host/run.js')).runHost('connect', given),
};
