// The texts of the CLI, in both languages. Separate from the other texts, because workflows don't need CLI texts.
import type { Language } from './states.js';
import { fill, type Bilingual, type Sentence, type TextParams } from './texts.js';

/** Error messages and warnings, with hints. */
export const CLI_SENTENCES = {
  not_found_here: {
    message: { 'zh-TW': '從 {cwd} 往上找不到執行中的 Slipway', en: 'No running Slipway was found from {cwd} upwards' },
    hint: {
      'zh-TW': '請在 Slipway 的資料夾執行 npm start，或以 --url 與 --key 指定一個',
      en: 'Run `npm start` in the clone, or name one with --url and --key',
    },
  },
  temporal_elsewhere: {
    message: {
      'zh-TW': '這個指令只用於本機 Slipway 自己執行的 Temporal',
      en: 'This command is for the Temporal that a local Slipway runs',
    },
    hint: {
      'zh-TW': '請在該主機上執行，不加 --url',
      en: 'Run it on the host of that Slipway, without --url',
    },
  },
  no_temporal_cli: {
    message: { 'zh-TW': '此主機上沒有 temporal 程式', en: 'There is no `temporal` program on this host' },
    hint: {
      'zh-TW': '請安裝（docs.temporal.io/cli）',
      en: 'Install it (docs.temporal.io/cli)',
    },
  },
  not_running: {
    message: { 'zh-TW': '{dataDir} 的 Slipway 沒有在執行', en: 'The Slipway of {dataDir} is not running' },
    hint: {
      'zh-TW': '請執行 npm start，或以 --url 與 --key 指定另一個',
      en: 'Run `npm start`, or name another one with --url and --key',
    },
  },
  end_unseen: {
    message: {
      'zh-TW': '部署 {id} 繼續進行，但此金鑰看不到它的結果（{message}）',
      en: 'The deployment {id} goes on, and this key may not see how it ends ({message})',
    },
    hint: {
      'zh-TW': '請用包含 status 的金鑰，或加上 --detach',
      en: 'Use a key with the scope status, or --detach',
    },
  },
  empty_key: {
    message: { 'zh-TW': 'SLIPWAY_KEY 或 --key 是空的', en: 'SLIPWAY_KEY or --key is empty' },
    hint: {
      'zh-TW': '請填入金鑰，或不要設定它：那時使用本機 Slipway 的管理金鑰',
      en: 'Give it a key, or do not set it: then the admin key of the local Slipway is used',
    },
  },
  no_key: {
    message: { 'zh-TW': '沒有 {url} 的金鑰', en: 'There is no key for {url}' },
    hint: {
      'zh-TW': '請以 --key 或 SLIPWAY_KEY 提供；不指定網址時，使用本機 Slipway 的管理金鑰',
      en: 'Give one with --key or SLIPWAY_KEY; only without an address is it the admin key of the local one',
    },
  },
  key_without_url: {
    message: {
      'zh-TW': '有金鑰，但沒有網址：金鑰不會送給 {dataDir} 所指的位址',
      en: 'There is a key without an address: it is not sent to the address that {dataDir} names',
    },
    hint: {
      'zh-TW': '請以 --url 或 SLIPWAY_URL 提供網址，或以 SLIPWAY_DATA_DIR 指定資料夾',
      en: 'Give the address with --url or SLIPWAY_URL, or name the folder with SLIPWAY_DATA_DIR',
    },
  },
  folder_of_another: {
    message: { 'zh-TW': '{dataDir} 屬於其他使用者', en: '{dataDir} belongs to another user' },
    hint: {
      'zh-TW': '若可信，請以 SLIPWAY_DATA_DIR 指定它，或使用 --url 與 --key',
      en: 'If you trust it, name it with SLIPWAY_DATA_DIR, or give --url and --key',
    },
  },
  folder_open: {
    message: {
      'zh-TW': '{dataDir} 不是 Slipway 建立的資料夾：其他人可以存取',
      en: '{dataDir} is not closed to others, as a data folder of Slipway is',
    },
    hint: {
      'zh-TW': '若可信，請以 SLIPWAY_DATA_DIR 指定它，或使用 --url 與 --key',
      en: 'If you trust it, name it with SLIPWAY_DATA_DIR, or give --url and --key',
    },
  },
  folder_elsewhere: {
    message: { 'zh-TW': '{dataDir} 指向其他主機：{url}', en: '{dataDir} names an address of another host: {url}' },
    hint: { 'zh-TW': '若可信，請使用 --url 與 --key', en: 'If you trust it, give --url and --key' },
  },
  no_secret: {
    message: { 'zh-TW': '沒有簽署回呼的密鑰', en: 'There is no secret that signs callbacks here' },
    hint: {
      'zh-TW': '請以 --secret 或 SLIPWAY_CALLBACK_SECRET 提供',
      en: 'Give it with --secret or SLIPWAY_CALLBACK_SECRET',
    },
  },
  bad_url: {
    message: { 'zh-TW': '{url} 不是 http(s) 網址', en: '{url} is not an http(s) address' },
    hint: { 'zh-TW': '例如 http://127.0.0.1:8088', en: 'Write it as in http://127.0.0.1:8088' },
  },
  unreadable: {
    message: { 'zh-TW': '無法讀取 {path}（{reason}）', en: '{path} cannot be read ({reason})' },
    hint: { 'zh-TW': '請檢查路徑與權限', en: 'Check the path, and who may read it' },
  },
  env_file_line: {
    message: {
      'zh-TW': '{path} 第 {line} 行既不是 NAME=VALUE，也不是註解',
      en: '{path}, line {line}: it is neither NAME=VALUE nor a comment',
    },
    hint: {
      'zh-TW': '名稱以英文字母或底線開頭；多行的值要放在引號內，引號後只能是註解；要取用此處的值請用 --env NAME',
      en: 'A name begins with a letter or _; quote a value of several lines, and let only a comment follow the quote. --env NAME takes a value from here',
    },
  },
  env_file_quote: {
    message: { 'zh-TW': '{path} 第 {line} 行的引號沒有結束', en: '{path}, line {line}: the quote is never closed' },
    hint: {
      'zh-TW': '請加上結尾的引號，或把引號放在另一種引號內',
      en: 'Close it, or put the value into quotes of the other kind',
    },
  },
  env_file_encoding: {
    message: { 'zh-TW': '{path} 不是 UTF-8 或 UTF-16 文字', en: '{path} is neither UTF-8 nor UTF-16' },
    hint: { 'zh-TW': '請以 UTF-8 儲存', en: 'Save it as UTF-8' },
  },
  unreachable: {
    message: { 'zh-TW': '{url} 沒有回應（{reason}）', en: '{url} does not answer ({reason})' },
    hint: {
      'zh-TW': '請確認 Slipway 正在執行，網址正確；slipway doctor 會檢查這台主機',
      en: 'Check that Slipway runs there; `slipway doctor` looks at this host',
    },
  },
  blocked_port: {
    message: {
      'zh-TW': '{url} 的連接埠保留給其他協定，HTTP 用戶端一律不連',
      en: 'The port of {url} is kept for another protocol: no HTTP client connects to it',
    },
    hint: { 'zh-TW': '請檢查 --url；Slipway 預設為 8088', en: "Check --url; Slipway's own port is 8088 by default" },
  },
  not_slipway: {
    message: { 'zh-TW': '{url} 回應 {status}，但不是 Slipway', en: "{url} answered {status}, and isn't a Slipway" },
    hint: { 'zh-TW': '請檢查 --url', en: 'Check --url' },
  },
  no_folder: {
    message: { 'zh-TW': '{path} 不是資料夾', en: '{path} is not a folder' },
    hint: {
      'zh-TW': '請指定專案的資料夾，或 git 網址（https://…、ssh://…、git@…）',
      en: 'Name the folder of a project, or a git address (https://…, ssh://…, git@…)',
    },
  },
  empty_folder: {
    message: { 'zh-TW': '{path} 裡沒有可部署的檔案', en: 'There is nothing to deploy in {path}' },
    hint: {
      'zh-TW': '.gitignore 與 .dockerignore 排除的檔案不會上傳',
      en: "Files that .gitignore or .dockerignore excludes aren't sent",
    },
  },
  bad_ignore_file: {
    message: { 'zh-TW': '{path} 無法解讀：{reason}', en: '{path} cannot be understood: {reason}' },
    hint: { 'zh-TW': '請修正 {path} 中的規則', en: 'Fix the rule in {path}' },
  },
  not_utf8: {
    message: { 'zh-TW': '名稱 {path} 不是 UTF-8', en: 'The name {path} is not UTF-8' },
    hint: {
      'zh-TW': '請重新命名，或用 .gitignore 排除',
      en: 'Give it a name in UTF-8, or leave it out with .gitignore',
    },
  },
  too_large: {
    message: {
      'zh-TW': '{path} 打包後有 {size} MiB，上限是 {limit} MiB；最大的是 {largest}',
      en: '{path} is {size} MiB when packed, and {limit} MiB is the limit; largest are {largest}',
    },
    hint: {
      'zh-TW': '請用 .gitignore 或 .dockerignore 排除不需要的檔案',
      en: 'Leave out what it does not need with .gitignore or .dockerignore',
    },
  },
  too_much: {
    message: {
      'zh-TW': '{path} 有 {files} 個檔案、{size} MiB，上限是 {most} 個、{limit} MiB；最大的是 {largest}',
      en: '{path} has {files} files of {size} MiB; {most} and {limit} MiB are the limits; largest are {largest}',
    },
    hint: {
      'zh-TW': '請用 .gitignore 或 .dockerignore 排除不需要的檔案',
      en: 'Leave out what it does not need with .gitignore or .dockerignore',
    },
  },
  no_service_name: {
    message: { 'zh-TW': '{path} 無法當作服務名稱', en: 'No service name can be made of {path}' },
    hint: { 'zh-TW': '請以 --service 指定', en: 'Give one with --service' },
  },
  git_option: {
    message: { 'zh-TW': '{option} 只用於 git 網址', en: '{option} is for git addresses alone' },
    hint: {
      'zh-TW': '請改用 git 網址；資料夾則指定要部署的那一個',
      en: 'Name a git address, or of a folder the one that is to be deployed',
    },
  },
  unset_variable: {
    message: { 'zh-TW': '環境變數 {name} 沒有值', en: '{name} is not set in this environment' },
    hint: { 'zh-TW': '請先設定，或寫成 {name}=值', en: 'Set it, or write {name}=VALUE' },
  },
  bad_json: {
    message: { 'zh-TW': '{path} 不是 JSON：{reason}', en: '{path} is not JSON: {reason}' },
    hint: { 'zh-TW': '內容應為 {"deployments":[…]}', en: 'It should hold {"deployments":[…]}' },
  },
  lost: {
    message: { 'zh-TW': '與 {url} 的連線中斷（{reason}）', en: 'The connection to {url} was lost ({reason})' },
    hint: {
      'zh-TW': '已接受的工作會繼續；稍後用 slipway status 查看',
      en: 'Accepted work continues; check it later with `slipway status`',
    },
  },
  bad_signature: {
    message: { 'zh-TW': '簽章不符：{reason}', en: 'The signature is wrong: {reason}' },
    hint: {
      'zh-TW': '請用收到的原始內容與標頭，以及 SLIPWAY_CALLBACK_SECRET 或資料夾裡的 callback.key',
      en: 'Use the body and headers as they came, and the secret of SLIPWAY_CALLBACK_SECRET or callback.key',
    },
  },
  invalid: {
    message: { 'zh-TW': '請求內容不正確：', en: 'The request is not valid:' },
    hint: { 'zh-TW': '請修正以上欄位', en: 'Fix the fields named above' },
  },
  unexpected: {
    message: { 'zh-TW': '發生未預期的錯誤：{reason}', en: 'An unexpected error occurred: {reason}' },
    hint: { 'zh-TW': '請回報這個錯誤', en: 'Please report it' },
  },
} as const satisfies Record<string, Required<Sentence>>;
export type CliSentence = keyof typeof CLI_SENTENCES;

