// Replaces API terms (calls, headers, fields) in texts with commands and options.
const IN_TERMINAL: readonly (readonly [api: RegExp, terminal: string])[] = [
  [/GET \/api\/services\/(\S+)\/releases/g, '`slipway releases $1`'],
  [/\bX-User-Id (\S+) X-Guild-Id\b/g, '--as-user $1 --as-guild'],
  [/"when_full": "queue"/g, '--queue'],
  [/\?force=true\b/g, '--force'],
  [/Send `Authorization: Bearer <key>`/, 'Give one with --key or SLIPWAY_KEY'],
  [/請加上 Authorization: Bearer <金鑰>/, '請以 --key 或 SLIPWAY_KEY 指定'],
  [/\b([Dd])eploy in the mode (\w+)/g, '$1eploy with --mode $2'],
  [/以 (docker) 模式部署/g, '以 --mode $1 部署'],
  [/\blog_tail\b/g, '`slipway logs <id>`'],
  [/`persist: \[\]`/g, '--no-persist'],
  [/\bprocess: worker\b/g, '--process worker'],
  [/`(timeout|ref|subdirectory)`/g, '--$1'],
  [/`token`/g, '--git-token'],
  [/config\.build_variables\.([A-Z][A-Z0-9_]*)/g, '--build-env $1=…'],
  [/config\.build_variables(?: \(command line: --build-env\)|（CLI：--build-env）)?/g, '--build-env'],
];

/** The options of `slipway deploy` by request field. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ['callback_url', '--callback-url'],
  ['config.command', '--command'],
  ['config.fallback_modes', '--fallback-mode'],
  ['config.persist', '--persist'],
  ['config.port', '--port'],
  ['config.process', '--process'],
  ['config.profile', '--profile'],
  ['config.python', '--python'],
  ['config.release_command', '--release-command'],
  ['config.resources', '--memory and --cpus'],
  ['config.service', '--service'],
  ['health_check.expect', '--health-expect'],
  ['health_check.min_uptime', '--min-uptime'],
  ['health_check.path', '--health-path'],
  ['health_check.timeout', '--health-timeout'],
  ['resources.cpus', '--cpus'],
  ['resources.memory_mb', '--memory'],
  ['restart.backoff_max', '--restart-backoff-max'],
  ['restart.max_per_day', '--restart-max-per-day'],
]);
const FIELD = /(?<![\w.])(?:config\.)?[a-z_]+(?:\.[a-z_]+)?(?![\w.]*\w)/g;

export function inTerminal(words: string): string {
  const named = IN_TERMINAL.reduce((text, [api, terminal]) => text.replace(api, terminal), words);
  return named.replace(FIELD, (field) => OPTIONS.get(field) ?? OPTIONS.get(field.replace(/^config\./, '')) ?? field);
}
