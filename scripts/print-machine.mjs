// Prints docs/ikev2-machine.md from the transition table of the build: `node scripts/print-machine.mjs` writes the page, `--check` fails when
// the page says something else.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const root = new URL('../', import.meta.url);
const page = new URL('docs/ikev2-machine.md', root);
const { transitions } = await import(new URL('dist/ikev2/transitions.js', root).href);

const order = [
  ...['INIT_SENT', 'AUTH_SENT', 'EAP_WANTED', 'EAP_SENT', 'EAP_AUTH_SENT'],
  ...['LISTENING', 'INIT_ANSWERED', 'EAP_REQUESTED', 'EAP_SUCCEEDED', 'AUTH_CONTINUES'],
  ...['ESTABLISHED', 'REPLACED', 'DELETING', 'CLOSED'],
];
const states = [...new Set(transitions.flatMap(({ from, to }) => [from, ...to]))].sort((a, b) => order.indexOf(a) - order.indexOf(b));

/** Arrows of the picture: one per pair of states, with the exchanges that lead there. */
function arrows() {
  const found = new Map();
  for (const { from, to, exchange, message } of transitions) {
    for (const end of to) {
      if (end === from) continue;
      const key = `${from} --> ${end}`;
      found.set(key, (found.get(key) ?? new Set()).add(`${exchange} ${message}`));
    }
  }
  return [...found].map(([arrow, labels]) => `  ${arrow}: ${[...labels].join(', ')}`);
}

const list = (labels) => (labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(' '));
const rfcLinks = (rfc) => rfc.replace(/RFC (\d+)/g, '[RFC $1](https://www.rfc-editor.org/rfc/rfc$1)');

function line({ story, exchange, message, about, with: chosen, needs, may, to, from, rfc }) {
  const what = `${exchange} ${message}${about && about !== exchange ? ` to \`${about}\`` : ''}`;
  const payloads = [
    chosen.length > 0 ? `with ${list(chosen)}` : '',
    needs.length > 0 ? `needs ${list(needs)}` : '',
    may.length > 0 ? `may ${list(may)}` : '',
  ];
  const next = to.length === 1 && to[0] === from ? 'stays' : to.join(', ');
  return `| ${what} | ${payloads.filter(Boolean).join('; ')} | ${story} | ${next} | ${rfcLinks(rfc)} |`;
}

function section(state) {
  const rows = transitions.filter(({ from }) => from === state);
  if (rows.length === 0) return `### ${state}\n\nThe end: nothing more is taken.\n`;
  return [
    `### ${state}`,
    '',
    '| Message | Payloads | What happens | Then | Where it is written |',
    '|---|---|---|---|---|',
    ...rows.map(line),
    '',
  ].join('\n');
}

const text = `# The IKEv2 machine

Printed by \`scripts/print-machine.mjs\` from the table in \`src/ikev2/transitions.ts\`: ${transitions.length} rows over ${states.length} states. Each row is
taken by a test (\`test/ikev2/model.test.ts\`). What has no row, or not the payloads of its row, has no effect (\`test/ikev2/model-states.test.ts\`): before the
peer is authenticated it is dropped or ends the attempt; afterwards one notification answers a request, and INVALID_SYNTAX is the end of the IKE SA
([RFC 7296](https://www.rfc-editor.org/rfc/rfc7296) section 2.21.3). What all rows have in common (framing, SPIs, Message IDs and windows, the
Encrypted payload, critical payloads, retransmission) is one function, \`step\` in \`src/ikev2/sa.ts\`. Timers and commands come in by the same function;
they only queue requests. In every state the end may also come because the peer does not answer.

\`\`\`mermaid
stateDiagram-v2
  [*] --> INIT_SENT: createIkeSa
  [*] --> LISTENING
${arrows().join('\n')}
  ESTABLISHED --> DELETING: our own Delete
  REPLACED --> DELETING: our own Delete
  CLOSED --> [*]
\`\`\`

A row is looked for from top to bottom: the first whose *with* payloads are all there takes the message. *Needs* have to be there besides, *may* are allowed;
notifications and Vendor IDs may be everywhere, and unknown payloads without the critical bit are stepped over. \`N(error)\` is any notification of an error.

${states.map(section).join('\n')}`;

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') === text) console.log(`docs/ikev2-machine.md: ${transitions.length} rows, as in the table`);
  else {
    console.error('docs/ikev2-machine.md is not what the table says: npm run machine:write');
    process.exitCode = 1;
  }
} else {
  writeFileSync(page, text);
  console.log(`docs/ikev2-machine.md: ${transitions.length} rows`);
}
