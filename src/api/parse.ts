// Zod's findings -> each wrong field with its path and what would be right, in the caller's language.
import type { Request } from 'express';
import { z } from 'zod';
import type { Language } from '../contract/states.js';
import { say, SENTENCES, type TextKey } from '../contract/texts.js';
import { InvalidRequest, type FieldError } from './errors.js';
import { languageOf } from './language.js';

const LOCALES = { 'zh-TW': z.locales.zhTW(), en: z.locales.en() } satisfies Record<Language, unknown>;

/** The parsed value, or an `InvalidRequest` that names every wrong field. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, req: Request): z.infer<T> {
  const language = languageOf(req);
  const parsed = schema.safeParse(value, { error: LOCALES[language].localeError });
  if (parsed.success) return parsed.data;
  throw new InvalidRequest(parsed.error.issues.flatMap((issue) => fieldErrors(issue, language)));
}

export const fieldError = (
  path: string,
  text: TextKey,
  req: Request,
  params: Record<string, string> = {},
): InvalidRequest => new InvalidRequest([{ path, message: say(text, params, languageOf(req)) }]);

function fieldErrors(issue: z.core.$ZodIssue, language: Language): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: issue.message }));
  }
  return [{ path: path.join('.'), message: ownWords(issue, language) ?? issue.message }];
}

function ownWords(issue: z.core.$ZodIssue, language: Language): string | undefined {
  if (issue.code !== 'custom') return undefined;
  const text = issue.params?.text as unknown;
  return typeof text === 'string' && text in SENTENCES ? say(text as TextKey, {}, language) : undefined;
}
