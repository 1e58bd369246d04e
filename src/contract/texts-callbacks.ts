// The texts of callbacks: delivery errors, and chat messages.
import type { CallbackEventType } from './callbacks.js';
import type { Bilingual, Sentence } from './texts.js';

export const CALLBACK_SENTENCES = {
  'callback.denied': {
    message: {
      'zh-TW': '回呼網址位於不允許的網路（{address}），未送出任何內容；可用 SLIPWAY_CALLBACK_ALLOW 開放',
      en: 'The callback URL leads to a network that is denied ({address}), nothing was sent: SLIPWAY_CALLBACK_ALLOW can open it',
    },
  },
  'callback.timeout': {
    message: { 'zh-TW': '接收端在 {seconds} 秒內沒有回應', en: 'The receiver did not answer within {seconds} s' },
  },
  'callback.unreachable': {
    message: { 'zh-TW': '無法連線到接收端（{reason}）', en: 'The receiver cannot be reached ({reason})' },
  },
  'callback.redirected': {
    message: {
      'zh-TW': '接收端以 {status} 轉址；轉址一律不跟隨，請改用最終網址',
      en: 'The receiver answered {status}, a redirect, which is never followed: give its final address',
    },
  },
  'callback.refused': {
    message: { 'zh-TW': '接收端回應 {status}', en: 'The receiver answered {status}' },
  },
} satisfies Record<string, Sentence>;

/** The events and field names in chat messages. */
export const CHAT_TEXTS = {
  words: {
    step_started: { 'zh-TW': '步驟開始', en: 'step started' },
    step_ended: { 'zh-TW': '步驟結束', en: 'step ended' },
    attempt_started: { 'zh-TW': '嘗試開始', en: 'attempt started' },
    attempt_ended: { 'zh-TW': '嘗試結束', en: 'attempt ended' },
    rolled_back: { 'zh-TW': '已復原', en: 'rolled back' },
    ended: { 'zh-TW': '部署結束', en: 'deployment ended' },
  } satisfies Record<CallbackEventType, Bilingual>,
  facts: {
    status: { 'zh-TW': '狀態', en: 'Status' },
    progress: { 'zh-TW': '進度', en: 'Progress' },
    mode: { 'zh-TW': '模式', en: 'Mode' },
  } satisfies Record<string, Bilingual>,
};
