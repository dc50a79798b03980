// Prints docs/ikev2-machine.md and docs/ikev1-machine.md from the transition tables of the build: `node scripts/print-machine.mjs` writes the
// pages, `--check` fails when a page says something else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const root = new URL('../', import.meta.url);

/** The machines: what is told of each before its table. */
const machines = [
  {
    page: 'docs/ikev2-machine.md',
    table: 'dist/ikev2/transitions.js',
    order: [
      ...['INIT_SENT', 'AUTH_SENT', 'EAP_WANTED', 'EAP_SENT', 'EAP_AUTH_SENT'],
      ...['LISTENING', 'INIT_ANSWERED', 'EAP_REQUESTED', 'EAP_SUCCEEDED', 'AUTH_CONTINUES'],
      ...['ESTABLISHED', 'REPLACED', 'DELETING', 'CLOSED'],
    ],
    begin: ['[*] --> INIT_SENT: createIkeSa', '[*] --> LISTENING'],
    end: ['ESTABLISHED --> DELETING: our own Delete', 'REPLACED --> DELETING: our own Delete', 'CLOSED --> [*]'],
    arrow: ({ exchange, message }) => `${exchange} ${message}`,
    message: ({ exchange, message, about }) => `${exchange} ${message}${about && about !== exchange ? ` to \`${about}\`` : ''}`,
    head: (rows, states) => `# The IKEv2 machine

Printed by \`scripts/print-machine.mjs\` from the table in \`src/ikev2/transitions.ts\`: ${rows} rows over ${states} states. Each row is
taken by a test (\`test/ikev2/model.test.ts\`). What has no row, or not the payloads of its row, has no effect (\`test/ikev2/model-states.test.ts\`): before the
peer is authenticated it is dropped or ends the attempt; afterwards one notification answers a request, and INVALID_SYNTAX is the end of the IKE SA
([RFC 7296](https://www.rfc-editor.org/rfc/rfc7296) section 2.21.3). What all rows have in common (framing, SPIs, Message IDs and windows, the
Encrypted payload, critical payloads, retransmission) is one function, \`step\` in \`src/ikev2/sa.ts\`. Timers and commands come in by the same function;
they only queue requests. In every state the end may also come because the peer does not answer.`,
    rules: `A row is looked for from top to bottom: the first whose *with* payloads are all there takes the message. *Needs* have to be there besides, *may* are allowed;
notifications and Vendor IDs may be everywhere, and unknown payloads without the critical bit are stepped over. \`N(error)\` is any notification of an error.`,
  },
  {
    page: 'docs/ikev1-machine.md',
    table: 'dist/ikev1/transitions.js',
    order: [
      ...['MAIN_I1', 'MAIN_I2', 'MAIN_I3', 'AGGRESSIVE_I1'],
      ...['LISTENING', 'MAIN_R1', 'MAIN_R2', 'AGGRESSIVE_R0', 'AGGRESSIVE_R1'],
      ...['XAUTH_CLIENT', 'XAUTH_SERVER', 'CONFIG_CLIENT', 'CONFIG_SERVER', 'ESTABLISHED', 'CLOSED'],
    ],
    begin: ['[*] --> MAIN_I1: main mode', '[*] --> AGGRESSIVE_I1: aggressive mode', '[*] --> LISTENING'],
    end: ['CLOSED --> [*]'],
    arrow: ({ exchange }) => exchange,
    message: ({ exchange, about }) =>
      about === 'new' ? `${exchange}, which begins` : about === 'phase1' ? exchange : `${exchange} of \`${about}\``,
    head: (rows, states) => `# The IKEv1 machine

Deprecated by RFC 9395: [what it does and what it gets wrong](learn/main-mode.md). Printed by \`scripts/print-machine.mjs\` from the table in \`src/ikev1/transitions.ts\`: ${rows} rows over ${states} states. What has no row, or not the payloads of its
row, has no effect: in phase 1 it is dropped, and the reason is told if nothing better comes; in phase 2 one notification answers what is genuine. What all rows have in common (framing, cookies, fragments, repetitions, encryption and its IVs, hashes of
phase 2, retransmission) is one function, \`step\` in \`src/ikev1/sa.ts\`. Timers and commands come in by the same function. "Which begins" is the first message of an exchange; the others name what the exchange is about. In every state the end may also
come because the peer does not answer. A state that stays although its row leads further waits for an answer from outside: a key, a signature, the judgement of a certificate.`,
    rules: `A row is looked for from top to bottom: the first whose *with* payloads are all there takes the message. *Needs* have to be there besides, *may* are allowed;
notifications, Vendor IDs and the payloads of NAT traversal may be everywhere, and unknown payloads are stepped over. The HASH payload of phase 2 has been taken off.`,
  },
];

const isCheck = process.argv.includes('--check');
for (const machine of machines) {
  const { transitions } = await import(new URL(machine.table, root).href);
  const text = pageOf(machine, transitions);
  const file = new URL(machine.page, root);
  if (!isCheck) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${machine.page} is not what the table says: npm run machine:write`);
    process.exitCode = 1;
  }
  console.log(`${machine.page}: ${transitions.length} rows`);
}

function pageOf({ order, begin, end, arrow, message, head, rules }, transitions) {
  const states = [...new Set(transitions.flatMap(({ from, to }) => [from, ...to]))].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const unknown = states.filter((state) => !order.includes(state));
  if (unknown.length > 0) throw new Error(`scripts/print-machine.mjs does not know where ${unknown.join(', ')} belongs`);
  const section = (state) =>
    sectionOf(
      state,
      transitions.filter(({ from }) => from === state),
      message,
    );
  return `${head(transitions.length, states.length)}

\`\`\`mermaid
stateDiagram-v2
${[...begin, ...arrowsOf(transitions, arrow), ...end].map((line) => `  ${line}`).join('\n')}
\`\`\`

${rules}

${states.map(section).join('\n')}`;
}

/** Arrows of the picture: one per pair of states, with the exchanges that lead there. */
function arrowsOf(transitions, labelOf) {
  const found = new Map();
  for (const transition of transitions) {
    const { from, to } = transition;
    for (const end of to) {
      if (end === from) continue;
      const key = `${from} --> ${end}`;
      found.set(key, (found.get(key) ?? new Set()).add(labelOf(transition)));
    }
  }
  return [...found].map(([key, labels]) => `${key}: ${[...labels].join(', ')}`);
}

function sectionOf(state, rows, messageOf) {
  if (rows.length === 0) return `### ${state}\n\nThe end: nothing more is taken.\n`;
  return [
    `### ${state}`,
    '',
    '| Message | Payloads | What happens | Then | Where it is written |',
    '|---|---|---|---|---|',
    ...rows.map((row) => lineOf(row, messageOf(row))),
    '',
  ].join('\n');
}

function lineOf({ story, with: chosen, needs, may, to, from, rfc }, what) {
  const list = (labels) => labels.map((label) => `\`${label}\``).join(' ');
  const payloads = [
    chosen.length > 0 ? `with ${list(chosen)}` : '',
    needs.length > 0 ? `needs ${list(needs)}` : '',
    may.length > 0 ? `may ${list(may)}` : '',
  ];
  const next = to.length === 1 && to[0] === from ? 'stays' : to.join(', ');
  const links = rfc.replace(/RFC (\d+)/g, '[RFC $1](https://www.rfc-editor.org/rfc/rfc$1)');
  return `| ${what} | ${payloads.filter(Boolean).join('; ')} | ${story} | ${next} | ${links} |`;
}
