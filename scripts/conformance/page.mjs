// The page of one RFC, docs/conformance/rfcNNNN.md, and the overview of all, from requirements and judgements.

/** @returns {'test' | 'not done' | 'not ours' | 'not judged'} */
export function kindOf(judgement) {
  if (judgement === undefined) return 'not judged';
  return judgement.test ? 'test' : judgement.notDone ? 'not done' : 'not ours';
}

export function countsOf(requirements, judgements) {
  const counts = { test: 0, 'not done': 0, 'not ours': 0, 'not judged': 0 };
  for (const { id } of requirements) counts[kindOf(judgements[id])]++;
  return counts;
}

export function pageOf({ number, title, note, requirements }, judgements) {
  const counts = countsOf(requirements, judgements);
  const rows = requirements.map((r) => `| ${r.id} | ${r.section} | ${r.keyword} | ${cell(r.text)} | ${statusOf(judgements[r.id])} |`);
  return `# RFC ${number}: ${title}

Every sentence of the text that says MUST, SHALL, SHOULD, REQUIRED or RECOMMENDED, and what shows that it is kept.
Printed by \`npm run conformance:write\` from \`requirements/rfc${number}.json\` (taken from the text) and \`judgements/rfc${number}.json\`.${note === undefined ? '' : `\n\n${note}`}

${requirements.length} requirements: ${sentenceOf(counts)}.

| id | section | level | requirement | status |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

export function overviewOf(list) {
  const rows = list.map(({ number, title, requirements, judgements }) => {
    const c = countsOf(requirements, judgements);
    return `| [RFC ${number}](rfc${number}.md) | ${title} | ${requirements.length} | ${c.test} | ${c['not done']} | ${c['not ours']} |`;
  });
  return `# Conformance

For each RFC a list of its requirements, taken from its text by a script, with the test that shows each one, or "not done", or "not ours" and why.
\`npm run conformance\` fails when a requirement is missing here or when a named test is gone.

| RFC | title | requirements | shown by a test | not done | not ours |
|---|---|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

export function sentenceOf(counts) {
  const words = { test: 'shown by a test', 'not done': 'not done', 'not ours': 'not ours', 'not judged': 'not judged' };
  return Object.entries(words)
    .filter(([kind]) => counts[kind] > 0 || kind !== 'not judged')
    .map(([kind, text]) => `${counts[kind]} ${text}`)
    .join(', ');
}

function statusOf(judgement) {
  const kind = kindOf(judgement);
  if (kind === 'test')
    return [judgement.test]
      .flat()
      .map((test) => `test: ${cell(test.replace('::', ' > '))}`)
      .join('<br>');
  return kind === 'not judged' ? kind : `${kind}: ${cell(judgement.notDone ?? judgement.notOurs)}`;
}

function cell(text) {
  return text.replace(/[|<*_`[\]\\]/g, '\\$&');
}
