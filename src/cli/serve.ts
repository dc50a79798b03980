/**
 * `ipsec-ts serve`.
 *
 * @module
 */
import type { Command } from './command.js';
import { exampleConfig, hostOptions, sharedNotes, withoutFile } from './host/options.js';

/** The command. */
export const serve: Command = {
  name: 'serve',
  summary:
    'Waits for the peers of a configuration with IKEv2 (or IKEv1), answers pings through their tunnels, and shows what happens until Ctrl-C.',
  positionals: ['CONFIG.json|ADDRESS'],
  options: [...withoutFile.serve.starts, ...withoutFile.serve.others, ...hostOptions],
  notes: `A CONFIG.json that works with that of "ipsec-ts connect --help", on one machine and without privileges:

${exampleConfig('b')}

Every ping that comes out of a tunnel is answered, for whatever address behind us: nothing else stands there.
With --ping the pings begin when a tunnel for ADDRESS is there.

${sharedNotes}

Exit code: 0 when Ctrl-C ended it, or --ping got an answer; 1 when the configuration is wrong, a port is taken, or no ping was answered;
2 when the command line is wrong.

Examples:
  ipsec-ts serve 192.0.2.1 --cert gw.pem --key gw.key --users users.txt --pool 10.77.0.0/24 --net 10.2.0.0/16
  ipsec-ts serve CONFIG.json
  ipsec-ts serve CONFIG.json --json
  ipsec-ts serve CONFIG.json --check`,
  // Loaded when it is needed: the other commands do without.
  run: async (given) => (await import('./host/run.js')).runHost('serve', given),
};
