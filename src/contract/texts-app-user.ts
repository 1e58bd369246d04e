// The texts for a SLIPWAY_APP_USER that apps can't run as. `npm start`, `slipway doctor` and the status of a mode show
// these texts.
import type { Sentence } from './texts.js';

export const APP_USER_TEXTS = {
  'app_user.unknown': {
    message: {
      'zh-TW': '主機上沒有使用者 {user}（SLIPWAY_APP_USER）',
      en: 'SLIPWAY_APP_USER: there is no user {user} here',
    },
    hint: {
      'zh-TW': '請建立它（useradd --system --shell /usr/sbin/nologin {user}），或改用現有的使用者',
      en: 'Create it (useradd --system --shell /usr/sbin/nologin {user}), or name an existing user',
    },
  },
  'app_user.root': {
    message: { 'zh-TW': 'SLIPWAY_APP_USER 不能是 root（{user}）', en: 'SLIPWAY_APP_USER: {user} is root itself' },
    hint: { 'zh-TW': '請改用一般使用者，或取消設定', en: 'Name a user that is not, or unset it' },
  },
  'app_user.not_root': {
    message: {
      'zh-TW': 'SLIPWAY_APP_USER={user}：Slipway 不是以 root 執行，無法以別的使用者執行應用程式',
      en: 'SLIPWAY_APP_USER: Slipway is not root, and can run nothing as {user}',
    },
    hint: { 'zh-TW': '請以 root 執行 Slipway，或取消設定', en: 'Run Slipway as root, or unset it' },
  },
  'app_user.powerless': {
    message: {
      'zh-TW': 'SLIPWAY_APP_USER={user}：Slipway 雖是 root，但缺少 {missing}',
      en: 'SLIPWAY_APP_USER: Slipway is root, but lacks what running apps as {user} takes: {missing}',
    },
    hint: {
      'zh-TW': '請給予這些權能（systemd：CapabilityBoundingSet；Docker：cap_add），或取消設定',
      en: 'Give it these capabilities (systemd: CapabilityBoundingSet; Docker: cap_add), or unset it',
    },
  },
  'app_user.hard_links': {
    message: {
      'zh-TW': 'SLIPWAY_APP_USER={user}：核心允許任何人硬連結別人的檔案，無法保護 Slipway 的檔案',
      en: "SLIPWAY_APP_USER: the kernel lets {user} make hard links to others' files, so nothing of Slipway would be safe",
    },
    hint: {
      'zh-TW': '請執行 sysctl -w fs.protected_hardlinks=1，或取消設定',
      en: 'Run `sysctl -w fs.protected_hardlinks=1`, or unset it',
    },
  },
  'app_user.refused': {
    message: {
      'zh-TW': 'SLIPWAY_APP_USER：無法成為 {user}（{reason}）',
      en: "SLIPWAY_APP_USER: processes can't run as {user} on this host ({reason})",
    },
    hint: {
      'zh-TW': '容器須對應 0x70000000 到 0x78000000 的群組編號；或取消設定',
      en: 'A container must map the group numbers 0x70000000 to 0x78000000; else unset it',
    },
  },
  'app_user.unreachable': {
    message: {
      'zh-TW': 'SLIPWAY_APP_USER：{user} 無法進入 {folder}，資料夾 {path} 在其下',
      en: 'SLIPWAY_APP_USER: {user} cannot enter {folder}, below which the data folder {path} lies',
    },
    hint: {
      'zh-TW': '請將 SLIPWAY_DATA_DIR 設為它能進入的資料夾，例如 /var/lib/slipway',
      en: 'Set SLIPWAY_DATA_DIR to a folder that it can enter, such as /var/lib/slipway',
    },
  },
  'app_user.no_uv': {
    message: {
      'zh-TW': '{user}（SLIPWAY_APP_USER）無法執行 {path}，uv 模式無法使用',
      en: '{user} (SLIPWAY_APP_USER) cannot run {path}: mode uv cannot be used',
    },
    hint: {
      'zh-TW': '請將 uv 安裝到它能執行的位置，例如 /usr/local/bin',
      en: 'Install uv where that user can run it, such as /usr/local/bin',
    },
  },
} as const satisfies Record<string, Sentence>;
export type AppUserSentence = keyof typeof APP_USER_TEXTS;
