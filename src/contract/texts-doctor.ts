// The texts of `slipway doctor`: checks of the host, their results and fixes.
import { APP_USER_TEXTS } from './texts-app-user.js';
import { SETTING_TEXTS } from './texts-settings.js';
import type { Sentence } from './texts.js';

export const DOCTOR_SENTENCES = {
  ...APP_USER_TEXTS,
  ...SETTING_TEXTS,
  node: { message: { 'zh-TW': 'Node {version}', en: 'Node {version}' } },
  node_old: {
    message: { 'zh-TW': 'Node {version} 太舊', en: 'Node {version} is too old' },
    hint: { 'zh-TW': '請安裝 Node 20.3 或更新的版本（nodejs.org）', en: 'Install Node 20.3 or newer (nodejs.org)' },
  },
  settings: { message: { 'zh-TW': '此終端機的設定皆可讀取', en: 'All settings of this shell can be read' } },
  settings_of_start: {
    message: {
      'zh-TW': '執行中的 Slipway 使用它啟動時的設定，可能與此終端機不同',
      en: 'The running Slipway has the settings of its start, which may differ from this shell',
    },
  },
  settings_rule: {
    message: {
      'zh-TW': '執行中的 Slipway 使用它啟動時的設定，可能與此終端機不同；應用程式如何執行依它的設定檢查',
      en: 'The running Slipway has the settings of its start, which may differ from this shell. The check of how apps run uses the running settings',
    },
  },
  settings_wrong: {
    message: { 'zh-TW': '設定有誤：{reason}', en: 'A setting is wrong: {reason}' },
    hint: {
      'zh-TW': '請修正；slipway config 會列出所有設定。其餘檢查不含這項設定',
      en: 'Correct it; `slipway config` prints them all. The other checks leave it out',
    },
  },
  data: { message: { 'zh-TW': '資料夾 {path} 可寫入', en: '{path} can be written' } },
  data_readonly: {
    message: { 'zh-TW': '資料夾 {path} 無法寫入', en: '{path} cannot be written' },
    hint: { 'zh-TW': '請調整權限，或設定 SLIPWAY_DATA_DIR', en: 'Change who may write it, or set SLIPWAY_DATA_DIR' },
  },
  secrets_closed: {
    message: { 'zh-TW': '{path} 的金鑰只有擁有者可讀', en: 'Only their owner reads the keys in {path}' },
  },
  secrets_open: {
    message: { 'zh-TW': '其他使用者可讀取：{paths}', en: 'Other users of this host may read {paths}' },
    hint: { 'zh-TW': '請執行 chmod -R go= {paths}', en: 'Run `chmod -R go= {paths}`' },
  },
  engine_socket: {
    message: { 'zh-TW': '只有其群組可使用 {path}', en: 'Only its group reaches {path}, and is as mighty as root' },
  },
  engine_open_socket: {
    message: {
      'zh-TW': '本機每個使用者都可使用 {path}，等同 root',
      en: 'Every user of this host reaches {path}, and so is as mighty as root',
    },
    hint: { 'zh-TW': '請執行 chmod o= {path}', en: 'Run `chmod o= {path}`' },
  },
  engine_tcp: {
    message: {
      'zh-TW': 'Docker 引擎在 {address} 不需憑證：連得到的人等同 root',
      en: "The Docker engine at {address} needs no certificate: anyone who can connect has root's power there",
    },
    hint: {
      'zh-TW': '請改用 Unix socket，或設定 DOCKER_TLS_VERIFY 與 DOCKER_CERT_PATH',
      en: 'Use its Unix socket, or set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH',
    },
  },
  root_mapped: {
    message: {
      'zh-TW': '容器中的 root 在主機上是另一個使用者',
      en: 'Root in a container is another user on the host',
    },
  },
  root_not_mapped: {
    message: {
      'zh-TW': '容器中的 root 就是主機的 root：主機上的程序若與它合作，可交出整個主機',
      en: 'Root in a container is root on the host: a process of the host that works with it can hand it all files',
    },
    hint: {
      'zh-TW': '請以 userns-remap 執行 Docker 引擎（docs/how-to/map-root.md）',
      en: 'Run the Docker engine with `userns-remap` (docs/how-to/map-root.md)',
    },
  },
  root_refused: {
    message: {
      'zh-TW': '容器中的 root 在主機上不是另一個使用者，而 SLIPWAY_CONTAINER_ROOT=mapped：docker 模式停用',
      en: 'Root in a container is not another user on the host, and SLIPWAY_CONTAINER_ROOT=mapped: the mode docker is off',
    },
    hint: {
      'zh-TW': '請以 userns-remap 執行 Docker 引擎（docs/how-to/map-root.md）',
      en: 'Run the Docker engine with userns-remap (docs/how-to/map-root.md)',
    },
  },
  root_is_own_user: {
    message: {
      'zh-TW': '容器中的 root 就是 Slipway 的使用者：主機上的程序若與它合作，可交出 Slipway 的金鑰',
      en: "Root in a container is Slipway's user on the host: a process of the host that works with it can hand it Slipway's keys",
    },
    hint: {
      'zh-TW': '請由另一個使用者執行 rootless 引擎，或以 userns-remap 執行引擎（docs/how-to/map-root.md）',
      en: 'Run the rootless engine as another user, or an engine with `userns-remap` (docs/how-to/map-root.md)',
    },
  },
  temporal_open: {
    message: {
      'zh-TW': '{address} 的 Temporal 沒有憑證或金鑰：連得到的人可以開始部署',
      en: 'Temporal at {address} is used without a certificate or key: anyone who can connect can start deployments',
    },
    hint: {
      'zh-TW': '請設定 TEMPORAL_TLS_* 或 TEMPORAL_API_KEY',
      en: 'Protect it, and set TEMPORAL_TLS_* or TEMPORAL_API_KEY',
    },
  },
  isolation_container: {
    message: { 'zh-TW': '應用程式只在容器中執行', en: 'Apps run in containers only' },
  },
  isolation_left: {
    message: {
      'zh-TW': '仍在容器外執行：{services}',
      en: 'These still run outside containers: {services}',
    },
    hint: { 'zh-TW': '請以 docker 模式重新部署', en: 'Deploy them again in the mode docker' },
  },
  isolation_processes: {
    message: { 'zh-TW': '應用程式以 {user} 的身分執行，不用容器', en: 'Apps run as {user}, without containers' },
  },
  isolation_any: {
    message: {
      'zh-TW': '專案可以不用容器，而以 {user} 的身分執行',
      en: 'A project may choose to run without a container, as {user}',
    },
    hint: {
      'zh-TW': 'SLIPWAY_ISOLATION=container 可避免；也可用 slipway isolation 逐一設定服務',
      en: 'SLIPWAY_ISOLATION=container forbids it, and `slipway isolation` does so for one service',
    },
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
  git_old: {
    message: { 'zh-TW': '{version}：無法固定已檢查的位址', en: '{version} cannot pin the address that was checked' },
    hint: { 'zh-TW': '請安裝 git 2.37 或更新的版本', en: 'Install git 2.37 or newer' },
  },
  git_reaches_all: {
    message: {
      'zh-TW': 'git 可連到所有私有網路與本機（與舊版相同）',
      en: 'Git may reach private networks and the loopback, as in earlier versions',
    },
    hint: {
      'zh-TW': '請將 SLIPWAY_GIT_ALLOW 設為 git 伺服器的網路，或 none',
      en: 'Set SLIPWAY_GIT_ALLOW to the networks of your git servers, or to none',
    },
  },
  policies: { message: { 'zh-TW': '政策 {path} 可用', en: 'The policies in {path} are right' } },
  policies_wrong: {
    message: { 'zh-TW': '政策 {path} 有誤：{reason}', en: 'The policies in {path} are wrong: {reason}' },
    hint: {
      'zh-TW': '請修正：在此之前綁定政策的金鑰會被拒絕，下次啟動也會失敗',
      en: 'Fix them: until then keys with a policy are refused, and the next start fails',
    },
  },
  policies_of_all: {
    message: { 'zh-TW': '政策 {path} 的每條規則都涵蓋所有服務', en: 'Every rule in {path} covers all services' },
    hint: { 'zh-TW': '請在每條規則加入 services', en: 'Add services to each rule' },
  },
  policies_uncovered: {
    message: {
      'zh-TW': '這些規則沒有 services，不允許任何事：{rules}',
      en: 'These rules have no services, and grant nothing: {rules}',
    },
    hint: { 'zh-TW': '請在 {path} 的這些規則加入 services', en: 'Add services to them in {path}' },
  },
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
    hint: { 'zh-TW': '請啟動它，或修正 TEMPORAL_ADDRESS', en: 'Start it, or fix TEMPORAL_ADDRESS' },
  },
  temporal_built: {
    message: { 'zh-TW': '還沒有 Temporal 伺服器', en: 'There is no Temporal server yet' },
    hint: {
      'zh-TW': 'npm start 會用 Go 建置一次（約兩分鐘）',
      en: '`npm start` builds it once with Go (about two minutes)',
    },
  },
  temporal_missing: {
    message: {
      'zh-TW': '沒有 Temporal 伺服器，也無法自動建置',
      en: 'There is no Temporal server, and it cannot be built here',
    },
    hint: {
      'zh-TW': '請安裝 Go，或將 {program} {version} 放入 PATH，或設定 TEMPORAL_ADDRESS',
      en: 'Install Go, or put `{program}` {version} on PATH, or set TEMPORAL_ADDRESS',
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
  caddy_tcp: {
    message: {
      'zh-TW': '主機上的任何使用者與應用程式都能經由前端代理的 {address} 變更路由',
      en: 'Every user and app of this host can change routes through the front proxy at {address}',
    },
    hint: {
      'zh-TW': '請讓 Caddy 的管理介面使用 socket（docs/how-to/put-caddy-in-front.md）',
      en: 'Put its admin interface on a socket (docs/how-to/put-caddy-in-front.md)',
    },
  },
  caddy_open_socket: {
    message: {
      'zh-TW': '主機上的任何使用者都能使用前端代理的 {path}',
      en: 'Every user of this host can use the front proxy through {path}',
    },
    hint: {
      'zh-TW': '請將其資料夾設為 0750，群組只含 Caddy 與 Slipway',
      en: 'Give its folder the mode 0750, and a group of Caddy and Slipway only',
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
