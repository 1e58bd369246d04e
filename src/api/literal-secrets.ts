// Detects secrets of a request that are also in fields that aren't sealed: the command, a path, or the metadata.
// Unsealed fields are stored in Temporal and returned by the API unchanged.
import type { StartRequest } from '../contract/requests.js';
import { isSecretName } from '../contract/secret-names.js';
import { createSearch, SHORTEST_MASKED, writtenForms } from '../masking.js';

interface Secret {
  /** The name of the variable or field that has this value. */
  name: string;
  isVariable: boolean;
  /** The value, and its escaped forms in JSON and URLs. */
  forms: readonly string[];
}

export interface LiteralSecret {
  path: string;
  name: string;
  isVariable: boolean;
}

/** Returns each unsealed field that contains a secret of the same request. All secrets are searched in one pass. */
export function literalSecrets(request: StartRequest): LiteralSecret[] {
  const secrets = secretsOf(request);
  if (secrets.length === 0) return [];
  const search = createSearch(secrets.flatMap(({ forms }) => forms));
  const owners = secrets.flatMap((secret) => secret.forms.map(() => secret));
  return textsIn(unsealedOf(request)).flatMap(({ path, text }) => {
    const matched = new Set([...search(text)].map((which) => owners[which]));
    return [...matched].flatMap((secret) =>
      secret ? [{ path, name: secret.name, isVariable: secret.isVariable }] : [],
    );
  });
}

function secretsOf({ config }: StartRequest): Secret[] {
  const plain = config.plain_variables ?? [];
  const forApp = Object.entries(config.environment_variables).filter(([name]) => !plain.includes(name));
  const given = [...forApp, ...Object.entries(config.build_variables ?? {})];
  const variables = given.flatMap(([name, value]) => {
    const secret = isSecretName(name) ? value : passwordIn(value);
    return secret === undefined ? [] : [{ name, isVariable: true, value: secret }];
  });
  const token = config.source?.type === 'git' ? config.source.token : undefined;
  const all =
    token === undefined ? variables : [...variables, { name: 'config.source.token', isVariable: false, value: token }];
  return all
    .map(({ value, ...secret }) => ({ ...secret, forms: writtenForms(value) }))
    .filter(({ forms }) => forms.length > 0);
}

/** Returns the password in a URL, for example of a database. */
function passwordIn(value: string): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const { password } = new URL(value);
  return password.length >= SHORTEST_MASKED ? password : undefined;
}

/** Returns the request without the sealed values. */
function unsealedOf({ callback_url, config, ...request }: StartRequest): object {
  const { environment_variables, plain_variables, build_variables, source, ...rest } = config;
  const from = source?.type === 'git' ? { ...source, token: undefined } : source;
  return { ...request, config: { ...rest, source: from } };
}

/** Returns every text in a value with its path, including the names of free-form fields. */
function textsIn(value: unknown, path = ''): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: path === '' ? name : path, text: name }, ...textsIn(item, at)];
  });
}
