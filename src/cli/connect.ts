/**
 * `ipsec-ts connect`.
 *
 * @module
 */
import type { Command } from './command.js';
import { connectionOption, exampleConfig, hostOptions, sharedNotes, withoutFile } from './host/options.js';

/** The command. */
export const connect: Command = {
  name: 'connect',
  summary: 'Sets up the tunnels of a configuration with IKEv2 (or IKEv1), and shows what happens until Ctrl-C.',
  positionals: ['CONFIG.json|GATEWAY'],
  options: [
    connectionOption,
    ...withoutFile.connect.starts,
    ...withoutFile.connect.others,
    ...hostOptions,
    { name: 'answer-pings', help: 'answer pings that come out of a tunnel, for every address behind us' },
  ],
  notes: `A CONFIG.json that works with that of "ipsec-ts serve --help", on one machine and without privileges:

${exampleConfig('a')}

${sharedNotes}

Exit code: 0 when Ctrl-C ended it, or --ping got an answer; 1 when a connection could not be set up, was ended by the other side, or no
ping was answered; 2 when the command line is wrong.

Without a CONFIG.json the gateway is asked for an address, and everything goes through the tunnel, or what --to says.

Examples:
  ipsec-ts connect vpn.example.com --user anna --ca CA.pem
  ipsec-ts connect vpn.example.com --cert anna.pem --key anna.key --ca CA.pem --to 10.2.0.0/16
  ipsec-ts connect old.example.com --ike 1 --psk-file group.psk --id staff --user anna
  ipsec-ts connect CONFIG.json
  ipsec-ts connect CONFIG.json --ping 10.2.0.1 --count 3
  ipsec-ts connect CONFIG.json --check
  ipsec-ts connect CONFIG.json --json --key-log ~/.config/wireshark`,
  // Loaded when it is needed: the other commands do without.
  run: async (given) => (await import('./host/run.js')).runHost('connect', given),
};
