// Zod's findings -> each wrong field with its path and what would be right, in one language.
import { z } from 'zod';
import type { Language } from './states.js';
import { say, SENTENCES, type TextKey } from './texts.js';

/** One wrong field: its path, and what would be right. */
export interface FieldError {
  path: string;
  message: string;
}

const LOCALES = { 'zh-TW': z.locales.zhTW(), en: z.locales.en() } satisfies Record<Language, unknown>;

/** The parsed value, or every field that is wrong. */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  language: Language,
): { value: z.infer<T> } | { wrong: FieldError[] } {
  const parsed = schema.safeParse(value, { error: LOCALES[language].localeError });
  if (parsed.success) return { value: parsed.data };
  return { wrong: parsed.error.issues.flatMap((issue) => fieldErrors(issue, language)) };
}

/** All of them, as the reason in a sentence. */
export const reasonOf = (wrong: FieldError[]): string =>
  wrong.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');

function fieldErrors(issue: z.core.$ZodIssue, language: Language): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: issue.message }));
  }
  return [{ path: path.join('.'), message: ownWords(issue, language) ?? issue.message }];
}

function ownWords(issue: z.core.$ZodIssue, language: Language): string | undefined {
  // Of a key that is wrong zod says no more than that; what is wrong with it is told by its own findings.
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => ownWords(inner, language)).find(Boolean);
  if (issue.code !== 'custom') return undefined;
  const text = issue.params?.text as unknown;
  return typeof text === 'string' && text in SENTENCES ? say(text as TextKey, {}, language) : undefined;
}
