// The error texts of fields. Each text follows the field's path.
import type { Sentence } from './texts.js';

export const FIELD_TEXTS = {
  'field.batch_label': {
    message: {
      'zh-TW': '必須是 1-255 個字元，不含控制字元',
      en: 'must be 1 to 255 characters, and no control characters',
    },
  },
  'field.required': { message: { 'zh-TW': '是必填欄位', en: 'is required' } },
  'field.unknown': { message: { 'zh-TW': '不是已知的欄位', en: 'is not a known field' } },
  'field.fixed': {
    message: { 'zh-TW': '註冊後不能修改', en: 'cannot be changed once the service is registered' },
  },
  'field.empty': { message: { 'zh-TW': '不能是空的', en: 'must not be empty' } },
  'field.too_short': { message: { 'zh-TW': '長度至少要 {least}', en: 'must have a length of {least} or more' } },
  'field.too_long': { message: { 'zh-TW': '最多 {most} 個字元', en: 'must not be longer than {most} characters' } },
  'field.too_many': { message: { 'zh-TW': '最多 {most} 項', en: 'must not have more than {most} entries' } },
  'field.at_least': { message: { 'zh-TW': '不能小於 {least}', en: 'must not be less than {least}' } },
  'field.at_most': { message: { 'zh-TW': '不能大於 {most}', en: 'must not be more than {most}' } },
  'field.one_of': { message: { 'zh-TW': '必須是其中之一：{values}', en: 'must be one of: {values}' } },
  'field.type_text': { message: { 'zh-TW': '必須是文字', en: 'must be text' } },
  'field.type_number': { message: { 'zh-TW': '必須是數字', en: 'must be a number' } },
  'field.type_boolean': { message: { 'zh-TW': '必須是 true 或 false', en: 'must be true or false' } },
  'field.type_list': { message: { 'zh-TW': '必須是清單 […]', en: 'must be a list: […]' } },
  'field.type_object': { message: { 'zh-TW': '必須是物件 {…}', en: 'must be an object: {…}' } },
  'field.absolute': { message: { 'zh-TW': '必須是絕對路徑（以 / 開頭）', en: 'must be absolute (begin with /)' } },
  'field.git_ref': {
    message: { 'zh-TW': '必須是分支、標籤或完整的 SHA', en: 'must be a branch, a tag or a full SHA' },
  },
  'field.upload_id': {
    message: {
      'zh-TW': '必須是 POST /api/uploads 回答的 upload_id',
      en: 'must be an upload_id that POST /api/uploads gave',
    },
  },
  'field.url_path': {
    message: { 'zh-TW': '必須是網址路徑，例如 /healthz', en: 'must be the path of an address, such as /healthz' },
  },
  'field.profile': {
    message: {
      'zh-TW': '必須是 1-64 個英數字、. _ -，且以英數字開頭',
      en: 'must be 1-64 letters, digits and . _ -, the first a letter or a digit',
    },
  },
  'field.process': {
    message: { 'zh-TW': '必須是 1-63 個英數字、_ -', en: 'must be 1-63 letters, digits and _ -' },
  },
  'field.python': { message: { 'zh-TW': '必須是版本，例如 3.11', en: 'must be a version, such as 3.11' } },
  'field.batch_id': {
    message: {
      'zh-TW': '不能是空的，也不能含有引號與反斜線',
      en: 'must not be empty, nor hold quotes and backslashes',
    },
  },
  'field.path': { message: { 'zh-TW': '必須是路徑', en: 'must be a path' } },
  'field.git_url': {
    message: {
      'zh-TW': '必須是 https、http 或 ssh 網址，不含空白、控制字元、查詢（?）、#，也不含帳號密碼（權杖請用 token）',
      en: 'must be an https, http or ssh URL without blanks, control characters, a query, a # and user info (a token has its own field)',
    },
  },
  'field.empty_budget': {
    message: {
      'zh-TW': '必須至少有 deployments_per_hour 或 in_flight',
      en: 'must have deployments_per_hour, in_flight or both',
    },
  },
  'field.git_username': {
    message: {
      'zh-TW': '必須是 git 伺服器上的使用者名稱（不含空白、冒號與斜線）',
      en: 'must be the name of a user of the git server, without blanks, colons and slashes',
    },
  },
  'field.username_alone': {
    message: {
      'zh-TW': '透過 https 時，username 必須與 token 一起提供',
      en: 'needs a token beside it, unless the URL is an ssh URL',
    },
  },
  'field.clear_token': {
    message: {
      'zh-TW': '權杖不能經由 http 傳送：請改用 https',
      en: 'would go over http, readable by all on the way: use https',
    },
  },
  'field.literal_variable': {
    message: {
      'zh-TW': '含有 {name} 的值，會以明文保存：請改用 ${name}',
      en: 'holds the value of {name}, and is stored unsealed: write ${name} instead',
    },
  },
  'field.literal_token': {
    message: {
      'zh-TW': '含有 {name} 的值，會以明文保存：請移除',
      en: 'holds the value of {name}, and is stored unsealed: leave it out',
    },
  },
  'field.inside': {
    message: {
      'zh-TW': '必須是應用程式資料夾內的相對路徑，不含控制字元',
      en: 'must be a relative path inside the app folder, without control characters',
    },
  },
  'field.path_part': {
    message: {
      'zh-TW': '路徑中的每個名稱最多 255 位元組（UTF-8）',
      en: 'each name in the path may take 255 bytes at most, in UTF-8',
    },
  },
  'field.path_length': {
    message: { 'zh-TW': '路徑最多 1024 位元組（UTF-8）', en: 'may take 1,024 bytes at most, in UTF-8' },
  },
  'field.no_nul': { message: { 'zh-TW': '不能含有 NUL 字元', en: 'must not hold a NUL character' } },
  'field.variable_value': {
    message: {
      'zh-TW': '必須是文字，或 {"value": 文字, "secret": true 或 false}',
      en: 'must be text, or {"value": text, "secret": true or false}',
    },
  },
  'field.variable_name': {
    message: {
      'zh-TW': '變數名稱只能用英數字與底線，且不以數字開頭',
      en: 'a variable’s name is letters, digits and underscores, and does not begin with a digit',
    },
  },
  'field.whole_number': { message: { 'zh-TW': '必須是整數，例如 20', en: 'must be a whole number, such as 20' } },
  'field.variables_size': {
    message: {
      'zh-TW': '加密後共 {bytes} 位元組，上限為 {limit}',
      en: 'take {bytes} bytes once they are sealed, and may take {limit}',
    },
  },
  'field.backoff': {
    message: {
      'zh-TW': '必須是 1s 到 24h 的時間，例如 90s、15m 或 2h',
      en: 'must be a time from 1s to 24h, such as 90s, 15m or 2h',
    },
  },
  'field.since': {
    message: {
      'zh-TW': '必須是位元組位置（整數），或 ISO 8601 時間，例如 2026-01-31T08:00:00Z',
      en: 'must be a byte offset (a whole number) or an ISO 8601 time, such as 2026-01-31T08:00:00Z',
    },
  },
  'field.time': {
    message: {
      'zh-TW': '必須是 ISO 8601 時間，含 Z 或時差，例如 2026-01-31T08:00:00Z',
      en: 'must be an ISO 8601 time with Z or an offset, such as 2026-01-31T08:00:00Z',
    },
  },
  'field.discord_id': {
    message: { 'zh-TW': '必須是 Discord 的代號：1-32 位數字', en: 'must be an id of Discord’s: 1 to 32 digits' },
  },
  'field.regular_file': { message: { 'zh-TW': '必須是一般檔案', en: 'must be a regular file' } },
  'field.policy_name': {
    message: {
      'zh-TW': '必須是政策名稱：1-63 個 a-z、0-9 與 -',
      en: 'must be a policy’s name: 1-63 of a-z, 0-9 and -',
    },
  },
  'field.service_pattern': {
    message: {
      'zh-TW': '必須是服務名稱（1-63 個 a-z、0-9 與 -），或名稱開頭加 *，例如 roas-*',
      en: 'must be a service’s name (1-63 of a-z, 0-9 and -), or the beginning of names with *, such as roas-*',
    },
  },
  'field.login_code': {
    message: { 'zh-TW': '必須是登入連結中 # 之後的代碼', en: 'must be the code behind # in a login link' },
  },
  'field.key_name': {
    message: {
      'zh-TW': '必須是 1-100 個字元，不含控制字元',
      en: 'must be 1-100 characters without control characters',
    },
  },
  'field.scope_of_admin': {
    message: { 'zh-TW': 'read 金鑰不能有此範圍', en: 'a read key cannot have this scope: make an admin key with it' },
  },
  'field.build_variable': {
    message: {
      'zh-TW': '此變數會左右 Slipway、uv、pip 或 BuildKit 本身，不能傳給建置',
      en: 'steers Slipway, uv, pip or BuildKit themselves, and is not given to builds',
    },
  },
  'field.reserved_variable': {
    message: { 'zh-TW': 'SLIPWAY_ 開頭的名稱由 Slipway 設定', en: 'names that begin with SLIPWAY_ are set by Slipway' },
  },
  'field.reserved_service': {
    message: { 'zh-TW': '此名稱保留給 Slipway', en: 'this name is reserved for Slipway itself' },
  },
  'field.service_name': {
    message: {
      'zh-TW': '必須是服務名稱：1-63 個 a-z、0-9 與 -',
      en: 'must be a service’s name: 1-63 of a-z, 0-9 and -',
    },
  },
  'field.health_url': {
    message: {
      'zh-TW': '必須是 http 或 https 網址，不含帳號密碼',
      en: 'must be an http or https URL without user info',
    },
  },
  'field.health_url_required': {
    message: { 'zh-TW': 'external 服務需要 health_url', en: 'an external service needs its health_url' },
  },
  'field.health_url_external': {
    message: { 'zh-TW': '只有 external 服務可以有 health_url', en: 'only an external service has a health_url' },
  },
  'field.above_maximum': {
    message: {
      'zh-TW': '不得超過 {most}，這是主機的管理者所設的上限',
      en: "must be at most {most}, which the host's operator has set",
    },
  },
  'field.isolation_external': {
    message: {
      'zh-TW': 'external 服務不由 Slipway 執行，不能有 isolation',
      en: 'Slipway runs nothing of an external service, which therefore has no isolation',
    },
  },
  'field.address_denied': {
    message: {
      'zh-TW': '{host} 位於不允許的網路（{address}）；可用 SLIPWAY_CALLBACK_ALLOW 開放',
      en: '{host} lies in a network that is denied ({address}): SLIPWAY_CALLBACK_ALLOW can open it',
    },
  },
  'field.host_unknown': {
    message: { 'zh-TW': '找不到主機 {host}', en: 'the host {host} is not known' },
  },
  'field.external_service': {
    message: {
      'zh-TW': '{service} 是外部服務，Slipway 只觀察它的健康：請先移除註冊，或使用其他名稱',
      en: '{service} is an external service, which Slipway only watches: unregister it first, or choose another name',
    },
  },
  'field.missing_dependencies': {
    message: {
      'zh-TW': '沒有這些服務：{names}；請先註冊或部署',
      en: 'no such services: {names}. Register or deploy them first',
    },
  },
  'field.service_twice': {
    message: { 'zh-TW': '{service} 在批次中出現兩次', en: '{service} appears twice in the batch' },
  },
  'field.dependency_cycle': {
    message: { 'zh-TW': '形成循環：{cycle}', en: 'that is a cycle: {cycle}' },
  },
  'field.unique': { message: { 'zh-TW': '不能重複', en: 'must not repeat a value' } },
  'field.http_url': { message: { 'zh-TW': '必須是 http 或 https 網址', en: 'must be an http or https URL' } },
  'field.metadata_size': { message: { 'zh-TW': '不能超過 4 KiB', en: 'must not be larger than 4 KiB' } },
  'field.outside_roots': {
    message: {
      'zh-TW': '必須在允許的來源資料夾內：{roots}（由 SLIPWAY_SOURCE_ROOTS 設定）',
      en: 'must lie in one of the source roots: {roots} (SLIPWAY_SOURCE_ROOTS sets them)',
    },
  },
  'field.data_folder': {
    message: {
      'zh-TW': '不能是、包含或位於資料夾 {dataDir}',
      en: 'must not be, hold or lie in the data folder {dataDir}',
    },
  },
  'field.cursor': {
    message: {
      'zh-TW': '不是這裡給出的 cursor，請使用 Link 標頭中的網址',
      en: 'is not one that was given out here: follow the address in the Link header',
    },
  },
  'field.persist_dropped': {
    message: {
      'zh-TW': '{service} 目前的版本保存 {paths}：請在 config.persist 再次列出，或以 `persist: []` 表示不再使用',
      en: 'is required, because the active release of {service} persists {paths}: list them in config.persist again, or send `persist: []` to drop them',
    },
  },
  'field.no_directory': { message: { 'zh-TW': '不是存在的資料夾', en: 'is not a folder that exists' } },
  'field.unknown_upload': {
    message: { 'zh-TW': '沒有這個上傳，或已過期', en: 'is not a known upload, or it has expired' },
  },
  'field.service_required': {
    message: {
      'zh-TW': '來源沒有可用的名稱，請指定 service',
      en: 'the source has no name of its own: name the service',
    },
  },
  'field.when_full_twice': {
    message: { 'zh-TW': 'when_full 與 config.when_full 不一致', en: 'when_full and config.when_full differ' },
  },
} as const satisfies Record<string, Sentence>;
