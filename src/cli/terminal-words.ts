// The API's advice names calls, headers and fields: in a terminal it names commands and options.
const IN_TERMINAL: readonly (readonly [api: RegExp, terminal: string])[] = [
  [/GET \/api\/services\/(\S+)\/releases/, '`slipway releases $1`'],
  [/\bX-User-Id (\S+) X-Guild-Id\b/, '--as-user $1 --as-guild'],
  [/"when_full": "queue"/, '--queue'],
  [/\?force=true\b/, '--force'],
  [/\blog_tail\b/, '`slipway logs <id>`'],
];

export const inTerminal = (advice: string): string =>
  IN_TERMINAL.reduce((text, [api, terminal]) => text.replace(api, terminal), advice);
