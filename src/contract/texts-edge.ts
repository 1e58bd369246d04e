// The error texts of the API and the front proxy.
import type { Sentence } from './texts.js';

const JSON_HINT = { 'zh-TW': '請送出 UTF-8 的 JSON 物件', en: 'Send one JSON object in UTF-8' };

export const EDGE_TEXTS = {
  malformed: {
    message: { 'zh-TW': '請求的路徑或內容無法讀取', en: 'The path or the body of the request cannot be read' },
    hint: { 'zh-TW': '請檢查網址的編碼與請求內容', en: 'Check how the address is encoded, and the body' },
  },
  'malformed.not_utf8': {
    message: { 'zh-TW': '請求內容不是 UTF-8', en: 'The body is not UTF-8' },
    hint: JSON_HINT,
  },
  'malformed.not_json': {
    message: { 'zh-TW': '請求內容不是 JSON', en: 'The body is not JSON' },
    hint: JSON_HINT,
  },
  'malformed.too_deep': {
    message: { 'zh-TW': '請求內容超過 {deepest} 層', en: 'The body is nested deeper than {deepest}' },
    hint: JSON_HINT,
  },
  'malformed.prototype_key': {
    message: {
      'zh-TW': '請求內容含有原型鍵（__proto__ 等）',
      en: 'The body holds a prototype key (such as __proto__)',
    },
    hint: JSON_HINT,
  },
  'malformed.key_twice': {
    message: { 'zh-TW': '請求內容有重複的鍵', en: 'The body holds a key twice' },
    hint: JSON_HINT,
  },
  'malformed.idempotency_key': {
    message: {
      'zh-TW': 'Idempotency-Key 必須是 1-255 個可見的 ASCII 字元',
      en: 'Idempotency-Key must be 1-255 visible ASCII characters',
    },
    hint: { 'zh-TW': '例如使用 UUID', en: 'A UUID will do' },
  },
  'malformed.not_gzip': {
    message: { 'zh-TW': '上傳的內容不是 gzip 的 tar', en: 'The body is not a gzip tar' },
    hint: { 'zh-TW': '請用 tar -czf 打包', en: 'Pack it with `tar -czf`' },
  },
  'malformed.http': {
    message: { 'zh-TW': '這不是可讀的 HTTP 請求', en: 'This is not an HTTP request that can be read' },
    hint: { 'zh-TW': '請檢查請求行與標頭', en: 'Check the request line and the headers' },
  },
  'malformed.headers_too_large': {
    message: { 'zh-TW': '請求的標頭超過 {limit}', en: 'The headers of the request are larger than {limit}' },
    hint: { 'zh-TW': '請縮短標頭與網址', en: 'Shorten the headers and the address' },
  },
  'malformed.too_slow': {
    message: { 'zh-TW': '請求沒有在時限內送完', en: 'The request was not sent in time' },
    hint: { 'zh-TW': '請重新送出', en: 'Send it again' },
  },
  unsupported_media_type: {
    message: { 'zh-TW': '不支援的內容類型 {type}', en: "This call doesn't accept the content type {type}" },
    hint: { 'zh-TW': '請使用 {expected}', en: 'Use {expected}' },
  },
  'unsupported_media_type.encoding': {
    message: {
      'zh-TW': '不接受以 {encoding} 壓縮的 JSON',
      en: 'A JSON body with the Content-Encoding {encoding} is not taken here',
    },
    hint: { 'zh-TW': '請不壓縮直接送出，不加 Content-Encoding', en: 'Send it as it is, without Content-Encoding' },
  },
  'unsupported_media_type.charset': {
    message: { 'zh-TW': '不接受字元編碼 {charset}', en: 'The charset {charset} is not taken here' },
    hint: { 'zh-TW': '請使用 UTF-8', en: 'Send it in UTF-8' },
  },
  unauthenticated: {
    message: {
      'zh-TW': '缺少金鑰，或金鑰錯誤、已撤銷或已過期',
      en: 'There is no API key, or it is wrong, revoked or expired',
    },
    hint: {
      'zh-TW': '請加上 Authorization: Bearer <金鑰>；第一把管理金鑰在資料夾的 admin.key',
      en: 'Send `Authorization: Bearer <key>`; the first admin key is in admin.key in the data folder',
    },
  },
  forbidden: {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'User {user} in guild {guild} has no permission for this action ({action})',
    },
    hint: {
      'zh-TW': '此金鑰的政策（SLIPWAY_POLICY_FILE）沒有允許用戶 {user} 在伺服器 {guild} 執行 {action}',
      en: 'A rule of the key’s policy in SLIPWAY_POLICY_FILE has to grant it',
    },
  },
  'forbidden.role': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'A read key may not do that ({action})',
    },
    hint: { 'zh-TW': '此金鑰只能讀取（{action}），請使用管理金鑰', en: 'Use an admin key' },
  },
  'unauthenticated.code': {
    message: { 'zh-TW': '登入連結無效、已使用或已過期', en: 'This login link is unknown, used or expired' },
    hint: {
      'zh-TW': '請用 npx slipway temporal-ui 取得新的連結，或以管理金鑰登入',
      en: 'Make a new link with `npx slipway temporal-ui`, or log in with an admin key',
    },
  },
  'forbidden.host': {
    message: { 'zh-TW': '此介面不在 {host} 這個名稱下提供', en: 'The Web UI does not answer under the name {host}' },
    hint: {
      'zh-TW': '請以 IP 位址或 localhost 開啟，或將名稱加入 SLIPWAY_UI_HOSTS',
      en: 'Open it by its address or localhost, or add the name to SLIPWAY_UI_HOSTS',
    },
  },
  'not_found.temporal_ui': {
    message: {
      'zh-TW': '此主機上沒有 Temporal Web UI 的檔案',
      en: "The files of Temporal's Web UI are not on this host",
    },
    hint: {
      'zh-TW': '安裝 Go 後重新啟動（npm start 會下載一次）',
      en: 'Install Go and start Slipway again: it then downloads them once',
    },
  },
  'temporal_unavailable.ui': {
    message: {
      'zh-TW': 'Slipway 不知道 Temporal 的 HTTP API 在哪裡',
      en: "Slipway does not know where Temporal's HTTP API is",
    },
    hint: {
      'zh-TW': '請設定 TEMPORAL_HTTP_ADDRESS 與 TEMPORAL_TLS_*，或使用該伺服器自己的 Web UI',
      en: "Set TEMPORAL_HTTP_ADDRESS and TEMPORAL_TLS_*, or use that server's own Web UI",
    },
  },
  'forbidden.scope': {
    message: { 'zh-TW': '用戶沒有部署權限', en: 'The scopes of this key do not include {action}' },
    hint: { 'zh-TW': '此金鑰的範圍不含 {action}，請使用其他金鑰', en: 'Use a key that has this scope' },
  },
  'forbidden.restricted': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'A key with scopes, services, a budget or a policy administers nothing: it could make itself a key without them',
    },
    hint: {
      'zh-TW': '請使用沒有範圍、服務、預算與政策限制的管理金鑰',
      en: 'Use an admin key without scopes, services, budget and policy',
    },
  },
  'forbidden.service': {
    message: { 'zh-TW': '用戶沒有部署權限', en: 'This caller may not do that ({action}) to the service {service}' },
    hint: {
      'zh-TW': '此金鑰或其政策不允許對服務 {service} 執行 {action}',
      en: 'The services of the key, or of a rule of its policy, have to cover it',
    },
  },
  'forbidden.found': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'This belongs to a service that this caller does not reach ({action})',
    },
    hint: {
      'zh-TW': '它屬於此金鑰或其政策不允許的服務（{action}）',
      en: 'The services of the key, or of a rule of its policy, have to cover it',
    },
  },
  'forbidden.upload': {
    message: { 'zh-TW': '用戶沒有部署權限', en: 'This upload belongs to another caller' },
    hint: { 'zh-TW': '請以此金鑰重新上傳', en: 'Upload the source again with this key' },
  },
  'forbidden.dependants': {
    message: { 'zh-TW': '用戶沒有部署權限', en: 'Services that this caller does not reach depend on {service}' },
    hint: {
      'zh-TW': '不屬於此金鑰的服務依賴 {service}，請管理員處理',
      en: 'Ask an administrator to unregister {service}',
    },
  },
  'forbidden.isolation': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'This caller may not set the isolation of a service',
    },
    hint: {
      'zh-TW': 'isolation 只能由沒有範圍、服務與政策限制的管理金鑰設定，請移除此欄位或使用該類金鑰',
      en: 'Use an admin key without scopes, services, budget and policy, or leave the field out',
    },
  },
  'forbidden.isolated': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'This caller may not unregister {service}, whose isolation would be lost with it',
    },
    hint: {
      'zh-TW': '{service} 的 isolation 為 container，請使用沒有限制的管理金鑰取消註冊',
      en: 'Use an admin key without scopes, services, budget and policy',
    },
  },
  'forbidden.no_policy': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'The policy {policy} that this key is bound to does not exist',
    },
    hint: { 'zh-TW': '請在 SLIPWAY_POLICY_FILE 中加入政策 {policy}', en: 'Add it to SLIPWAY_POLICY_FILE' },
  },
  'forbidden.policies_wrong': {
    message: { 'zh-TW': '政策檔案有誤或無法讀取', en: 'The file of policies is wrong, or cannot be read' },
    hint: {
      'zh-TW': 'API 的日誌與 slipway doctor 說明原因',
      en: 'The log of the API and `slipway doctor` say what is wrong',
    },
  },
  'forbidden.policies_wrong_because': {
    message: {
      'zh-TW': '政策檔案有誤或無法讀取：{reason}',
      en: 'The file of policies is wrong, or cannot be read: {reason}',
    },
    hint: {
      'zh-TW': '請修正 SLIPWAY_POLICY_FILE 所指的檔案',
      en: 'Fix the file that SLIPWAY_POLICY_FILE names',
    },
  },
  'forbidden.who': {
    message: {
      'zh-TW': '用戶沒有部署權限',
      en: 'This key is bound to people, and {header} is missing',
    },
    hint: {
      'zh-TW': '缺少 {header}：請以 X-User-Id 與 X-Guild-Id 標明是為誰呼叫',
      en: 'Name in X-User-Id and X-Guild-Id for whom you call',
    },
  },
  'malformed.discord_id': {
    message: { 'zh-TW': '{header} 必須是 1-32 位數字', en: '{header} must be 1 to 32 digits' },
    hint: { 'zh-TW': '請使用 Discord 的代號', en: 'Use the id that Discord shows' },
  },
  'permission.granted': { message: { 'zh-TW': '允許', en: 'Allowed' } },
  'permission.granted_to_all': {
    message: { 'zh-TW': '此金鑰未綁定任何人，因此允許', en: 'Allowed by this key, which is bound to nobody' },
  },
  'invalid.past': {
    message: { 'zh-TW': '必須是未來的時間', en: 'must lie in the future' },
  },
  'invalid.no_policy': {
    message: { 'zh-TW': '沒有名為 {policy} 的政策', en: 'There is no policy named {policy}' },
    hint: { 'zh-TW': '請在 SLIPWAY_POLICY_FILE 中加入此政策', en: 'Add it to SLIPWAY_POLICY_FILE' },
  },
  not_found: {
    message: { 'zh-TW': '找不到 {what}', en: "{what} doesn't exist here" },
    hint: { 'zh-TW': '請檢查路徑與代號', en: 'Check the path and the id' },
  },
  method_not_allowed: {
    message: { 'zh-TW': '{path} 不接受 {method}', en: '{method} is not allowed on {path}' },
    hint: { 'zh-TW': '可用：{allow}', en: 'Allowed: {allow}' },
  },
  'method_not_allowed.connect': {
    message: { 'zh-TW': '不接受 CONNECT：這裡不是代理伺服器', en: "CONNECT is not allowed: this isn't a proxy" },
    hint: { 'zh-TW': '請直接呼叫 API，說明見 /api/docs', en: 'Call the API itself; /api/docs lists its calls' },
  },
  not_acceptable: {
    message: { 'zh-TW': '無法以 {type} 回應', en: "This call can't answer as {type}" },
    hint: { 'zh-TW': '請接受 {expected}', en: 'Accept {expected}' },
  },
  already_finished: {
    message: { 'zh-TW': '{id} 已經結束（{status}）', en: '{id} has already ended ({status})' },
    hint: { 'zh-TW': '不需要取消', en: 'There is nothing left to cancel' },
  },
  name_taken: {
    message: { 'zh-TW': '名稱 {name} 已被使用', en: 'The name {name} is taken' },
    hint: {
      'zh-TW': '請用 PATCH /api/services/{name} 修改，或使用其他名稱',
      en: 'Change it by PATCH /api/services/{name}, or choose another name',
    },
  },
  has_dependants: {
    message: { 'zh-TW': '其他服務依賴 {name}：{dependants}', en: 'Other services depend on {name}: {dependants}' },
    hint: {
      'zh-TW': '請先修改它們的 depends_on，或加上 ?force=true',
      en: 'Change their depends_on first, or add ?force=true',
    },
  },
  reserved: {
    message: { 'zh-TW': '名稱 {name} 保留給 Slipway', en: 'The name {name} is reserved for Slipway itself' },
    hint: { 'zh-TW': '請使用其他名稱', en: 'Choose another name' },
  },
  'reserved.last_key': {
    message: {
      'zh-TW': '{name} 是最後一個可以管理的金鑰',
      en: '{name} is the last key that may administer',
    },
    hint: {
      'zh-TW': '請先建立另一個沒有限制的管理金鑰',
      en: 'Make another admin key without limits first',
    },
  },
  'reserved.itself': {
    message: { 'zh-TW': '{name} 就是 Slipway 本身', en: '{name} is Slipway itself' },
    hint: {
      'zh-TW': '它不能由 API 停止或修改；停止與啟動見 docs/how-to/operate.md',
      en: 'It is stopped and started where it runs, not by its API: see docs/how-to/operate.md',
    },
  },
  too_large: {
    message: { 'zh-TW': '請求超過 {limit}', en: 'The request is larger than {limit}' },
    hint: { 'zh-TW': '請縮小內容', en: 'Send less' },
  },
  invalid: {
    message: { 'zh-TW': '請求內容不正確：{reason}', en: 'The request is not valid: {reason}' },
    hint: { 'zh-TW': '請修正 errors 列出的欄位', en: 'Fix the fields that `errors` names' },
  },
  'invalid.clear_secrets': {
    message: {
      'zh-TW': '這些值是明文，必須由 API 加密：{paths}',
      en: 'These values must be sealed by the API, but are unencrypted: {paths}',
    },
    hint: {
      'zh-TW': '請改用 POST /api/deployments，並更換已外洩的值',
      en: 'Start it with POST /api/deployments, and change the values: this history contains them now',
    },
  },
  'invalid.clear_token': {
    message: {
      'zh-TW': '權杖不能經由 http 傳送：{source}',
      en: 'The token would go over http, readable by all on the way: {source}',
    },
    hint: { 'zh-TW': '請改用 https', en: 'Use https' },
  },
  'invalid.deployment_id': {
    message: { 'zh-TW': '代號 {id} 不能作為部署代號', en: 'The workflow id {id} cannot be a deployment id' },
    hint: { 'zh-TW': '請只用英數字與 . _ -', en: 'Use letters, digits, `.`, `_` and `-`, 200 at most' },
  },
  'invalid.id_used': {
    message: {
      'zh-TW': '代號 {id} 已被先前的部署使用過',
      en: 'An earlier deployment had the workflow id {id}',
    },
    hint: { 'zh-TW': '請使用新的 workflow id', en: 'Start it under a new workflow id' },
  },
  'invalid.no_source': {
    message: {
      'zh-TW': '沒有來源：請求沒有 source，服務也沒有先前的來源',
      en: 'There is no source: the request names none, and the service has no earlier one',
    },
    hint: {
      'zh-TW': '請設定 config.source，或 SLIPWAY_DEFAULT_PROJECT',
      en: 'Set config.source, or SLIPWAY_DEFAULT_PROJECT',
    },
  },
  'invalid.persist_dropped': {
    message: {
      'zh-TW': '{service} 目前的版本保存 {paths}，而此請求沒有提到',
      en: 'The release of {service} that serves persists {paths}, and this request says nothing of it',
    },
    hint: {
      'zh-TW': '請在 config.persist 再次列出，或以 `persist: []` 表示不再使用',
      en: 'List the paths again in config.persist, or send `persist: []` to go on without them',
    },
  },
  'invalid.no_name': {
    message: { 'zh-TW': '來源沒有可用的名稱', en: 'The source has no name of its own' },
    hint: { 'zh-TW': '請設定 config.service', en: 'Set config.service' },
  },
  idempotency_key_reused: {
    message: { 'zh-TW': '此 Idempotency-Key 已用於不同的請求', en: 'This Idempotency-Key was used with another body' },
    hint: { 'zh-TW': '每個新請求請用新的金鑰', en: 'Use a new key for each new request' },
  },
  not_supported_yet: {
    message: { 'zh-TW': '這個版本還不支援 {what}', en: "This version of Slipway doesn't support {what} yet" },
    hint: { 'zh-TW': '請移除它', en: 'Leave it out' },
  },
  concurrency_limit: {
    message: {
      'zh-TW': '併發限制：已有 {limit} 個部署進行中',
      en: '併發限制 (concurrency limit): {limit} deployments are in flight already',
    },
    hint: {
      'zh-TW': '請稍後再試，或用 "when_full": "queue" 排隊',
      en: 'Try again later, or send "when_full": "queue"',
    },
  },
  registry_full: {
    message: {
      'zh-TW': '已有 {count} 個服務，無法再註冊更多',
      en: 'There are {count} services, and no room to register more',
    },
    hint: {
      'zh-TW': '請先移除不再需要的服務，或減少 depends_on',
      en: 'Unregister services that nobody needs, or shorten `depends_on`',
    },
  },
  'registry_full.key': {
    message: {
      'zh-TW': '這個金鑰所及的服務已有 {limit} 個，無法再註冊更多',
      en: 'The services that this key may use are {limit} already, and it can register no more',
    },
    hint: {
      'zh-TW': '請先移除不再需要的服務，或請管理員調整 SLIPWAY_SERVICES_PER_KEY',
      en: 'Unregister services that nobody needs, or ask for a larger SLIPWAY_SERVICES_PER_KEY',
    },
  },
  queue_full: {
    message: { 'zh-TW': '佇列已滿（{limit}）', en: 'The queue is full ({limit})' },
    hint: { 'zh-TW': '請稍後再試', en: 'Try again later' },
  },
  rate_limited: {
    message: { 'zh-TW': '請求過於頻繁（每分鐘 {limit} 次）', en: 'Too many requests ({limit} per minute)' },
    hint: { 'zh-TW': '請等待 {seconds} 秒', en: 'Wait for {seconds} s' },
  },
  'rate_limited.files': {
    message: { 'zh-TW': 'Web UI 的檔案請求過多', en: 'Too many files of the Web UI are being sent' },
    hint: { 'zh-TW': '請稍候再試', en: 'Try again in a moment' },
  },
  'rate_limited.per_hour': {
    message: {
      'zh-TW': '此金鑰每小時最多 {limit} 個部署',
      en: 'This key may start {limit} deployments in an hour',
    },
    hint: { 'zh-TW': '請等待 {seconds} 秒', en: 'Wait for {seconds} s' },
  },
  'rate_limited.in_flight': {
    message: {
      'zh-TW': '此金鑰最多同時有 {limit} 個未完成的部署',
      en: 'This key may have {limit} unfinished deployments at a time',
    },
    hint: { 'zh-TW': '請等其中一個完成', en: 'Wait until one of them has ended' },
  },
  'log.cut': {
    message: {
      'zh-TW': '較早的行已省略：一次回應最多 {limit} MiB；請用 since 讀取更多',
      en: 'Earlier lines are left out: one answer holds {limit} MiB. Read on with `since`',
    },
  },
  'rate_limited.uploads': {
    message: {
      'zh-TW': '此金鑰保存的上傳已達上限（{count} 個、共 {size} MiB）',
      en: 'This key has as many uploads as it may have ({count}, of {size} MiB together)',
    },
    hint: {
      'zh-TW':
        '部署完成的上傳一小時後移除，其餘一天後移除；或請調高 SLIPWAY_UPLOADS_PER_KEY、SLIPWAY_UPLOAD_MIB_PER_KEY',
      en: 'Deployed uploads are removed after an hour, others after a day; or raise SLIPWAY_UPLOADS_PER_KEY or SLIPWAY_UPLOAD_MIB_PER_KEY',
    },
  },
  'rate_limited.uploads_at_once': {
    message: {
      'zh-TW': '同時進行的上傳過多（每個金鑰 {limit} 個）',
      en: 'Too many uploads at once ({limit} for each key)',
    },
    hint: { 'zh-TW': '請等待其他上傳完成', en: 'Wait until other uploads are complete' },
  },
  'rate_limited.streams': {
    message: {
      'zh-TW': '同時開啟的串流過多（每個金鑰 {limit} 個，共 {all} 個）',
      en: 'Too many streams are open ({limit} for each key, {all} in all)',
    },
    hint: {
      'zh-TW': '請關閉其他串流，或調高 SLIPWAY_STREAMS_PER_KEY、SLIPWAY_STREAMS',
      en: 'Close other streams, or raise SLIPWAY_STREAMS_PER_KEY or SLIPWAY_STREAMS',
    },
  },
  'disk_full.reserve': {
    message: {
      'zh-TW': '磁碟空間不足：上傳後只剩 {free} MiB，須保留 {needed} MiB',
      en: 'The upload would leave {free} MiB free on the disk; {needed} MiB have to stay free',
    },
    hint: { 'zh-TW': '請在主機清出空間後重試', en: 'Free disk space on the host, then try again' },
  },
  temporal_unavailable: {
    message: {
      'zh-TW': 'Temporal 或 worker 無法使用，沒有接受任何工作',
      en: "Temporal or its worker can't be reached; nothing was accepted",
    },
    hint: {
      'zh-TW': '請稍後再試；若持續如此，請重新啟動 worker',
      en: 'Try again in a moment; if the error stays, restart the worker',
    },
  },
  maintenance: {
    message: { 'zh-TW': '維護中，暫停接受新工作', en: 'In maintenance: no new work is accepted' },
    hint: { 'zh-TW': '請稍後再試', en: 'Try again later' },
  },
  audit_unavailable: {
    message: {
      'zh-TW': '稽核記錄無法寫入，沒有執行任何動作',
      en: 'The audit trail cannot be written; nothing was done',
    },
    hint: {
      'zh-TW': '請釋放磁碟空間，或修正資料夾中 audit.log 的權限',
      en: 'Free space on the disk of the data folder, or fix the permissions of its audit.log',
    },
  },
  'disk_full.call': {
    message: { 'zh-TW': '磁碟空間不足，沒有保存任何內容', en: 'The disk is full: nothing was kept' },
    hint: { 'zh-TW': '請在主機清出空間後重試', en: 'Free disk space on the host, then try again' },
  },
  engine_unavailable: {
    message: { 'zh-TW': 'Docker 引擎無法使用：{reason}', en: 'The Docker engine is out of reach: {reason}' },
    hint: { 'zh-TW': '請啟動引擎，或使用 uv、fallback', en: 'Start the engine, or use uv or fallback' },
  },
  tool_missing: {
    message: { 'zh-TW': '主機上沒有 {tool}', en: '{tool} is not on the host' },
    hint: { 'zh-TW': '請安裝 {tool}，或使用其他模式', en: 'Install {tool}, or use another mode' },
  },
  internal: {
    message: { 'zh-TW': 'Slipway 內部錯誤：{reason}', en: 'Slipway failed: {reason}' },
    hint: { 'zh-TW': '請看 Slipway 的日誌', en: "Read Slipway's own log" },
  },
  'internal.unexpected': {
    message: { 'zh-TW': 'Slipway 發生未預期的錯誤', en: 'Slipway failed unexpectedly' },
    hint: { 'zh-TW': '請看 Slipway 的日誌', en: "Read Slipway's own log" },
  },
  'front.unreachable': {
    message: {
      'zh-TW': '無法連到前端代理的管理介面：{reason}',
      en: "The front proxy's admin interface is out of reach: {reason}",
    },
    hint: { 'zh-TW': '請啟動代理，或修正 SLIPWAY_FRONT_ADMIN', en: 'Start the proxy, or fix SLIPWAY_FRONT_ADMIN' },
  },
  'front.not_set': {
    message: { 'zh-TW': '前端代理的路由無法設定：{reason}', en: "The front proxy's route could not be set: {reason}" },
    hint: {
      'zh-TW': '請看代理的日誌，並釋放該連接埠',
      en: "See the proxy's own log, and free the port that it names",
    },
  },
} as const satisfies Record<string, Sentence>;
