// Detects variables that hold a secret, by name.

const WORDS = new Set(['TOKEN', 'SECRET', 'PASSWORD', 'PASSWD', 'PASSPHRASE', 'PASS', 'PWD', 'KEY', 'PAT', 'DSN']);
const ENDS = /(TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|CREDENTIALS?)$/;

/** Returns true for `DISCORD_TOKEN`, `DB_PASS` and `ARTIFACTORY_APIKEY`, and false for `STAGE` and `KEYBOARD`. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  return ENDS.test(upper) || upper.split('_').some((word) => WORDS.has(word));
}
