// The texts of services: events, and failed commands.
import type { Sentence } from './texts.js';

export const SERVICE_TEXTS = {
  'service.exited_restarting': {
    message: {
      'zh-TW': '應用程式已結束（{how}），正在重新啟動',
      en: 'The app exited ({how}) and is being started again',
    },
  },
  'service.restarts_slowly': {
    message: {
      'zh-TW': '應用程式一再結束（{how}），下次啟動時間是 {at}',
      en: 'The app exited again and again ({how}); its next start is at {at}',
    },
    hint: {
      'zh-TW': '請查看服務的日誌，修正後重新部署；用 start 可立刻再試',
      en: "Read the service's log and deploy a fixed version; `start` tries at once",
    },
  },
  'service.restart_budget_spent': {
    message: {
      'zh-TW': '應用程式在 24 小時內已重新啟動 {count} 次（{how}），下次啟動時間是 {at}',
      en: 'The app was restarted {count} times in 24 hours ({how}); its next start is at {at}',
    },
    hint: {
      'zh-TW': '請查看服務的日誌，修正後重新部署；用 start 可立刻再試，restart.max_per_day 可調整每日次數',
      en: "Read the service's log and deploy a fixed version; `start` tries at once, and `restart.max_per_day` sets the limit",
    },
  },
  'service.next_start': { message: { 'zh-TW': '下次啟動時間是 {at}', en: 'the next start is at {at}' } },
  'service.gave_up': {
    message: {
      'zh-TW': '應用程式一再結束（{how}），不再重新啟動',
      en: 'The app exited again and again ({how}) and is not started any more',
    },
    hint: {
      'zh-TW': '請查看服務的日誌，修正後重新部署，或用 start 再試一次',
      en: "Read the service's log and deploy a fixed version, or try `start` again",
    },
  },
  'service.no_release': {
    message: { 'zh-TW': '{service} 還沒有可以執行的版本', en: '{service} has no release to run yet' },
    hint: { 'zh-TW': '請先部署', en: 'Deploy it first' },
  },
  'service.release_gone': {
    message: {
      'zh-TW': '{service} 沒有保留版本 {release}',
      en: '{service} has no kept release {release}',
    },
    hint: {
      'zh-TW': '請由 GET /api/services/{service}/releases 選擇',
      en: 'Choose one that GET /api/services/{service}/releases lists',
    },
  },
  'service.release_files_gone': {
    message: {
      'zh-TW': '版本 {release} 的檔案已不在主機上：{path}',
      en: 'The files of release {release} are no longer on the host: {path}',
    },
    hint: { 'zh-TW': '請重新部署這個版本', en: 'Deploy this version again' },
  },
  'service.no_earlier_release': {
    message: {
      'zh-TW': '{service} 沒有可以回復的先前版本',
      en: '{service} has no earlier release to roll back to',
    },
    hint: {
      'zh-TW': '部署過第二個版本之後才能回復。已被回復的版本須指名，請由 GET /api/services/{service}/releases 選擇',
      en: 'There is one once a second release was deployed. Name a release that was rolled back to return to it: GET /api/services/{service}/releases lists them',
    },
  },
  'service.dependencies_ail': {
    message: {
      'zh-TW': '依賴的服務不正常：{names}',
      en: 'Services that it depends on are not healthy: {names}',
    },
    hint: { 'zh-TW': '請先查看這些服務', en: 'Look into those services first' },
  },
  'service.external': {
    message: {
      'zh-TW': '{service} 是外部服務，Slipway 只觀察它的健康',
      en: '{service} is an external service: Slipway only watches its health',
    },
    hint: {
      'zh-TW': '要部署它，請先移除註冊，或使用其他名稱',
      en: 'To deploy under this name, unregister it first, or choose another name',
    },
  },
  'outside.status': {
    message: { 'zh-TW': '{host} 回應狀態碼 {status}', en: '{host} answers with status {status}' },
  },
  'outside.refused': { message: { 'zh-TW': '{host} 拒絕連線', en: '{host} refuses the connection' } },
  'outside.timeout': {
    message: { 'zh-TW': '{host} 沒有在 {seconds} 秒內回應', en: '{host} does not answer within {seconds} s' },
  },
  'outside.unknown_host': {
    message: { 'zh-TW': '找不到主機 {host}（DNS）', en: 'The host {host} is not known (DNS)' },
  },
  'outside.denied': {
    message: {
      'zh-TW': '{host} 位於不允許的網路；可用 SLIPWAY_CALLBACK_ALLOW 開放',
      en: '{host} lies in a network that is denied: SLIPWAY_CALLBACK_ALLOW can open it',
    },
  },
  'outside.failed': {
    message: { 'zh-TW': '無法連線到 {host}（{reason}）', en: '{host} cannot be reached ({reason})' },
  },
  'service.unregistered': {
    message: { 'zh-TW': '{service} 已被移除註冊', en: '{service} is being unregistered' },
  },
  'service.host_lost': {
    message: {
      'zh-TW': '主機 {host} 失聯，狀態不明',
      en: 'Its host {host} is lost, so its state is unknown',
    },
    hint: {
      'zh-TW': '請在該主機啟動 Slipway 的 worker',
      en: 'Start the worker on that host',
    },
  },
  'service.overtaken': {
    message: { 'zh-TW': '之後的指令取代了這一個', en: 'A later command or deployment took its place' },
  },
  'batch.dependency_failed': {
    message: { 'zh-TW': '依賴的 {service} 沒有部署成功', en: 'It needs {service}, which was not deployed' },
  },
  'batch.dependency_down': {
    message: { 'zh-TW': '依賴的 {service} 沒有執行', en: 'It needs {service}, which is not up' },
    hint: { 'zh-TW': '請先部署或啟動 {service}', en: 'Deploy or start {service} first' },
  },
  'batch.stopped': {
    message: { 'zh-TW': '其他項目失敗，批次到此為止', en: 'Another item failed, and the batch stops at a failure' },
  },
  'batch.item_cancelled': {
    message: {
      'zh-TW': '這個部署被取消，或被之後的部署或指令取代',
      en: 'This deployment was cancelled, or a later deployment or command replaced it',
    },
  },
  'batch.cancelled': { message: { 'zh-TW': '批次已取消', en: 'The batch was cancelled' } },
  'event.service_registered': { message: { 'zh-TW': '服務已註冊', en: 'The service was registered' } },
  'event.service_unregistered': { message: { 'zh-TW': '服務已移除', en: 'The service was unregistered' } },
  'event.status_changed': {
    message: { 'zh-TW': '狀態由 {from} 變為 {to}', en: 'The status went from {from} to {to}' },
  },
  'event.health_changed': {
    message: { 'zh-TW': '健康由 {from} 變為 {to}', en: 'The health went from {from} to {to}' },
  },
  'event.release_activated': { message: { 'zh-TW': '版本 {release} 開始服務', en: 'Release {release} serves now' } },
  'event.release_rolled_back': {
    message: { 'zh-TW': '已回復到版本 {release}', en: 'Rolled back to release {release}' },
  },
  'event.process_exited': { message: { 'zh-TW': '應用程式已結束（{how}）', en: 'The app exited ({how})' } },
  'event.recovery_started': { message: { 'zh-TW': '正在重新啟動應用程式', en: 'The app is being started again' } },
  'event.recovery_succeeded': { message: { 'zh-TW': '應用程式已重新啟動', en: 'The app is up again' } },
  'event.recovery_gave_up': {
    message: {
      'zh-TW': '應用程式一再結束（{how}）',
      en: 'The app exited again and again ({how})',
    },
  },
  'event.command_completed': { message: { 'zh-TW': '指令 {command} 已完成', en: 'The command {command} is done' } },
  'event.rollback_failed': {
    message: { 'zh-TW': '回復到版本 {release} 失敗', en: 'The rollback to {release} failed' },
  },
  'event.command_failed': { message: { 'zh-TW': '指令 {command} 失敗', en: 'The command {command} failed' } },
} satisfies Record<string, Sentence>;