/** Progress messages. */
export const CLI_LINES = {
  uploading: { 'zh-TW': '上傳 {files} 個檔案（{size}）…', en: 'Sending {size} (files: {files}) …' },
  accepted: { 'zh-TW': '部署 {id}', en: 'Deployment {id}' },
  accepted_service: { 'zh-TW': '{service}：部署 {id}', en: 'Deployment {id} of {service}' },
  warning: { 'zh-TW': '注意：{message}', en: 'Note: {message}' },
  detached: { 'zh-TW': '已開始；查看：slipway progress {id} -f', en: 'It goes on. Watch: slipway progress {id} -f' },
  batch_detached: { 'zh-TW': '批次繼續進行；查看：slipway status {id}', en: 'It goes on. Look: slipway status {id}' },
  queued: { 'zh-TW': '等待空位（第 {position} 位）', en: 'Waiting for a slot (number {position} in the queue)' },
  waiting: { 'zh-TW': '等待中', en: 'Waiting' },
  with_mode: { 'zh-TW': '使用 {mode}：', en: 'With {mode}:' },
  completed: { 'zh-TW': '部署完成（{duration}）', en: 'Completed in {duration}' },
  unchanged: { 'zh-TW': '沒有變更：{release} 已在執行', en: 'Nothing changed: release {release} serves already' },
  failed: { 'zh-TW': '部署失敗（{code}）：{message}', en: 'Failed ({code}): {message}' },
  cancelled: { 'zh-TW': '部署已取消', en: 'Cancelled' },
  cancelled_because: { 'zh-TW': '部署已取消：{message}', en: 'Cancelled: {message}' },
  cancelling: { 'zh-TW': '取消中，等它收拾乾淨 …', en: 'Cancelling, and waiting until nothing of it is left …' },
  too_late: { 'zh-TW': '已經來不及取消：{message}', en: 'Too late to cancel: {message}' },
  cancel_question: {
    'zh-TW': '要取消嗎？[y/N]（再按一次 Ctrl-C：離開，讓它繼續）',
    en: 'Cancel it? [y/N] (Ctrl-C again: leave, and let it go on)',
  },
  env_file_sent: {
    'zh-TW': '注意：{paths} 會隨資料夾送出，並留在版本與映像檔中；秘密請用 --env-from，檔案則不會送出',
    en: 'Note: {paths} is sent with the folder, and stays in the release and its image. Give secrets by --env-from, which sends no file',
  },
  no_progress: {
    'zh-TW': '看不到進度（{message}），等待結束 …',
    en: 'Its progress is not shown ({message}); waiting for its end …',
  },
  no_log: { 'zh-TW': '看不到日誌（{message}）', en: 'Its log is not shown ({message})' },
  reconnecting: { 'zh-TW': '連線中斷，重新連線 …', en: 'The connection was lost; coming back …' },
  last_lines: { 'zh-TW': '只顯示最後 {count} 行；全部：-n all', en: 'These are the last {count} lines. All: -n all' },
  more: { 'zh-TW': '還有更多：--cursor {cursor}', en: 'There are more: --cursor {cursor}' },
  no_deployments: { 'zh-TW': '沒有部署', en: 'No deployments' },
  no_services: { 'zh-TW': '沒有服務', en: 'No services' },
  no_events: { 'zh-TW': '沒有事件', en: 'No events' },
  no_releases: { 'zh-TW': '沒有保留版本', en: 'No releases' },
  no_callbacks: { 'zh-TW': '沒有回呼', en: 'No callbacks' },
  no_keys: { 'zh-TW': '沒有金鑰', en: 'No keys' },
  no_calls: { 'zh-TW': '沒有記錄', en: 'No calls' },
  command_accepted: { 'zh-TW': '{service}：已接受 {command}', en: '{command} of {service} is accepted' },
  purge_question: {
    'zh-TW': '{service} 的資料會永久刪除。請輸入服務名稱確認：',
    en: 'The data of {service} will be removed permanently. Type its name to confirm:',
  },
  purge_refused: { 'zh-TW': '沒有變更', en: 'Nothing was changed' },
  purge_unasked: {
    'zh-TW': '沒有終端機可以確認，沒有變更：加上 --yes 才會刪除 {service} 的資料',
    en: 'There is no terminal to confirm on, so nothing was changed: --yes removes the data of {service}',
  },
  unregistered: { 'zh-TW': '{service} 已取消註冊', en: '{service} is unregistered' },
  unregistering: { 'zh-TW': '{service} 取消註冊中', en: '{service} is being unregistered' },
  batch_accepted: { 'zh-TW': '批次 {id}（{total} 項）', en: 'Batch {id} (items: {total})' },
  batch_end: {
    'zh-TW': '批次{status}：完成 {completed}、失敗 {failed}、取消 {cancelled}、略過 {skipped}',
    en: 'Batch {status}: {completed} completed, {failed} failed, {cancelled} cancelled, {skipped} skipped',
  },
  key_created: {
    'zh-TW': '{id}（{role}）。金鑰只顯示這一次：',
    en: '{id} ({role}). The key is shown this once:',
  },
  login_link: { 'zh-TW': '連結可用一次，十分鐘內有效：', en: 'The link works once, within ten minutes:' },
  key_revoked: { 'zh-TW': '{id} 已撤銷', en: '{id} is revoked' },
  signature_good: { 'zh-TW': '簽章正確', en: 'The signature is right' },
  settings_running: {
    'zh-TW': '{dataDir} 執行中的 Slipway 的設定；「此處」是這個 shell 不同的值',
    en: 'Settings of the Slipway that runs in {dataDir}; HERE stands what this shell says otherwise',
  },
  settings_here: {
    'zh-TW': '此處沒有執行中的 Slipway：這是這個 shell 的設定',
    en: 'No Slipway runs here: the settings of this shell',
  },
  stale: {
    'zh-TW': '目前沒有 worker 回應：這是最後已知的狀態',
    en: 'No worker answers; this is the last known state',
  },
  slots_taken: { 'zh-TW': '{taken}／{most}', en: '{taken} of {most} taken' },
  counts: {
    'zh-TW': '共 {total}：完成 {completed}、失敗 {failed}、取消 {cancelled}',
    en: '{total} in all: {completed} completed, {failed} failed, {cancelled} cancelled',
  },
  nearly_full: { 'zh-TW': '{resource}即將用盡：{percent}', en: '{resource} is nearly used up: {percent}' },
  service_unseen: {
    'zh-TW': '無法得知服務現在的狀態：{reason}',
    en: 'How the service is now could not be seen: {reason}',
  },
  service_now: {
    'zh-TW': '{service} 現在：{status}，健康 {health}，版本 {release}',
    en: '{service} is now {status}, its health is {health}, its release {release}',
  },
  runs_inside: { 'zh-TW': '以 {mode} 模式在容器中執行', en: 'It runs in the mode {mode}, in a container' },
  runs_outside: {
    'zh-TW': '以 {mode} 模式、{user} 的身分執行，不在容器中',
    en: 'It runs in the mode {mode} as {user}, outside a container',
  },
  outside_until_deployed: {
    'zh-TW': '正在執行的版本不在容器中，直到以 docker 模式重新部署',
    en: 'The running app stays outside a container until you deploy it again in the mode docker',
  },
  attempt: { 'zh-TW': '{mode}：{status}', en: '{mode}: {status}' },
  allowed: { 'zh-TW': '允許', en: 'Allowed' },
  audit_whole: { 'zh-TW': '稽核記錄完整，沒有被修改', en: 'No line of the audit trail was changed or removed' },
  audit_broken: { 'zh-TW': '稽核記錄被修改過', en: 'The audit trail was changed' },
  audit_break: {
    'zh-TW': '{name}：{file} 第 {number} 行（{reason}）',
    en: '{name}: line {number} of {file} ({reason})',
  },
  not_allowed: { 'zh-TW': '不允許：{reason}', en: 'Not allowed: {reason}' },
} as const satisfies Record<string, Bilingual>;
export type CliLine = keyof typeof CLI_LINES;

