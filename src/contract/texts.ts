// The texts of locales/, in ICU message format. API, worker and workflows use them; the command line's own texts are in
// src/cli/texts.ts.
import { IntlMessageFormat } from 'intl-messageformat';
import en from '../../locales/en.json' with { type: 'json' };
import zhTW from '../../locales/zh-TW.json' with { type: 'json' };
import type { Catalog, MessageParams, Sentence } from './message-types.js';
import type { Language, Step } from './states.js';

const CATALOGS: Readonly<Record<Language, Catalog>> = { en, 'zh-TW': zhTW };

export const catalogOf = (language: Language): Catalog => CATALOGS[language];

/** The parameters of every sentence that an error, a warning or a field can have. */
export type SentenceParams = MessageParams['deployments'] &
  MessageParams['services'] &
  MessageParams['callbacks'] &
  MessageParams['api'] &
  MessageParams['app_user'] &
  MessageParams['fields'] &
  MessageParams['start'];

export type TextKey = keyof SentenceParams;
export type TextParams = Readonly<Record<string, string | number>>;

/** A text with all of its parameters. */
export type Message = { [T in TextKey]: { text: T; params: Readonly<SentenceParams[T]> } }[TextKey];

/** The texts that need no other parameters than these. */
export type TextWith<Names> = { [T in TextKey]: keyof SentenceParams[T] extends Names ? T : never }[TextKey];

/** Pairs a text that is chosen at run time with its parameters. */
export const messageOf = <P extends TextParams>(text: TextWith<keyof P>, params: P): Message =>
  ({ text, params }) as unknown as Message;

/** A message in a record, which another version may have written. */
export interface StoredMessage {
  text: TextKey;
  params: TextParams;
}

/** Returns the message of a record as it is. Parameters that it lacks stay as `{name}` in the text. */
export const storedMessage = ({ text, params }: StoredMessage): Message => ({ text, params }) as Message;

const sentencesOf = (catalog: Catalog): Readonly<Record<TextKey, Sentence>> => ({
  ...catalog.deployments,
  ...catalog.services,
  ...catalog.callbacks,
  ...catalog.api,
  ...catalog.app_user,
  ...catalog.fields,
  ...catalog.start,
});
const SENTENCES: Readonly<Record<Language, Readonly<Record<TextKey, Sentence>>>> = {
  en: sentencesOf(en),
  'zh-TW': sentencesOf(zhTW),
};

/** Returns true for a text that this version has. Records of other versions may have others. */
export const isTextKey = (text: unknown): text is TextKey =>
  typeof text === 'string' && Object.hasOwn(SENTENCES.en, text);

const formats: Record<Language, Map<string, IntlMessageFormat>> = { en: new Map(), 'zh-TW': new Map() };

/**
 * Formats a text in ICU message format. A parameter that is missing stays as `{name}`, because a record of an earlier
 * version may lack one.
 */
export function format(text: string, params: TextParams, language: Language): string {
  const known = formats[language];
  const message = known.get(text) ?? new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
  known.set(text, message);
  return String(message.format(withNames(params)));
}

const withNames = (params: TextParams): TextParams =>
  new Proxy(params, {
    has: () => true,
    get: (known, name) =>
      (Object.hasOwn(known, name) ? Reflect.get(known, name) : `{${String(name)}}`) as string | number,
  });

export const sentence = (key: TextKey, language: Language): Sentence => SENTENCES[language][key];

/** The parameters of a text. Those of a text from a record aren't known. */
type ParamsFor<K extends TextKey> = TextKey extends K ? TextParams : Readonly<SentenceParams[K]>;

/** Returns the message of a text. */
export const translate = <K extends TextKey>(key: K, params: ParamsFor<K>, language: Language): string =>
  format(sentence(key, language).message, params, language);

/** Returns the hint of a text, if there is one. */
export function hint<K extends TextKey>(key: K, params: ParamsFor<K>, language: Language): string | undefined {
  const { hint: advice } = sentence(key, language);
  return advice === undefined ? undefined : format(advice, params, language);
}

/** Returns a sentence with its parameters. */
export const fillSentence = (
  { message, hint: advice }: Sentence,
  params: TextParams,
  language: Language,
): Sentence => ({
  message: format(message, params, language),
  ...(advice !== undefined && { hint: format(advice, params, language) }),
});

/**
 * Returns the name of a step, or of the time before the first step. Part of the API: clients rely on the Chinese texts,
 * so these are sent in every language. English is in a separate field.
 */
export const stepText = (step: Step | 'waiting', language: Language): string => catalogOf(language).steps[step];

/** Returns a text that clients of the API rely on. */
export const fixedText = (key: keyof Catalog['fixed'], language: Language): string => catalogOf(language).fixed[key];
