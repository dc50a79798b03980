/**
 * What every table of this folder has in common: rows of a number and a name, and the search in them.
 *
 * @module
 */

/** One assignment of a registry. */
export interface RegistryRow {
  /** The number on the wire. */
  readonly id: number;
  /** IANA's name, verbatim. */
  readonly name: string;
  /** The document that defines it: `RFC 4303`. */
  readonly rfc: string;
}

/** A requirement level as the tables of RFC 8221 and RFC 8247 print it. */
type RequirementLevel = 'MUST' | 'MUST-' | 'SHOULD+' | 'SHOULD' | 'SHOULD / MAY' | 'MAY' | 'SHOULD NOT' | 'MUST NOT' | 'MUST / MUST NOT';

/** One assignment of a registry of algorithms. */
export interface AlgorithmRow extends RegistryRow {
  /** RFC 8221: the level for ESP (and AH, where the algorithm serves it); null where that document says nothing. */
  readonly esp: RequirementLevel | null;
  /** RFC 8247: the level for IKEv2; null where that document says nothing. */
  readonly ike: RequirementLevel | null;
  /** IANA's Status column since RFC 9395: the document that deprecates the row. */
  readonly deprecated?: string;
  /** What the level depends on. */
  readonly note?: string;
}

/** The row with this number. */
export function findById<Row extends RegistryRow>(table: readonly Row[], id: number): Row | undefined {
  return table.find((row) => row.id === id);
}

/** The row with this name, letter for letter. */
export function findByName<Row extends RegistryRow>(table: readonly Row[], name: string): Row | undefined {
  return table.find((row) => row.name === name);
}

/** The name of a number, or the number in hexadecimal when the table does not know it. */
export function nameOf(table: readonly RegistryRow[], id: number): string {
  return findById(table, id)?.name ?? `0x${id.toString(16).padStart(2, '0')}`;
}

/** A table that nobody can change. */
export function frozenTable<const Row extends RegistryRow>(rows: readonly Row[]): readonly Row[] {
  for (const row of rows) Object.freeze(row);
  return Object.freeze(rows);
}