/** Table headings and field labels. */
export const CLI_WORDS = {
  here: { 'zh-TW': '此處', en: 'HERE' },
  id: { 'zh-TW': '編號', en: 'ID' },
  service: { 'zh-TW': '服務', en: 'SERVICE' },
  status: { 'zh-TW': '狀態', en: 'STATUS' },
  mode: { 'zh-TW': '模式', en: 'MODE' },
  started: { 'zh-TW': '開始', en: 'STARTED' },
  ended: { 'zh-TW': '結束', en: 'ENDED' },
  duration: { 'zh-TW': '耗時', en: 'DURATION' },
  step: { 'zh-TW': '步驟', en: 'STEP' },
  release: { 'zh-TW': '版本', en: 'RELEASE' },
  url: { 'zh-TW': '網址', en: 'URL' },
  environment: { 'zh-TW': '環境', en: 'ENVIRONMENT' },
  kind: { 'zh-TW': '種類', en: 'KIND' },
  type: { 'zh-TW': '類型', en: 'TYPE' },
  health: { 'zh-TW': '健康', en: 'HEALTH' },
  restarts: { 'zh-TW': '重啟', en: 'RESTARTS' },
  message: { 'zh-TW': '訊息', en: 'MESSAGE' },
  hint: { 'zh-TW': '建議', en: 'HINT' },
  depends_on: { 'zh-TW': '依賴', en: 'NEEDS' },
  isolation: { 'zh-TW': '隔離', en: 'ISOLATION' },
  persist: { 'zh-TW': '保留', en: 'PERSISTS' },
  host: { 'zh-TW': '主機', en: 'HOST' },
  time: { 'zh-TW': '時間', en: 'TIME' },
  event: { 'zh-TW': '事件', en: 'EVENT' },
  created: { 'zh-TW': '建立', en: 'CREATED' },
  revision: { 'zh-TW': '修訂', en: 'REVISION' },
  deployed_by: { 'zh-TW': '部署者', en: 'BY' },
  active: { 'zh-TW': '使用中', en: 'ACTIVE' },
  role: { 'zh-TW': '角色', en: 'ROLE' },
  expires: { 'zh-TW': '到期', en: 'EXPIRES' },
  policy: { 'zh-TW': '政策', en: 'POLICY' },
  budget: { 'zh-TW': '預算', en: 'BUDGET' },
  name: { 'zh-TW': '名稱', en: 'NAME' },
  scopes: { 'zh-TW': '範圍', en: 'SCOPES' },
  services: { 'zh-TW': '服務', en: 'SERVICES' },
  used: { 'zh-TW': '上次使用', en: 'LAST USED' },
  address: { 'zh-TW': '位址', en: 'ADDRESS' },
  trail: { 'zh-TW': '記錄', en: 'TRAIL' },
  lines: { 'zh-TW': '行數', en: 'LINES' },
  torn: { 'zh-TW': '殘行', en: 'TORN' },
  since: { 'zh-TW': '自', en: 'SINCE' },
  head: { 'zh-TW': '最後摘要', en: 'LAST DIGEST' },
  key: { 'zh-TW': '金鑰', en: 'KEY' },
  action: { 'zh-TW': '動作', en: 'ACTION' },
  call: { 'zh-TW': '呼叫', en: 'CALL' },
  user: { 'zh-TW': '使用者', en: 'USER' },
  guild: { 'zh-TW': '群組', en: 'GUILD' },
  target: { 'zh-TW': '對象', en: 'TARGET' },
  attempts: { 'zh-TW': '次數', en: 'TRIES' },
  answer: { 'zh-TW': '回應', en: 'ANSWER' },
  error: { 'zh-TW': '錯誤', en: 'ERROR' },
  reason: { 'zh-TW': '原因', en: 'REASON' },
  setting: { 'zh-TW': '設定', en: 'SETTING' },
  value: { 'zh-TW': '值', en: 'VALUE' },
  from: { 'zh-TW': '來源', en: 'FROM' },
  slots: { 'zh-TW': '部署中', en: 'SLOTS' },
  queued: { 'zh-TW': '排隊', en: 'QUEUED' },
  cpu: { 'zh-TW': '處理器', en: 'CPU' },
  memory: { 'zh-TW': '記憶體', en: 'MEMORY' },
  disk: { 'zh-TW': '磁碟', en: 'DISK' },
  deployments: { 'zh-TW': '部署', en: 'DEPLOYMENTS' },
  average: { 'zh-TW': '平均耗時', en: 'AVERAGE' },
  progress: { 'zh-TW': '進度', en: 'PROGRESS' },
  stdin: { 'zh-TW': '標準輸入', en: 'the standard input' },
  yes: { 'zh-TW': '是', en: 'yes' },
  rolled_back: { 'zh-TW': '已回復', en: 'rolled back' },
} as const satisfies Record<string, Bilingual>;
export type CliWord = keyof typeof CLI_WORDS;

export interface Told {
  message: string;
  hint?: string;
}

export function sentenceOf(key: CliSentence, params: TextParams, language: Language): Told {
  const { message, hint } = CLI_SENTENCES[key];
  return { message: fill(message[language], params), hint: fill(hint[language], params) };
}

export const lineOf = (key: CliLine, params: TextParams, language: Language): string =>
  fill(CLI_LINES[key][language], params);

export const wordOf = (key: CliWord, language: Language): string => CLI_WORDS[key][language];
