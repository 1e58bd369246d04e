import type { Request } from 'express';
import type { Language } from '../contract/states.js';

/** Returns the caller's language: zh-TW unless the caller prefers English. */
export function languageOf(req: Request): Language {
  const preferred = req.acceptsLanguages('zh-TW', 'zh', 'en');
  return preferred === 'en' ? 'en' : 'zh-TW';
}
