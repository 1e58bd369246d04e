// Reads values from parsed TOML of any shape.

export type Table = Record<string, unknown>;

export function asTable(value: unknown): Table | undefined {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? (value as Table) : undefined;
}

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const asTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** Returns the table at a path of keys, if every step of it is a table. */
export function tableAt(root: Table, ...keys: readonly string[]): Table | undefined {
  return keys.reduce<Table | undefined>((table, key) => (table ? asTable(table[key]) : undefined), root);
}

/** Returns true for a valid package name (PEP 508). Installers reject all others. */
export const isPackageName = (name: string): boolean => /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name);

/** Normalizes names of packages, groups and extras for comparison (PEP 503). */
export const normalizeName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
