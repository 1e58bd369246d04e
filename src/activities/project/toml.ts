// Reads values out of parsed TOML, whatever shape the author gave them.

export type Table = Record<string, unknown>;

export function asTable(value: unknown): Table | undefined {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? (value as Table) : undefined;
}

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const asTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** The table at a path of keys, when every step of it is a table. */
export function tableAt(root: Table, ...keys: readonly string[]): Table | undefined {
  return keys.reduce<Table | undefined>((table, key) => (table ? asTable(table[key]) : undefined), root);
}

/** PEP 508: how packages may be called. Whatever else a project says its name was, no installer takes. */
export const isPackageName = (name: string): boolean => /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name);

/** PEP 503: how the names of packages, groups and extras are compared. */
export const normalizeName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
