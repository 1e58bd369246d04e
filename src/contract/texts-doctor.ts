// What `slipway doctor` says of a host: what is there, what is missing, and how to get it.
import { APP_USER_TEXTS } from './texts-app-user.js';
import type { Sentence } from './texts.js';

export const DOCTOR_SENTENCES = {
  ...APP_USER_TEXTS,
  node: { message: { 'zh-TW': 'Node {version}', en: 'Node {version}' } },
  node_old: {
    message: { 'zh-TW': 'Node {version} 太舊', en: 'Node {version} is too old' },
    hint: { 'zh-TW': '請安裝 Node 20.3 或更新的版本（nodejs.org）', en: 'Install Node 20.3 or newer (nodejs.org)' },
  },
  settings: { message: { 'zh-TW': '設定可用', en: 'The settings are right' } },
  settings_wrong: {
    message: { 'zh-TW': '設定有誤：{reason}', en: 'A setting is wrong: {reason}' },
    hint: { 'zh-TW': '請修正；slipway config 會列出所有設定', en: 'Mend it; `slipway config` prints them all' },
  },
  data: { message: { 'zh-TW': '資料夾 {path} 可寫入', en: '{path} can be written' } },
  data_readonly: {
    message: { 'zh-TW': '資料夾 {path} 無法寫入', en: '{path} cannot be written' },
    hint: { 'zh-TW': '請調整權限，或設定 SLIPWAY_DATA_DIR', en: 'Change who may write it, or set SLIPWAY_DATA_DIR' },
  },
  python: { message: { 'zh-TW': 'Python {version}（含 venv）', en: 'Python {version} with venv' } },
  python_missing: {
    message: { 'zh-TW': '沒有 python3', en: 'There is no python3' },
    hint: {
      'zh-TW': '請安裝 Python 3.8 或更新的版本（Debian：apt-get install python3 python3-venv）',
      en: 'Install Python 3.8 or newer (Debian: apt-get install python3 python3-venv)',
    },
  },
  python_broken: {
    message: { 'zh-TW': 'python3 無法建立虛擬環境（{reason}）', en: 'python3 makes no environments ({reason})' },
    hint: {
      'zh-TW': '請安裝 venv（Debian：apt-get install python3-venv）',
      en: 'Install its venv (Debian: apt-get install python3-venv)',
    },
  },
  uv: { message: { 'zh-TW': '{version}（{path}）', en: '{version} ({path})' } },
  uv_fetched: {
    message: { 'zh-TW': '沒有 uv', en: 'There is no uv' },
    hint: {
      'zh-TW': 'npm start 會用 pip 取得；或自行安裝（docs.astral.sh/uv）',
      en: '`npm start` gets it by pip; or install it (docs.astral.sh/uv)',
    },
  },
  uv_missing: {
    message: { 'zh-TW': '沒有 uv，uv 模式無法使用', en: 'There is no uv: mode uv cannot be used' },
    hint: { 'zh-TW': '請安裝（docs.astral.sh/uv）', en: 'Install it (docs.astral.sh/uv)' },
  },
  git: { message: { 'zh-TW': '{version}', en: '{version}' } },
  git_missing: {
    message: { 'zh-TW': '沒有 git，無法部署 git 來源', en: 'There is no git: no git repository can be deployed' },
    hint: { 'zh-TW': '請安裝（apt-get install git）', en: 'Install it (apt-get install git)' },
  },
  docker: { message: { 'zh-TW': 'Docker 引擎 {version}', en: 'Docker engine {version}' } },
  docker_missing: {
    message: {
      'zh-TW': '沒有 Docker 引擎（{reason}），docker 模式無法使用',
      en: 'There is no Docker engine ({reason}): mode docker cannot be used',
    },
    hint: {
      'zh-TW': '請安裝並啟動（docs.docker.com/engine/install），或設定 DOCKER_HOST',
      en: 'Install and start it (docs.docker.com/engine/install), or set DOCKER_HOST',
    },
  },
  temporal: { message: { 'zh-TW': 'Temporal（{path}）', en: 'Temporal ({path})' } },
  temporal_elsewhere: { message: { 'zh-TW': 'Temporal 在 {address}', en: 'Temporal is at {address}' } },
  temporal_away: {
    message: {
      'zh-TW': '{address} 的 Temporal 沒有回應（{reason}）',
      en: 'Temporal at {address} does not answer ({reason})',
    },
    hint: { 'zh-TW': '請啟動它，或修正 TEMPORAL_ADDRESS', en: 'Start it, or mend TEMPORAL_ADDRESS' },
  },
  temporal_fetched: {
    message: { 'zh-TW': '沒有 temporal 程式', en: 'There is no temporal program' },
    hint: {
      'zh-TW': 'npm start 會下載，或用 Go 建置一次（約四分鐘）；或自行安裝（docs.temporal.io/cli）',
      en: '`npm start` downloads it, or builds it once where Go is (four minutes); or install it (docs.temporal.io/cli)',
    },
  },
  temporal_missing: {
    message: {
      'zh-TW': '沒有 temporal 程式，且 SLIPWAY_INSTALL_TOOLS=0',
      en: 'There is no temporal program, and SLIPWAY_INSTALL_TOOLS=0 forbids getting it',
    },
    hint: {
      'zh-TW': '請安裝（docs.temporal.io/cli），或設定 TEMPORAL_ADDRESS',
      en: 'Install it (docs.temporal.io/cli), or set TEMPORAL_ADDRESS',
    },
  },
  caddy: { message: { 'zh-TW': '前端代理 {address}', en: 'The front proxy at {address}' } },
  caddy_unused: {
    message: { 'zh-TW': '沒有使用前端代理', en: 'No front proxy is used' },
    hint: {
      'zh-TW': '可選：Caddy 讓網站有固定位址，切換不中斷（SLIPWAY_FRONT_ADMIN）',
      en: 'Optional: with a Caddy web services have one address (SLIPWAY_FRONT_ADMIN)',
    },
  },
  caddy_away: {
    message: {
      'zh-TW': '前端代理 {address} 沒有回應（{reason}）',
      en: 'The front proxy at {address} does not answer ({reason})',
    },
    hint: { 'zh-TW': '請啟動 Caddy，或取消 SLIPWAY_FRONT_ADMIN', en: 'Start Caddy, or unset SLIPWAY_FRONT_ADMIN' },
  },
  port_free: { message: { 'zh-TW': '{address} 可用', en: '{address} is free' } },
  port_own: { message: { 'zh-TW': '{address} 由這個 Slipway 使用', en: '{address} is used by this Slipway' } },
  port_taken: {
    message: { 'zh-TW': '{address} 已被占用（{reason}）', en: '{address} cannot be had ({reason})' },
    hint: { 'zh-TW': '請結束占用它的程式，或設定 SLIPWAY_PORT', en: 'End what uses it, or set SLIPWAY_PORT' },
  },
  temporal_port_taken: {
    message: { 'zh-TW': '{address} 已被占用', en: '{address} is taken' },
    hint: { 'zh-TW': 'Temporal 會改用下一個可用的連接埠', en: 'Temporal gets the next free ports' },
  },
  app_user: { message: { 'zh-TW': '安裝與應用程式以 {user} 執行', en: 'Installs and apps run as {user}' } },
  app_user_none: {
    message: {
      'zh-TW': '應用程式以 {user} 執行：能讀取 {paths}，以及其他應用程式的環境變數',
      en: "Apps run as {user}: they can read {paths}, and other apps' environments",
    },
    hint: {
      'zh-TW': '只部署信任的程式碼，或用 docker 模式；SLIPWAY_APP_USER 讓它們以別的使用者執行',
      en: 'Deploy only code that you trust, or by mode docker; SLIPWAY_APP_USER names another user',
    },
  },
  slipway: { message: { 'zh-TW': '{url} 的 Slipway：{status}', en: 'The Slipway at {url} is {status}' } },
  slipway_none: {
    message: { 'zh-TW': '沒有執行中的 Slipway', en: 'No Slipway is running here' },
    hint: { 'zh-TW': '請執行 npm start', en: 'Start it with `npm start`' },
  },
  slipway_ill: {
    message: { 'zh-TW': '{url} 的 Slipway 有問題：{reason}', en: 'The Slipway at {url} is not well: {reason}' },
    hint: { 'zh-TW': '請查看它的記錄，或重新啟動', en: 'Look at its log, or start it again' },
  },
} as const satisfies Record<string, Sentence>;
export type DoctorSentence = keyof typeof DOCTOR_SENTENCES;
