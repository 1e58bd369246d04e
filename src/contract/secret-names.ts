// Which variables hold a secret, by their names. Pure.

const WORDS = new Set(['TOKEN', 'SECRET', 'PASSWORD', 'PASSWD', 'PASSPHRASE', 'PASS', 'PWD', 'KEY', 'PAT', 'DSN']);
const ENDS = /(TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|CREDENTIALS?)$/;

/** `DISCORD_TOKEN`, `DB_PASS`, `ARTIFACTORY_APIKEY`; not `STAGE` or `KEYBOARD`. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  return ENDS.test(upper) || upper.split('_').some((word) => WORDS.has(word));
}
