// The texts for misspelt or risky settings. `npm start` and `slipway doctor` show these texts.
import type { Sentence } from './texts.js';

export const SETTING_TEXTS = {
  'setting.unknown': {
    message: { 'zh-TW': '{name} 不是任何設定，沒有作用', en: '{name} is not a setting, and has no effect' },
    hint: {
      'zh-TW': '請移除它；docs/reference/configuration.md 列出所有設定',
      en: 'Remove it; docs/reference/configuration.md lists the settings',
    },
  },
  'setting.misspelt': {
    message: { 'zh-TW': '{name} 不是任何設定，沒有作用', en: '{name} is not a setting, and has no effect' },
    hint: { 'zh-TW': '是否要寫 {nearest}？', en: 'Rename it if you meant {nearest}' },
  },
  'setting.misspelt_protection': {
    message: {
      'zh-TW': '{name} 不是任何設定：{nearest} 沒有設定，其保護未生效',
      en: '{name} is not a setting: {nearest} is not set, and its protection is off',
    },
    hint: { 'zh-TW': '請改名為 {nearest} 並重新啟動', en: 'Rename it to {nearest}, and start Slipway again' },
  },
  'setting.capabilities': {
    message: {
      'zh-TW': '容器取得 {names}：容器中的應用程式可控制這台主機',
      en: 'Containers get {names}, with which an app can take over this host',
    },
    hint: {
      'zh-TW': '請從 SLIPWAY_CONTAINER_CAPABILITIES 移除，或只部署信任的程式碼',
      en: 'Remove them from SLIPWAY_CONTAINER_CAPABILITIES, or deploy only code that you trust',
    },
  },
  'setting.root_not_mapped': {
    message: {
      'zh-TW':
        '{names} 的保護有漏洞：容器中的 root 就是主機的 root 或 Slipway 的使用者，主機上的程序若與它合作，可交出所有檔案',
      en: "{names} doesn't protect this host fully. Root in a container is root, or Slipway's user, on the host. A process of the host that cooperates with it can give it all files",
    },
    hint: {
      'zh-TW': '請以 userns-remap 執行 Docker 引擎（docs/how-to/map-root.md）',
      en: 'Run the Docker engine with `userns-remap` (docs/how-to/map-root.md)',
    },
  },
  'setting.root_leaves_containers': {
    message: {
      'zh-TW': 'SLIPWAY_CONTAINER_ROOT=mapped 拒絕引擎時，auto 模式會改以 Slipway 自己的使用者執行行程',
      en: "If SLIPWAY_CONTAINER_ROOT=mapped refuses the engine, the mode auto runs apps as processes of Slipway's own user",
    },
    hint: {
      'zh-TW': '請同時設定 SLIPWAY_ISOLATION=container 或 SLIPWAY_APP_USER',
      en: 'Set SLIPWAY_ISOLATION=container or SLIPWAY_APP_USER beside it',
    },
  },
  'setting.trusted_proxies': {
    message: {
      'zh-TW': '{networks} 中的任何人都能偽造呼叫者的位址：限制與稽核記錄會相信它',
      en: 'Anybody in {networks} can claim to call from any address, and limits and the audit trail believe it',
    },
    hint: {
      'zh-TW': '請在 SLIPWAY_TRUSTED_PROXIES 只列出代理的位址',
      en: 'Name only the addresses of your proxies in SLIPWAY_TRUSTED_PROXIES',
    },
  },
  'setting.git_allow': {
    message: {
      'zh-TW': '能部署的人可經由 git 連到 {networks}，包括這台主機或整個私有網路',
      en: 'A key that can deploy can reach {networks} through git: services of this host, or a whole private network',
    },
    hint: {
      'zh-TW': '請在 SLIPWAY_GIT_ALLOW 只列出 git 伺服器的網路',
      en: 'Name only the networks of your git servers in SLIPWAY_GIT_ALLOW',
    },
  },
  'setting.callback_allow': {
    message: {
      'zh-TW': '能部署的人可經由回呼連到 {networks}，包括這台主機或整個私有網路',
      en: 'A key that can deploy can reach {networks} through callbacks: services of this host, or a whole private network',
    },
    hint: {
      'zh-TW': '請在 SLIPWAY_CALLBACK_ALLOW 只列出接收端的網路',
      en: 'Name only the networks of your receivers in SLIPWAY_CALLBACK_ALLOW',
    },
  },
  'setting.policy_file': {
    message: {
      'zh-TW': '其他使用者可寫入 {place}，因而決定綁定政策的金鑰能做什麼，包括部署任何程式碼',
      en: "Users other than root and Slipway's user can write {place}. They can change what keys with a policy may do, up to deploying any code",
    },
    hint: {
      'zh-TW': '請讓它屬於 root 或 Slipway 的使用者，並移除其他人的寫入權限（chmod go-w {place}）',
      en: "Give it to root or to Slipway's user, and let nobody else write it (chmod go-w {place})",
    },
  },
  'setting.worker_metrics': {
    message: {
      'zh-TW': '任何能連到 {address} 的人都可讀取 worker 的指標，不需要金鑰',
      en: "Anyone who can connect to {address} can read the worker's metrics without a key",
    },
    hint: {
      'zh-TW': '請將 SLIPWAY_WORKER_METRICS 設為 127.0.0.1 的位址；API 的 GET /metrics 也提供這些指標',
      en: 'Set SLIPWAY_WORKER_METRICS to a loopback address: GET /metrics of the API returns the same to callers with a key',
    },
  },
  'setting.rate_limit': {
    message: {
      'zh-TW': 'SLIPWAY_RATE_LIMIT=0：任何人都能無限制地呼叫 API，猜測金鑰也不受限制',
      en: 'With SLIPWAY_RATE_LIMIT=0, callers can send any number of requests and guess keys',
    },
    hint: { 'zh-TW': '請設定每分鐘的次數，例如 600/min', en: 'Set a number of requests, such as 600/min' },
  },
  'setting.container_subnets': {
    message: {
      'zh-TW': 'SLIPWAY_CONTAINER_SUBNETS=none：所有服務的容器共用一個網路，能互相連線',
      en: 'With SLIPWAY_CONTAINER_SUBNETS=none the containers of all services share a network, and reach each other',
    },
    hint: {
      'zh-TW': '請指定網路範圍，例如 10.207.0.0/16',
      en: 'Name networks for them, such as 10.207.0.0/16',
    },
  },
  'setting.source_roots': {
    message: {
      'zh-TW': '能部署的人可將 {roots} 中的任何檔案放入應用程式，包括這台主機的秘密',
      en: 'A key that can deploy can put any file below {roots} into an app, including secrets of this host',
    },
    hint: {
      'zh-TW': '請在 SLIPWAY_SOURCE_ROOTS 只列出存放專案的資料夾',
      en: 'Name only folders of projects in SLIPWAY_SOURCE_ROOTS',
    },
  },
  'setting.tool_code': {
    message: {
      'zh-TW': '{names} 決定 git、uv、pip 與建置指令碼執行哪些程式碼',
      en: '{names} can choose which code runs in git, uv, pip and build scripts',
    },
    hint: {
      'zh-TW': '若不需要，請從 SLIPWAY_TOOL_VARIABLES 移除',
      en: 'Remove them from SLIPWAY_TOOL_VARIABLES unless builds need them',
    },
  },
  'setting.tool_secrets': {
    message: {
      'zh-TW': '每個專案的建置指令碼都能讀取 {names}',
      en: 'Build scripts of every project can read {names}',
    },
    hint: {
      'zh-TW': '請從 SLIPWAY_TOOL_VARIABLES 移除，或只部署信任的程式碼',
      en: 'Remove them from SLIPWAY_TOOL_VARIABLES, or deploy only code that you trust',
    },
  },
  'setting.host': {
    message: {
      'zh-TW': 'API 在 {host} 以未加密的 HTTP 接受連線，金鑰會以明文傳送',
      en: 'The API takes plain HTTP on {host}, so keys cross the network unencrypted',
    },
    hint: {
      'zh-TW': '請在前面放置 TLS 代理，並將 SLIPWAY_HOST 設為 127.0.0.1',
      en: 'Put a TLS proxy in front of it, and set SLIPWAY_HOST to 127.0.0.1',
    },
  },
} as const satisfies Record<string, Sentence>;
export type SettingText = keyof typeof SETTING_TEXTS;
