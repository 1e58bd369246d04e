// Why Slipway does not start.
import type { Sentence } from './texts.js';

export const START_TEXTS = {
  bad_configuration: {
    message: { 'zh-TW': '設定錯誤：{reason}', en: 'A setting is wrong: {reason}' },
    hint: { 'zh-TW': '說明見 docs/configuration.md', en: 'docs/configuration.md lists the settings' },
  },
  start_failed: { message: { 'zh-TW': 'Slipway 無法啟動：{reason}', en: 'Slipway cannot start: {reason}' } },
  'start_failed.folder': {
    message: { 'zh-TW': 'Slipway 無法啟動：{reason}', en: 'Slipway cannot start: {reason}' },
    hint: {
      'zh-TW': '請修正權限，或用 SLIPWAY_DATA_DIR 指定其他資料夾',
      en: 'Mend its permissions, or name another with SLIPWAY_DATA_DIR',
    },
  },
  'start_failed.temporal': {
    message: { 'zh-TW': '找不到 Temporal：{reason}', en: 'Temporal is not here: {reason}' },
    hint: {
      'zh-TW': '請設定 TEMPORAL_ADDRESS，或將 temporal 放入 PATH，或安裝 Go 後執行 go install {pinned}',
      en: 'Set TEMPORAL_ADDRESS to a server, or put the `temporal` program on PATH, or install Go (it is then built with go install {pinned})',
    },
  },
  'start_failed.twice': {
    message: {
      'zh-TW': 'Slipway 無法啟動：另一個 Slipway（程序 {pid}）正在 {folder} 執行',
      en: 'Slipway cannot start: another Slipway (process {pid}) runs in {folder}',
    },
    hint: {
      'zh-TW': '請先停止它（kill -INT {pid}），或用 SLIPWAY_DATA_DIR 指定其他資料夾',
      en: 'Stop that one first (kill -INT {pid}), or name another folder with SLIPWAY_DATA_DIR',
    },
  },
  'start_failed.port': {
    message: {
      'zh-TW': 'Slipway 無法啟動：連接埠 {port} 已被使用',
      en: 'Slipway cannot start: port {port} on {host} is taken by another program',
    },
    hint: {
      'zh-TW': '請停止該程式，或用 SLIPWAY_PORT 指定其他連接埠',
      en: 'Stop that program, or name another port with SLIPWAY_PORT',
    },
  },
  'start_failed.python': {
    message: { 'zh-TW': '主機上沒有可用的 Python 3', en: 'There is no Python 3 on PATH that runs' },
    hint: { 'zh-TW': '請安裝 Python 3.8 以上（含 venv）', en: 'Install Python 3.8 or newer, with its venv module' },
  },
  'start_failed.version': {
    message: {
      'zh-TW': '資料庫由 Temporal 伺服器 {stamped} 建立，現有程式為 {found}',
      en: 'The database in the data folder was made by Temporal server {stamped}, and the program here is {found}',
    },
    hint: {
      'zh-TW': '請使用原版本，或備份後移除 temporal.db 與 temporal.version',
      en: 'Use that version again, or move temporal.db and temporal.version away (the history goes with them)',
    },
  },
} as const satisfies Record<string, Sentence>;
