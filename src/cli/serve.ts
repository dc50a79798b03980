/**
 * `ipsec-ts serve`.
 *
 * @module
 */
import type { Command } from './command.js';
import { exampleConfig, hostOptions, sharedNotes } from './host/options.js';

/** The command. */
export const serve: Command = {
  name: 'serve',
  summary: 'Waits for the peers of a configuration with IKEv2, answers pings through their tunnels, and shows what happens until Ctrl-C.',
  positionals: ['CONFIG.json'],
  options: hostOptions,
  notes: `A CONFIG.json that works with that of "ipsec-ts connect --help", on one machine and without privileges:

${exampleConfig('b')}

Every ping that comes out of a tunnel is answered, for whatever address behind us: nothing else stands there.
With --ping the pings begin when a tunnel for ADDRESS is there.

${sharedNotes}

Exit code: 0 when Ctrl-C ended it, or --ping got an answer; 1 when the configuration is wrong, a port is taken, or no ping was answered;
2 when the command line is wrong.

Examples:
  ipsec-ts serve CONFIG.json
  ipsec-ts serve CONFIG.json --json
  ipsec-ts serve CONFIG.json --check`,
  // Loaded when it is needed: the other commands do without.
  run: async (given) => (await import('./host/run.js')).runHost('serve', given),
};
