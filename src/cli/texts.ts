// The texts of the command line.
import { catalogOf, format, fillSentence, type TextParams } from '../contract/texts.js';
import type { Catalog, MessageParams, Sentence } from '../contract/message-types.js';
import type { Language } from '../contract/states.js';

export type CliSentence = keyof MessageParams['cli'];
export type CliLine = keyof MessageParams['lines'];
export type CliWord = keyof Catalog['words'];

/** Returns an error's message and hint. */
export const sentenceOf = (key: CliSentence, params: TextParams, language: Language): Sentence =>
  fillSentence(catalogOf(language).cli[key], params, language);

/** The parameters of a progress message, which are left out if it has none. */
export type LineParams<K extends CliLine> = keyof MessageParams['lines'][K] extends never
  ? []
  : [params: Readonly<MessageParams['lines'][K]>];

/** A progress message without parameters. */
export type PlainLine = { [K in CliLine]: keyof MessageParams['lines'][K] extends never ? K : never }[CliLine];

/** Returns a progress message. */
export function lineOf<K extends CliLine>(language: Language, key: K, ...params: LineParams<K>): string {
  const [values = {}] = params as [TextParams?];
  return format(catalogOf(language).lines[key], values, language);
}

/** Returns a table's heading or a field's label. */
export const wordOf = (key: CliWord, language: Language): string => catalogOf(language).words[key];

/** The doctor also uses the sentences about settings and the app user. */
type DoctorMessages = MessageParams['doctor'] & MessageParams['settings'] & MessageParams['app_user'];
export type DoctorSentence = keyof DoctorMessages;

/** The parameters of a sentence, which are left out if it has none. */
export type DoctorParams<K extends DoctorSentence> = keyof DoctorMessages[K] extends never
  ? [params?: TextParams]
  : [params: Readonly<DoctorMessages[K]>];

export function doctorSentence(key: DoctorSentence, params: TextParams, language: Language): Sentence {
  const { doctor, settings, app_user: appUser } = catalogOf(language);
  return fillSentence({ ...doctor, ...settings, ...appUser }[key], params, language);
}
