/** The texts that swanctl reads and writes. */

/** A section of swanctl.conf or strongswan.conf. */
export interface Section {
  readonly [name: string]: string | number | boolean | Section | undefined;
}

/** `name = value` and `name { ... }`, line by line. */
export function formatSection(section: Section, indent = ''): string {
  const line = ([name, value]: [string, Section[string]]): string => {
    if (value === undefined) return '';
    if (typeof value === 'object') return `${indent}${name} {\n${formatSection(value, `${indent}  `)}${indent}}\n`;
    return `${indent}${name} = ${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}\n`;
  };
  return Object.entries(section).map(line).join('');
}

/** What `swanctl --raw` prints: sections in braces, lists in brackets. */
export interface Raw {
  readonly [name: string]: string | readonly string[] | Raw;
}

/** Reads every message of `swanctl --raw`: `list-sa event {net {uniqueid=1 child-sas {net-1 {mode=TUNNEL local-ts=[10.0.0.0/8]}}}}`. */
export function parseRaw(text: string): Raw[] {
  const messages: Raw[] = [];
  for (const m of text.matchAll(/^[\w-]+ (?:event|reply) \{(.*)\}$/gm))
    messages.push(readSection(m[1]!.match(/[{}[\]]|[^\s{}[\]=]+=[^\s{}[\]]*|[^\s{}[\]=]+/g) ?? []));
  return messages;
}

function readSection(words: string[]): Raw {
  const section: Record<string, Raw[string]> = {};
  for (let word = words.shift(); word !== undefined && word !== '}'; word = words.shift()) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (equals < 0) {
      if (words.shift() !== '{') throw new Error(`swanctl --raw: no brace after ${word}`);
      section[name] = readSection(words);
    } else if (equals === word.length - 1 && words[0] === '[') {
      section[name] = words.splice(0, words.indexOf(']') + 1).slice(1, -1);
    } else section[name] = word.slice(equals + 1);
  }
  return section;
}
