// Sentences of deployments, services and hosts: every deployment code, and the variants steps need.
import type { Sentence } from './texts.js';

export const DEPLOYMENT_TEXTS = {
  source_unreachable: {
    message: { 'zh-TW': '無法取得來源 {source}：{reason}', en: 'The source {source} could not be fetched: {reason}' },
    hint: { 'zh-TW': '請檢查網址、分支與存取權杖', en: 'Check the address, the ref and the access token' },
  },
  source_invalid: {
    message: { 'zh-TW': '來源不能使用：{reason}', en: 'The source cannot be used: {reason}' },
    hint: { 'zh-TW': '請修正來源後重新部署', en: 'Mend the source, then deploy again' },
  },
  no_python_project: {
    message: {
      'zh-TW': '來源中沒有 Python 專案（沒有 pyproject.toml、requirements.txt、setup.py 或 .py 檔）',
      en: 'There is no Python project in the source (no pyproject.toml, requirements.txt, setup.py or .py file)',
    },
    hint: {
      'zh-TW': '請確認來源路徑，git 來源可用 subdirectory 指定資料夾',
      en: 'Check the path; for a git source, `subdirectory` names the folder',
    },
  },
  no_entry_point: {
    message: { 'zh-TW': '找不到啟動命令', en: 'There is no command to start the app with' },
    hint: {
      'zh-TW': '請設定 config.command，或加入 Procfile、[tool.slipway] command、[project.scripts]，或 main.py、app.py 等檔案',
      en: 'Set config.command, or add a Procfile, [tool.slipway] command, one [project.scripts] entry, or a main.py, app.py, …',
    },
  },
  lock_outdated: {
    message: { 'zh-TW': '鎖定檔 {file} 與 pyproject.toml 不符', en: 'The lock file {file} does not match pyproject.toml' },
    hint: { 'zh-TW': '請執行 uv lock 並提交結果', en: 'Run `uv lock` and commit the result' },
  },
  dependencies_unresolvable: {
    message: { 'zh-TW': '無法解析依賴：{reason}', en: 'The dependencies cannot be resolved: {reason}' },
    hint: { 'zh-TW': '請修正列出的需求', en: 'Mend the requirement that the log names' },
  },
  install_failed: {
    message: { 'zh-TW': '安裝依賴失敗：{reason}', en: 'Installing the dependencies failed: {reason}' },
    hint: { 'zh-TW': '請看日誌中安裝步驟的最後幾行', en: 'See the last lines of the install step in the log' },
  },
  build_failed: {
    message: { 'zh-TW': '建置失敗：{reason}', en: 'The build failed: {reason}' },
    hint: { 'zh-TW': '請看日誌中編譯器的訊息', en: "See the compiler's lines in the log" },
  },
  release_command_failed: {
    message: { 'zh-TW': '發行命令以 {exit} 結束', en: 'The release command ended with {exit}' },
    hint: { 'zh-TW': '請看日誌，並在本機執行同一命令', en: 'See the log, and try the same command locally' },
  },
  app_exited: {
    message: { 'zh-TW': '應用程式在通過健康檢查前結束（{exit}）', en: 'The app exited before it was healthy ({exit})' },
    hint: { 'zh-TW': '它的最後輸出見 log_tail', en: 'Its last lines of output stand in log_tail' },
  },
  health_check_failed: {
    message: { 'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}', en: 'The health check did not pass within {seconds} s: {reason}' },
    hint: {
      'zh-TW': '請確認應用程式監聽 $PORT，且 health_check.path 會回應',
      en: 'Check that the app listens on $PORT and answers on health_check.path',
    },
  },
  out_of_memory: {
    message: { 'zh-TW': '應用程式因記憶體不足被終止', en: 'The app was killed for lack of memory' },
    hint: { 'zh-TW': '請提高 resources.memory_mb', en: 'Raise resources.memory_mb' },
  },
  deployment_timeout: {
    message: { 'zh-TW': '部署未在 {seconds} 秒內完成', en: 'The deployment did not finish within {seconds} s' },
    hint: { 'zh-TW': '請提高 timeout，或看日誌中最慢的步驟', en: 'Raise `timeout`, or see in the log which step was slow' },
  },
  superseded: {
    message: { 'zh-TW': '較新的部署已取代此部署', en: 'A newer deployment of the service took its place' },
    hint: { 'zh-TW': '如需此版本，請重新部署', en: 'Deploy again if this one is wanted after all' },
  },
  cancelled: { message: { 'zh-TW': '部署已取消', en: 'The deployment was cancelled' } },
  terminated: {
    message: { 'zh-TW': '部署的工作流程被強制終止', en: "The deployment's workflow was terminated from outside" },
    hint: { 'zh-TW': '請重新部署；取消請用 cancel', en: 'Deploy again; to stop one, use cancel' },
  },
  host_lost: {
    message: { 'zh-TW': '主機 {host} 失去聯絡', en: 'The host {host} was lost' },
    hint: { 'zh-TW': '請檢查該主機上的 worker', en: 'See whether its worker runs' },
  },
  python_unavailable: {
    message: { 'zh-TW': '沒有符合 {wanted} 的 Python（有：{found}）', en: 'No Python on the host fits {wanted} (there is: {found})' },
    hint: { 'zh-TW': '請在主機安裝該版本（含 venv），或放寬要求', en: 'Install that version (with venv) on the host, or ask for another' },
  },
  disk_full: {
    message: { 'zh-TW': '磁碟空間不足：{reason}', en: 'The disk is full: {reason}' },
    hint: { 'zh-TW': '請清出空間後重新部署', en: 'Make room, then deploy again' },
  },
  port_unavailable: {
    message: { 'zh-TW': '連接埠 {port} 被其他程序佔用', en: 'Port {port} is held by another process' },
    hint: { 'zh-TW': '請停止該程序，或使用其他 port', en: 'Stop that process, or use another port' },
  },
  'uv.no_project_table': {
    message: { 'zh-TW': 'pyproject.toml 沒有 [project] 表，uv 無法安裝', en: 'pyproject.toml has no [project] table, so uv has nothing to install' },
    hint: { 'zh-TW': '請加入 [project]，或使用 fallback 模式', en: 'Add [project], or use the fallback mode' },
  },
  'uv.not_a_uv_project': {
    message: { 'zh-TW': '這不是 uv 的專案：沒有 pyproject.toml 也沒有 requirements.txt', en: "This is not uv's: it has neither pyproject.toml nor requirements.txt" },
    hint: { 'zh-TW': '請使用 fallback 模式', en: 'Use the fallback mode' },
  },
  'docker.not_supported_yet': {
    message: { 'zh-TW': '這個版本還不支援 docker 模式', en: 'This release does not carry the docker mode yet' },
    hint: { 'zh-TW': '請使用 uv、fallback 或 auto', en: 'Use uv, fallback or auto' },
  },
} as const satisfies Record<string, Sentence>;
