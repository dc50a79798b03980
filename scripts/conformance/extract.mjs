// Takes the requirements out of an RFC's text: every sentence, and every row of a table of levels, that says MUST, SHALL, SHOULD,
// REQUIRED or RECOMMENDED in capitals.

const keyword = /\b(?:MUST(?: NOT)?|SHALL(?: NOT)?|SHOULD(?: NOT)?|(?:NOT )?RECOMMENDED|REQUIRED)\b[+-]?/g;

/** Sections that define the key words instead of using them, and sections that only repeat levels. */
const notRequirements =
  /^(?:Requirements Language|Summary of Changes|Differences from RFC|Conventions|Changes from V\d|References|Normative References|Informative References)/;

const explainsKeywords = /^The key ?words|are to be interpreted as described in|shall use the keywords/;

/** RFC 8221 and RFC 8247 tell for each algorithm how its level came about; the requirement is the row of their tables. */
const levelHistory = {
  8221: /\bstatus\b.*\b(?:remains|updated|downgraded|set)\b|\b(?:downgraded|raised|changed|introduced?)\b.*\b(?:MUST|SHOULD|MAY)|expected to (?:remain|become)|is set as SHOULD|requirement level for/,
  8247: /\b(?:downgraded|demoted|raised|promoted|promotion|introduced?|kept at|updated to)\b|\bstatus (?:is|remains)\b/,
};

/** RFCs that put one blank behind a full stop, where others put two. */
const oneBlank = new Set(['2408', '2409', '9395']);

/** @returns {{ id: string, section: string, keyword: string, text: string }[]} in the order of the text; ids that `before` gave stay */
export function extractRequirements(number, text, before = []) {
  const found = sectionsOf(withoutPageBreaks(text))
    .filter(({ title }) => !notRequirements.test(title))
    .flatMap(({ section, lines }) => [...sentenceRequirements(section, lines, oneBlank.has(number)), ...rowRequirements(section, lines)])
    .filter((r) => !explainsKeywords.test(r.text) && !levelHistory[number]?.test(r.text));
  const known = [...before];
  const taken = new Set(before.map(({ id }) => id));
  return found.map(({ section, name, keyword: level, text: sentence }) => {
    const at = known.findIndex((r) => r.section === section && r.text === sentence);
    const id = at < 0 ? freshId(`${number}-${section}`, name, taken) : known.splice(at, 1)[0].id;
    taken.add(id);
    return { id, section, keyword: level, text: sentence };
  });
}

function freshId(stem, name, taken) {
  if (name !== undefined) return `${stem}-${name}`;
  for (let n = 1; ; n++) if (!taken.has(`${stem}-${n}`)) return `${stem}-${n}`;
}

/** "Kent  Standards Track [Page 12]", a form feed and the header of the next page go; a paragraph cut in two is joined. */
function withoutPageBreaks(text) {
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replace(
      /([^\n]*)\n+[^\n]*\[Page \d+\][ \t]*\n\s*\f?\s*RFC \d+[^\n]*\n+/g,
      (_, last) => `${last}\n${/[.:;)"'|+]\s*$/.test(last) ? '\n' : ''}`,
    )
    .replaceAll('\f', '');
}

function sectionsOf(text) {
  const sections = [];
  for (const line of text.split('\n')) {
    const heading = /^(?:Appendix )?((?:[A-Z](?=[.:\d]))?[\d.]*\d|[A-Z](?=[.:]))[.:]? +(\S.*)$/.exec(line);
    const appendix = /^ *Appendix ([A-Z])\s*$/.exec(line);
    if (appendix) sections.push({ section: appendix[1], title: 'Appendix', lines: [] });
    else if (heading) sections.push({ section: heading[1], title: heading[2], lines: [] });
    else if (/^(?:References|Authors?'s? Address)/.test(line)) sections.push({ section: '', title: 'References', lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function sentenceRequirements(section, lines, isOneBlank) {
  return paragraphsOf(lines)
    .flatMap((paragraph) => sentencesOf(paragraph, isOneBlank))
    .filter((sentence) => sentence.match(keyword))
    .map((text) => ({ section, keyword: [...new Set(text.match(keyword).map((k) => k.replace(/[+-]$/, '')))].join(', '), text }));
}

/** Lines of one paragraph or list item joined; drawings and tables left out. */
function paragraphsOf(lines) {
  const paragraphs = [[]];
  for (const line of lines) {
    const drawing = /^\s*[|+]|\+--|--\+|\|\s*$|-{6,}/.test(line);
    const item = /^\s*(?:[o*+•]|-{1,2}|\(?(?:\d{1,2}|[a-z]|[ivx]+)[.)])\s+\S/.test(line);
    if (drawing || item || line.trim() === '') paragraphs.push([]);
    if (!drawing && line.trim() !== '') paragraphs.at(-1).push(line.trim());
  }
  return paragraphs.filter((p) => p.length > 0).map((p) => p.join('\n'));
}

/** A full stop ends a sentence where two blanks or a line's end and a capital follow; "e.g." and the like do not. */
function sentencesOf(paragraph, isOneBlank) {
  const blanks = isOneBlank
    ? /(?<=[.?!]["')\]]{0,2})(?<!\b(?:e\.g|i\.e|cf|vs|Sec|Fig)\.)\s+(?=["'([]?[A-Z0-9])/
    : /(?<=[.?!:]["')\]]{0,2})(?<!\b(?:e\.g|i\.e|cf|vs|Sec|Fig)\.)(?:\s{2,}|\n)(?=["'([]?[A-Z0-9])/;
  return paragraph
    .replace(/^(?:[o*+•]|-{1,2}|\(?(?:\d{1,2}|[a-z]|[ivx]+)[.)])\s+/, '')
    .split(blanks)
    .map((sentence) =>
      sentence
        .replace(/(?<=[a-z])-\n(?=[a-z])/g, '-')
        .replace(/\s+/g, ' ')
        .trim(),
    );
}

/** Rows of a table with a column "Status": the cells before it are the name. A row without a first cell continues the one above. */
function rowRequirements(section, lines) {
  const rows = [];
  let column = -1;
  for (const line of lines) {
    if (!/^\s*\|.*\|\s*$/.test(line)) continue;
    const cells = line
      .trim()
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (cells.includes('Status')) column = cells.indexOf('Status');
    else if (cells[0] === '' && rows.length > 0) rows.at(-1).cells.forEach((cell, i, row) => (row[i] = `${cell} ${cells[i]}`.trim()));
    else if (column > 0) rows.push({ cells, column });
  }
  return rows
    .map(({ cells, column: at }) => ({ name: cells.slice(0, at).join(' '), status: cells[at] }))
    .filter(({ status }) => status.match(keyword))
    .map(({ name, status }) => ({ section, name: name.replace(/\s+/g, '-'), keyword: status, text: `${name}: ${status}` }));
}
