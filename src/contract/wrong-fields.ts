// Converts zod issues to wrong fields, each with its path and a message in one language.
import { z } from 'zod';
import type { Language } from './states.js';
import { translate, isTextKey, type TextKey, type TextParams } from './texts.js';

/** A wrong field: its path, and a message that says which values are valid. */
export interface FieldError {
  path: string;
  message: string;
}

/** zod's own messages, for issues so rare that Slipway has no text for them. */
const LOCALES = { 'zh-TW': z.locales.zhTW(), en: z.locales.en() } satisfies Record<Language, unknown>;

/** Returns the parsed value, or every field that is wrong. */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  language: Language,
): { value: z.infer<T> } | { wrong: FieldError[] } {
  const parsed = schema.safeParse(value, { error: wordsIn(language) });
  if (parsed.success) return { value: parsed.data };
  return { wrong: parsed.error.issues.flatMap((issue) => fieldErrors(issue, language)) };
}

/** Joins all wrong fields into one text. */
export const reasonOf = (wrong: FieldError[]): string =>
  wrong.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');

function fieldErrors(issue: z.core.$ZodIssue, language: Language): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  const message = translate('field.unknown', {}, language);
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message }));
}

/** Returns zod's error map for a language. zod's default messages use its own terms (`string`, `NaN`, a pattern). */
export const wordsIn =
  (language: Language) =>
  (issue: z.core.$ZodRawIssue): ReturnType<z.core.$ZodErrorMap> => {
    // For an invalid key, the message of the key's own first issue is used.
    if (issue.code === 'invalid_key') return issue.issues[0]?.message;
    const ownText = finding(issue);
    return ownText ? translate(ownText.text, ownText.params ?? {}, language) : LOCALES[language].localeError(issue);
  };

interface Finding {
  text: TextKey;
  params?: TextParams;
}

const TYPE_TEXTS: Partial<Record<string, TextKey>> = {
  string: 'field.type_text',
  number: 'field.type_number',
  nan: 'field.type_number',
  int: 'field.whole_number',
  boolean: 'field.type_boolean',
  array: 'field.type_list',
  object: 'field.type_object',
  record: 'field.type_object',
};

function finding(issue: z.core.$ZodRawIssue): Finding | undefined {
  switch (issue.code) {
    case 'custom':
      return named(issue.params?.text);
    case 'unrecognized_keys':
      return { text: 'field.unknown' };
    case 'invalid_type':
      return issue.input === undefined ? { text: 'field.required' } : named(TYPE_TEXTS[issue.expected]);
    case 'invalid_value':
      return issue.input === undefined ? { text: 'field.required' } : oneOf(issue.values);
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : { text: 'field.variable_value' };
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum));
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum));
    case 'invalid_format':
      return issue.format === 'datetime' ? { text: 'field.time' } : undefined;
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
      return undefined;
  }
}

const named = (text: unknown): Finding | undefined => (isTextKey(text) ? { text } : undefined);

const oneOf = (values: readonly unknown[]): Finding => ({
  text: 'field.one_of',
  params: { values: values.map(String).join(', ') },
});

function tooSmall(origin: string, least: number): Finding {
  if (origin !== 'string' && origin !== 'array') return { text: 'field.at_least', params: { least } };
  return least === 1 ? { text: 'field.empty' } : { text: 'field.too_short', params: { least } };
}

function tooBig(origin: string, most: number): Finding {
  if (origin === 'string') return { text: 'field.too_long', params: { most } };
  return { text: origin === 'array' ? 'field.too_many' : 'field.at_most', params: { most } };
}
