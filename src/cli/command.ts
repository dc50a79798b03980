/**
 * What a command is, and how its arguments are read: unknown options and missing arguments are named, with what is nearest.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { nearestName } from '../errors.js';

/** One option of a command. */
interface Option {
  /** Without the two dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for its value in the help; absent: it takes none. */
  readonly value?: string;
  /** Nothing can be done without it. */
  readonly required?: true;
  /** One line. */
  readonly help: string;
}

/** Exit codes: everything was done; something could not be read or done; the command line was wrong. */
export const exitCodes = { fine: 0, failed: 1, usage: 2 } as const;

/** One command. */
export interface Command {
  /** The word. */
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** Names of the arguments that it needs, in order; a last one that ends in ` ...` may be given more than once. */
  readonly positionals: readonly string[];
  /** Besides `--help`. */
  readonly options: readonly Option[];
  /** Paragraphs below the options, examples among them. */
  readonly notes: string;
  /** Does it. @returns the exit code. */
  readonly run: (given: Given) => Promise<number>;
}

/** Arguments that fit their command. */
export interface Given {
  /** As many as the command names, or more. */
  readonly positionals: readonly string[];
  /** Values of options by name. */
  readonly values: ReadonlyMap<string, string>;
  /** Options without a value that were given. */
  readonly flags: ReadonlySet<string>;
}

const help: Option = { name: 'help', short: 'h', help: 'show this text' };

/** Reads the arguments of a command: what was given, or what is wrong with it in a sentence. */
export function readArguments(command: Command, args: readonly string[]): Given | { readonly wrong: string } {
  const options = [...command.options, help];
  const spec = Object.fromEntries(
    options.map((o) => [
      o.name,
      { type: o.value === undefined ? 'boolean' : 'string', ...(o.short !== undefined && { short: o.short }) } as const,
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options: spec, strict: false, allowPositionals: true, tokens: true });
  const positionals: string[] = [];
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find((o) => o.name === token.name);
    if (option === undefined) return { wrong: unknownOption(token.rawName, options) };
    if (option.value === undefined) {
      if (token.value !== undefined) return { wrong: `--${option.name} takes no value` };
      flags.add(option.name);
    } else {
      // A dash alone is standard input; what begins with a dash is an option whose value was forgotten.
      if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))
        return { wrong: `--${option.name} needs ${option.value}` };
      if (values.has(option.name)) return { wrong: `--${option.name} is given twice` };
      values.set(option.name, token.value);
    }
  }
  if (flags.has('help')) return { positionals, values, flags };
  const { length } = command.positionals;
  const isOpen = command.positionals.at(-1)?.endsWith(' ...') === true;
  if (positionals.length < length) return { wrong: `${command.positionals[positionals.length]!.replace(/ \.\.\.$/, '')} is missing` };
  if (positionals.length > length && !isOpen) return { wrong: `one argument too many: ${positionals[length]!}` };
  const missing = options.find((o) => o.required === true && !values.has(o.name));
  return missing === undefined ? { positionals, values, flags } : { wrong: `--${missing.name} ${missing.value ?? ''} is missing` };
}

function unknownOption(name: string, options: readonly Option[]): string {
  const bare = name.replace(/^-+/, '');
  const names = options.map((o) => o.name);
  const nearest = nearestName(bare, names) ?? names.find((known) => known.startsWith(`${bare}-`));
  return `unknown option ${name}${nearest === undefined ? '' : `, did you mean --${nearest}?`}`;
}

/** Columns that the first line of a help may have. */
const width = 120;

/** The first line of a command's help. */
export function usageOf({ name, positionals, options }: Command): string {
  const shown = options
    .map((o) => ({ text: `--${o.name}${o.value === undefined ? '' : ` ${o.value}`}`, required: o.required === true }))
    .map(({ text, required }) => (required ? ` ${text}` : ` [${text}]`))
    .join('');
  const start = `ipsec-ts ${name}${positionals.map((p) => ` ${p}`).join('')}`;
  return start.length + shown.length > width && !options.some((o) => o.required === true) ? `${start} [OPTIONS]` : start + shown;
}

/** All of a command's help. */
export function helpOf(command: Command): string {
  const rows = [...command.options, help].map((o) => {
    const names = `${o.short === undefined ? '    ' : `-${o.short}, `}--${o.name}${o.value === undefined ? '' : ` ${o.value}`}`;
    return { names, help: o.help };
  });
  const width = Math.max(...rows.map((r) => r.names.length));
  const list = rows.map((r) => `  ${r.names.padEnd(width)}  ${r.help}`).join('\n');
  return `${usageOf(command)}\n\n${command.summary}\n\n${list}\n\n${command.notes}\n`;
}
