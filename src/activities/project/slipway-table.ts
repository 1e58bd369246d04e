// Reads [tool.slipway] of pyproject.toml, a project's own settings (docs/reference/applications.md).
import { SlipwayError } from '../../contract/errors.js';
import type { AppKind } from '../../contract/states.js';
import type { Table } from './toml.js';

export interface SlipwayTable {
  command?: string;
  releaseCommand?: string;
  process?: string;
  kind?: AppKind;
  port?: number;
  python?: string;
  /** False if no Dockerfile may be generated for it. */
  docker?: boolean;
}

type Check = (value: unknown) => boolean;
interface Key {
  field: keyof SlipwayTable;
  fits: Check;
  expected: string;
}

const isText: Check = (value) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0');
const isPort: Check = (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;

const KEYS: Record<string, Key> = {
  command: { field: 'command', fits: isText, expected: 'a text' },
  release_command: { field: 'releaseCommand', fits: isText, expected: 'a text' },
  process: { field: 'process', fits: isText, expected: 'the name of a Procfile entry' },
  kind: { field: 'kind', fits: (value) => value === 'web' || value === 'worker', expected: '"web" or "worker"' },
  port: { field: 'port', fits: isPort, expected: 'a number from 1 to 65535' },
  python: { field: 'python', fits: isText, expected: 'a version or specifier in quotes' },
  docker: { field: 'docker', fits: (value) => typeof value === 'boolean', expected: 'true or false' },
};

/** Reads the table. Throws for unknown keys, because a misspelt key would otherwise do nothing, silently. */
export function readSlipwayTable(table: Table = {}): SlipwayTable {
  const entries = Object.entries(table).map(([name, value]) => {
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (!key) throw badSetting(name, `known keys are ${Object.keys(KEYS).join(', ')}`);
    if (!key.fits(value)) throw badSetting(name, key.expected);
    return [key.field, value] as const;
  });
  return Object.fromEntries(entries); // each value was checked by its key
}

function badSetting(key: string, expected: string): SlipwayError {
  return new SlipwayError('source_invalid', { text: 'source_invalid.bad_setting', params: { key, expected } });
}
