// All texts by key, in both languages. `{name}` is replaced by the parameter of that name.
import { APP_USER_TEXTS } from './texts-app-user.js';
import { CALLBACK_SENTENCES } from './texts-callbacks.js';
import { DEPLOYMENT_TEXTS } from './texts-deployments.js';
import { EDGE_TEXTS } from './texts-edge.js';
import { FIELD_TEXTS } from './texts-fields.js';
import { SERVICE_TEXTS } from './texts-services.js';
import { START_TEXTS } from './texts-start.js';
import type { Language, Step } from './states.js';

export interface Bilingual {
  'zh-TW': string;
  en: string;
}
/** The message, and a hint about what to do. */
export interface Sentence {
  message: Bilingual;
  hint?: Bilingual;
}

export const SENTENCES = {
  ...DEPLOYMENT_TEXTS,
  ...SERVICE_TEXTS,
  ...CALLBACK_SENTENCES,
  ...EDGE_TEXTS,
  ...APP_USER_TEXTS,
  ...FIELD_TEXTS,
  ...START_TEXTS,
} satisfies Record<string, Sentence>;
export type TextKey = keyof typeof SENTENCES;
export type TextParams = Record<string, string | number>;

/**
 * Part of the API: clients rely on the Chinese texts, so these are sent in every language. English is in a separate
 * field.
 */
export const STEP_TEXTS: Record<Step, Bilingual> = {
  prepare: { 'zh-TW': '準備來源', en: 'Preparing the source' },
  check: { 'zh-TW': '檢查環境', en: 'Checking the environment' },
  install: { 'zh-TW': '安裝依賴', en: 'Installing dependencies' },
  configure: { 'zh-TW': '配置環境', en: 'Configuring the environment' },
  start: { 'zh-TW': '啟動服務', en: 'Starting the service' },
};

/** The current step before the first step has started. */
export const WAITING_TEXT: Bilingual = { 'zh-TW': '等待中', en: 'Waiting' };

/** Part of the API: clients rely on these texts. */
export const FIXED_TEXTS = {
  started: { 'zh-TW': '部署已開始', en: 'The deployment has started' },
  cancelled: { 'zh-TW': '部署已取消', en: 'The deployment is cancelled' },
  batchStarted: { 'zh-TW': '批次部署已開始', en: 'The batch has started' },
  batchCancelled: { 'zh-TW': '批次部署已取消', en: 'The batch is cancelled' },
  batchCancelling: { 'zh-TW': '批次部署取消中', en: 'The batch is being cancelled' },
  cancelling: { 'zh-TW': '部署取消中', en: 'The deployment is being cancelled' },
} as const satisfies Record<string, Bilingual>;

/** Replaces each `{name}` with its parameter. Placeholders without a parameter stay. */
export function fill(template: string, params: TextParams): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** Returns the message of a text. */
export function translate(key: TextKey, params: TextParams, language: Language): string {
  return fill(SENTENCES[key].message[language], params);
}

/** Returns the hint of a text, if there is one. */
export function hint(key: TextKey, params: TextParams, language: Language): string | undefined {
  const sentence: Sentence = SENTENCES[key];
  return sentence.hint && fill(sentence.hint[language], params);
}
