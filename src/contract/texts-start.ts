// The errors of `npm start`.
import type { Sentence } from './texts.js';

export const START_TEXTS = {
  bad_configuration: {
    message: { 'zh-TW': '設定錯誤：{reason}', en: 'A setting is wrong: {reason}' },
    hint: {
      'zh-TW': '說明見 docs/reference/configuration.md',
      en: 'docs/reference/configuration.md lists the settings',
    },
  },
  start_failed: { message: { 'zh-TW': 'Slipway 無法啟動：{reason}', en: 'Slipway cannot start: {reason}' } },
  'start_failed.foreign_folder': {
    message: {
      'zh-TW': '資料夾 {path} 屬於其他使用者（uid {owner}），Slipway 以 uid {uid} 執行',
      en: 'The data folder {path} belongs to another user (uid {owner}); Slipway runs as uid {uid}',
    },
    hint: {
      'zh-TW':
        '請以 SLIPWAY_DATA_DIR 指定自己的資料夾，或以 chown 變更擁有者；root 可用 SLIPWAY_DATA_DIR 明確指定此資料夾',
      en: 'Name a folder of your own with SLIPWAY_DATA_DIR, or change its owner with chown. Root may name this one with SLIPWAY_DATA_DIR',
    },
  },
  'start_failed.folder': {
    message: { 'zh-TW': 'Slipway 無法啟動：{reason}', en: 'Slipway cannot start: {reason}' },
    hint: {
      'zh-TW': '請修正權限，或用 SLIPWAY_DATA_DIR 指定其他資料夾',
      en: 'Fix its permissions, or name another folder with SLIPWAY_DATA_DIR',
    },
  },
  'start_failed.temporal': {
    message: { 'zh-TW': '找不到 Temporal 伺服器：{reason}', en: 'There is no Temporal server on this host: {reason}' },
    hint: {
      'zh-TW':
        '請安裝 Go（Slipway 會自行建置），或在有 Go 的機器上於 {source} 執行 go build -o {program}，將其放入 PATH，或以 TEMPORAL_ADDRESS 指定現有的伺服器',
      en: 'Install Go, with which Slipway builds it. Or run `go build -o {program}` in {source} on another machine, and put the result on PATH. Or set TEMPORAL_ADDRESS to a running server',
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
  'start_failed.second_worker': {
    message: {
      'zh-TW': 'Slipway 無法啟動：另一個 worker 正在使用資料夾 {folder}，等了 {seconds} 秒仍未結束',
      en: 'Slipway cannot start: another worker uses the data folder {folder}, and did not end within {seconds} s',
    },
    hint: {
      'zh-TW': '請先停止該 worker，或用 SLIPWAY_DATA_DIR 指定其他資料夾',
      en: 'Stop that worker first, or name another folder with SLIPWAY_DATA_DIR',
    },
  },
  'start_failed.twin_host': {
    message: {
      'zh-TW': 'Slipway 無法啟動：另一個資料夾的 worker 也以主機代號 {host} 執行（{worker}）',
      en: 'Slipway cannot start: a worker in another data folder runs as the host {host}, too ({worker})',
    },
    hint: {
      'zh-TW': '請停止該 worker，或以 SLIPWAY_HOST_ID 給其中一個不同的代號',
      en: 'Stop that worker, or give one of the two another SLIPWAY_HOST_ID',
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
  'start_failed.address': {
    message: {
      'zh-TW': 'Slipway 無法啟動：無法在 {host} 的連接埠 {port} 接受連線（{reason}）',
      en: "Slipway cannot start: it can't listen on port {port} of {host} ({reason})",
    },
    hint: {
      'zh-TW': '請以 SLIPWAY_HOST 指定此主機的位址，並以 SLIPWAY_PORT 指定可用的連接埠',
      en: 'Set SLIPWAY_HOST to an address of this host, and SLIPWAY_PORT to a port that its user may listen on',
    },
  },
  'start_failed.python': {
    message: { 'zh-TW': '主機上沒有可用的 Python 3', en: 'There is no working Python 3 on PATH' },
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
