// The texts of deployments, services and hosts: one for each deployment code, and variants for steps.
import type { Sentence } from './texts.js';

export const DEPLOYMENT_TEXTS = {
  source_unreachable: {
    message: { 'zh-TW': '無法取得來源 {source}：{reason}', en: 'The source {source} could not be fetched: {reason}' },
    hint: { 'zh-TW': '請檢查網址、分支與存取權杖', en: 'Check the address, the ref and the access token' },
  },
  source_invalid: {
    message: { 'zh-TW': '來源不能使用：{reason}', en: 'The source cannot be used: {reason}' },
    hint: { 'zh-TW': '請修正來源後重新部署', en: 'Fix the source, then deploy again' },
  },
  no_python_project: {
    message: {
      'zh-TW': '來源中沒有 Python 專案（沒有 pyproject.toml、requirements.txt、setup.py 或 .py 檔）',
      en: 'There is no Python project in the source (no pyproject.toml, requirements.txt, setup.py or .py file)',
    },
    hint: {
      'zh-TW': '請確認來源路徑，專案若在其中的資料夾，請以 subdirectory 指定',
      en: 'Check the path. If the project is in a folder of the source, set `subdirectory`',
    },
  },
  no_entry_point: {
    message: { 'zh-TW': '找不到啟動命令', en: 'There is no command to start the app with' },
    hint: {
      'zh-TW':
        '請設定 config.command（例如 "python bot.py"），或加入 Procfile（worker: python bot.py）、pyproject.toml 的 [tool.slipway] command 或唯一的 [project.scripts]，或使用 main.py、app.py、run.py、__main__.py、server.py、start.py、bot.py 之一',
      en: 'Set config.command (such as "python bot.py"), or add a Procfile (worker: python bot.py). [tool.slipway] command or a single [project.scripts] entry in pyproject.toml works too. So does a file named main.py, app.py, run.py, __main__.py, server.py, start.py or bot.py',
    },
  },
  lock_outdated: {
    message: {
      'zh-TW': '鎖定檔 {file} 與 pyproject.toml 不符',
      en: 'The lock file {file} does not match pyproject.toml',
    },
    hint: { 'zh-TW': '請執行 uv lock 並提交結果', en: 'Run `uv lock` and commit the result' },
  },
  dependencies_unresolvable: {
    message: { 'zh-TW': '無法解析依賴：{reason}', en: 'The dependencies cannot be resolved: {reason}' },
    hint: { 'zh-TW': '請修正列出的需求', en: 'Fix the requirement that the log names' },
  },
  install_failed: {
    message: { 'zh-TW': '安裝依賴失敗：{reason}', en: 'Installing the dependencies failed: {reason}' },
    hint: { 'zh-TW': '請看日誌中安裝步驟的最後幾行', en: 'Read the last lines of the install step in the log' },
  },
  build_failed: {
    message: { 'zh-TW': '建置失敗：{reason}', en: 'The build failed: {reason}' },
    hint: { 'zh-TW': '請看日誌中編譯器的訊息', en: "Read the compiler's lines in the log" },
  },
  'build_failed.no_bin': {
    message: {
      'zh-TW': '建置後，環境沒有 bin 資料夾',
      en: 'After the build, the environment has no folder bin',
    },
    hint: {
      'zh-TW': '請檢查建置後端或 setup.py 是否移除了 bin，或以連結、檔案取代了它',
      en: 'Look for a build backend, or a setup.py, that removes bin or puts a link or a file in its place',
    },
  },
  release_command_failed: {
    message: { 'zh-TW': '發行命令以 {exit} 結束', en: 'The release command ended with {exit}' },
    hint: { 'zh-TW': '請看日誌，並在本機執行同一命令', en: 'Read the log, and try the command on your machine' },
  },
  app_exited: {
    message: { 'zh-TW': '應用程式在通過健康檢查前結束（{exit}）', en: 'The app exited before it was healthy ({exit})' },
    hint: { 'zh-TW': '它的最後輸出見 log_tail', en: 'log_tail has its last lines of output' },
  },
  'app_exited.no_program': {
    message: { 'zh-TW': '應用程式在通過健康檢查前結束（{exit}）', en: 'The app exited before it was healthy ({exit})' },
    hint: {
      'zh-TW': '它的程式不存在，或無法以它的使用者執行（見 log_tail）；SLIPWAY_APP_USER 改變後請重新部署',
      en: 'Its program is missing, or its user may not run it (see log_tail). After a change of SLIPWAY_APP_USER deploy it again',
    },
  },
  'app_exited.by_itself': {
    message: { 'zh-TW': '應用程式在通過健康檢查前結束（{exit}）', en: 'The app exited before it was healthy ({exit})' },
    hint: {
      'zh-TW': '它自行結束而沒有錯誤：請在前景執行（不要用 &，也不要以 daemon 執行）；最後輸出見 log_tail',
      en: 'It ended by itself without an error: run it in the foreground (no `&`, no daemon). log_tail has its last lines',
    },
  },
  'health_check_failed.loopback': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它在容器內只監聽 127.0.0.1:{port}，外面連不到：請監聽 0.0.0.0',
      en: 'It listens on 127.0.0.1:{port} in its container, where nobody else reaches it: listen on 0.0.0.0',
    },
  },
  'health_check_failed.other_port': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它監聽 {found}，而不是 {port}：請監聽 $PORT，或以 config.port（或 Dockerfile 的 EXPOSE）說明',
      en: 'It listens on {found}, and not on {port}: listen on $PORT, or name the port with config.port (or EXPOSE of the Dockerfile)',
    },
  },
  'health_check_failed.no_port': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它沒有監聽任何埠：請監聽 $PORT；若不是網站，請以 process: worker 部署',
      en: "It listens on no port: listen on $PORT, or deploy it as a worker (process: worker) if it isn't a web app",
    },
  },
  'health_check_failed.tls': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它在此埠使用 TLS：請提供 http，由前面的代理處理 TLS',
      en: 'It speaks TLS on that port: serve plain http there, and leave TLS to a proxy in front',
    },
  },
  'health_check_failed.own_error': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它有回應，但自己出錯：原因在它的日誌（log_tail）',
      en: 'It answers, with an error of its own: its log says why (log_tail)',
    },
  },
  'health_check_failed.other_status': {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
    hint: {
      'zh-TW': '它有回應：請以 health_check.path 指定正常的頁面，或以 health_check.expect 指定這個狀態碼',
      en: 'It answers: name a page that answers well with health_check.path, or this status with health_check.expect',
    },
  },
  health_check_failed: {
    message: {
      'zh-TW': '健康檢查在 {seconds} 秒內未通過：{reason}',
      en: 'The health check did not pass within {seconds} s: {reason}',
    },
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
    hint: {
      'zh-TW': '請提高 timeout，或看日誌中最慢的步驟',
      en: 'Raise `timeout`, or see in the log which step was slow',
    },
  },
  superseded: {
    message: { 'zh-TW': '之後的部署或指令已取代此部署', en: 'A later deployment or command replaced it' },
    hint: { 'zh-TW': '如需此版本，請重新部署', en: 'Deploy again if you still want this version' },
  },
  cancelled: { message: { 'zh-TW': '部署已取消', en: 'The deployment was cancelled' } },
  terminated: {
    message: { 'zh-TW': '部署的工作流程被強制終止', en: "The deployment's workflow was terminated from outside" },
    hint: { 'zh-TW': '請重新部署；取消請用 cancel', en: 'Deploy again; to stop one, use cancel' },
  },
  host_lost: {
    message: { 'zh-TW': '主機 {host} 失去聯絡', en: 'The host {host} was lost' },
    hint: { 'zh-TW': '請檢查該主機上的 worker', en: 'Check whether its worker runs' },
  },
  python_unavailable: {
    message: {
      'zh-TW': '沒有符合 {wanted} 的 Python（有：{found}）',
      en: 'No Python on the host fits {wanted} (there is: {found})',
    },
    hint: {
      'zh-TW': '請在主機安裝該版本（含 venv），或放寬要求',
      en: 'Install that version (with venv) on the host, or ask for another',
    },
  },
  disk_full: {
    message: { 'zh-TW': '磁碟空間不足：{reason}', en: 'The disk is full: {reason}' },
    hint: { 'zh-TW': '請清出空間後重新部署', en: 'Free disk space, then deploy again' },
  },
  port_unavailable: {
    message: { 'zh-TW': '連接埠 {port} 被其他程序佔用', en: 'Port {port} is held by another process' },
    hint: { 'zh-TW': '請停止該程序，或使用其他 port', en: 'Stop that process, or use another port' },
  },
  'source_unreachable.refused': {
    message: { 'zh-TW': '{source} 拒絕存取：{reason}', en: '{source} refused the access: {reason}' },
    hint: { 'zh-TW': '請檢查網址與存取權杖（token）', en: 'Check the address, and that `token` may read it' },
  },
  'source_unreachable.denied': {
    message: {
      'zh-TW': '{source} 位於不允許的網路（{host}：{address}）',
      en: 'The source {source} is in a network that git may not reach ({host} is {address})',
    },
    hint: {
      'zh-TW': '若這台主機可信，請將其網路加入 SLIPWAY_GIT_ALLOW',
      en: 'If the host is to be trusted, add its network to SLIPWAY_GIT_ALLOW',
    },
  },
  'source_unreachable.unknown_host': {
    message: { 'zh-TW': '找不到 {source} 的主機 {host}', en: 'The host {host} of the source {source} was not found' },
    hint: { 'zh-TW': '請檢查網址與 DNS', en: 'Check the address, and the DNS of this host' },
  },
  'source_unreachable.redirected': {
    message: { 'zh-TW': '{source} 已轉址', en: 'The source {source} redirects to another address' },
    hint: { 'zh-TW': '請直接使用新的網址', en: 'Use the new address in the request' },
  },
  'source_invalid.no_ref': {
    message: { 'zh-TW': '{source} 沒有 {ref} 這個分支、標籤或提交', en: '{source} has no branch, tag or commit {ref}' },
    hint: { 'zh-TW': '請確認 ref；提交要用完整的 SHA', en: 'Check `ref`; a commit is named by its full SHA' },
  },
  'source_invalid.no_commit': {
    message: { 'zh-TW': '{source} 沒有預設分支的提交', en: '{source} has no commit on its default branch' },
    hint: { 'zh-TW': '請推送提交，或指定 ref', en: 'Push a commit, or name a branch with `ref`' },
  },
  'source_invalid.no_subdirectory': {
    message: { 'zh-TW': '來源中沒有資料夾 {path}', en: 'The source has no folder {path}' },
    hint: { 'zh-TW': '請修正 subdirectory', en: 'Fix `subdirectory`' },
  },
  'source_invalid.no_directory': {
    message: { 'zh-TW': '{path} 不是存在的資料夾', en: '{path} is not a folder that exists' },
    hint: { 'zh-TW': '請確認路徑', en: 'Check the path' },
  },
  'source_invalid.outside_roots': {
    message: { 'zh-TW': '{path} 不在允許的來源資料夾內', en: '{path} lies in none of the source roots' },
    hint: { 'zh-TW': '請移到 SLIPWAY_SOURCE_ROOTS 之下', en: 'Move it below one of SLIPWAY_SOURCE_ROOTS' },
  },
  'source_invalid.data_folder': {
    message: {
      'zh-TW': '{path} 是、包含或位於 Slipway 的資料夾',
      en: '{path} is, holds or lies in the data folder of Slipway',
    },
    hint: { 'zh-TW': '請使用其他資料夾', en: 'Use another folder' },
  },
  'source_invalid.unreadable': {
    message: { 'zh-TW': '無法讀取 {path}：{reason}', en: '{path} cannot be read: {reason}' },
    hint: { 'zh-TW': '請檢查權限', en: 'Check its permissions' },
  },
  'source_invalid.changed': {
    message: { 'zh-TW': '複製時 {path} 消失了', en: '{path} vanished while the source was copied' },
    hint: { 'zh-TW': '請在來源靜止時重新部署', en: 'Deploy again when nothing writes to the source' },
  },
  'source_invalid.escaping_link': {
    message: { 'zh-TW': '連結 {path} 指向來源之外', en: 'The link {path} leads out of the source' },
    hint: {
      'zh-TW': '請改為來源內的連結，或放入檔案本身',
      en: 'Let it point inside the source, or put the file itself there',
    },
  },
  'source_invalid.link_loop': {
    message: { 'zh-TW': '連結 {path} 指回自己', en: 'The link {path} leads back to itself' },
    hint: { 'zh-TW': '請改為指向檔案的連結，或移除它', en: 'Let it point at a file, or leave it out' },
  },
  'source_invalid.not_utf8': {
    message: { 'zh-TW': '名稱 {path} 不是 UTF-8', en: 'The name {path} is not UTF-8' },
    hint: { 'zh-TW': '請重新命名該檔案', en: 'Give that file a name in UTF-8' },
  },
  'source_invalid.bad_entry': {
    message: {
      'zh-TW': '無法解開壓縮檔的 {path}（{reason}）：可能與其他項目衝突，或它連結的檔案不在其中',
      en: 'The entry {path} of the archive cannot be unpacked ({reason}): another entry is in its way, or what it links to is not there',
    },
    hint: { 'zh-TW': '請用 tar -czf 重新打包', en: 'Pack it again with `tar -czf`' },
  },
  'source_invalid.snapshot_gone': {
    message: {
      'zh-TW': '先前的版本 {release} 已不在主機上',
      en: 'The earlier release {release} is no longer kept on the host',
    },
    hint: { 'zh-TW': '請在 config.source 指定來源', en: 'Name a source in config.source' },
  },
  'source_invalid.upload_gone': {
    message: { 'zh-TW': '上傳的檔案 {upload} 不存在或已過期', en: 'The upload {upload} is unknown or has expired' },
    hint: { 'zh-TW': '請重新上傳', en: 'Upload it again' },
  },
  'source_invalid.broken_archive': {
    message: {
      'zh-TW': '壓縮檔損壞，或不是 gzip 的 tar：{reason}',
      en: 'The archive is broken, or no gzip tar: {reason}',
    },
    hint: { 'zh-TW': '請用 tar -czf 重新打包', en: 'Pack it again with `tar -czf`' },
  },
  'source_invalid.absolute_entry': {
    message: { 'zh-TW': '壓縮檔含有絕對路徑 {path}', en: 'The archive holds an absolute name: {path}' },
    hint: { 'zh-TW': '請重新打包後上傳', en: 'Pack it again without that entry, and upload it' },
  },
  'source_invalid.escaping_entry': {
    message: {
      'zh-TW': '壓縮檔的 {path} 會離開資料夾',
      en: 'The archive holds a name that climbs out of its folder: {path}',
    },
    hint: { 'zh-TW': '請重新打包後上傳', en: 'Pack it again without that entry, and upload it' },
  },
  'source_invalid.entry_name': {
    message: { 'zh-TW': '壓縮檔的名稱 {path} 無法使用', en: 'The archive holds a name that no disk takes: {path}' },
    hint: { 'zh-TW': '請重新打包後上傳', en: 'Pack it again without that entry, and upload it' },
  },
  'source_invalid.special_entry': {
    message: {
      'zh-TW': '壓縮檔含有裝置或 FIFO：{path}',
      en: 'The archive holds a device, FIFO or unknown entry: {path}',
    },
    hint: { 'zh-TW': '請重新打包後上傳', en: 'Pack it again without that entry, and upload it' },
  },
  'source_invalid.setid_entry': {
    message: {
      'zh-TW': '壓縮檔的 {path} 帶有 setuid 或 setgid',
      en: 'The archive holds a setuid or setgid file: {path}',
    },
    hint: { 'zh-TW': '請重新打包後上傳', en: 'Pack it again without that entry, and upload it' },
  },
  'source_invalid.too_many_entries': {
    message: { 'zh-TW': '來源超過 {limit} 個項目', en: 'The source holds more than {limit} files, folders and links' },
    hint: { 'zh-TW': '請移除不需要的檔案', en: 'Leave out what the app does not need' },
  },
  'source_invalid.too_big': {
    message: { 'zh-TW': '來源解開後超過 {limit} MiB', en: 'The source holds more than {limit} MiB' },
    hint: { 'zh-TW': '請移除不需要的檔案', en: 'Leave out what the app does not need' },
  },
  'source_invalid.long_names': {
    message: {
      'zh-TW': '來源中檔案名稱的總長超過 {limit} MiB',
      en: 'The names of all files in the source take more than {limit} MiB',
    },
    hint: { 'zh-TW': '請移除不需要的檔案', en: 'Leave out what the app does not need' },
  },
  'source_invalid.too_deep': {
    message: {
      'zh-TW': '資料夾彼此套疊超過 {levels} 層',
      en: 'Folders lie in each other more than {levels} levels deep',
    },
    hint: { 'zh-TW': '移除這些資料夾，並找出是什麼建立了它們', en: 'Remove them, and find out what made them' },
  },
  'source_invalid.long_path': {
    message: { 'zh-TW': '路徑過長：{path}', en: 'A path of the source is too long: {path}' },
    hint: { 'zh-TW': '請縮短資料夾或檔案的名稱', en: 'Shorten the names of its folders, or of the file' },
  },
  'source_invalid.file_too_big': {
    message: { 'zh-TW': '{path} 超過 {limit} MiB', en: '{path} is larger than {limit} MiB' },
    hint: { 'zh-TW': '請縮小該檔案後重新部署', en: 'Make the file smaller, then deploy again' },
  },
  'source_invalid.long_line': {
    message: {
      'zh-TW': '{path} 的第 {line} 行超過 {limit} 個字元',
      en: 'Line {line} of {path} has more than {limit} characters',
    },
    hint: { 'zh-TW': '請將該行分成數行', en: 'Break the line into several lines' },
  },
  'source_invalid.too_many_lines': {
    message: { 'zh-TW': '{path} 超過 {limit} 行', en: '{path} has more than {limit} lines' },
    hint: { 'zh-TW': '請縮小該檔案後重新部署', en: 'Make the file smaller, then deploy again' },
  },
  'source_invalid.too_many_includes': {
    message: {
      'zh-TW': '依賴檔案共包含超過 {limit} 個檔案或資料夾，或超過 {size} MiB',
      en: 'The requirements files name more than {limit} files or folders, or more than {size} MiB',
    },
    hint: { 'zh-TW': '請將依賴檔案合併', en: 'Merge the requirements files' },
  },
  'source_invalid.parser_limit': {
    message: {
      'zh-TW': '讀取專案檔案所需的記憶體或處理器時間超過限制（{what}）',
      en: 'Reading the project’s files took more memory or processor time than allowed ({what})',
    },
    hint: {
      'zh-TW': '請檢查 Procfile、pyproject.toml、requirements 與 .dockerignore 是否過大或過於複雜',
      en: 'Simplify the Procfile, pyproject.toml, requirements files or .dockerignore of the project',
    },
  },
  'internal.parser': {
    message: {
      'zh-TW': '讀取專案檔案的程序無法執行：{reason}',
      en: 'The process that reads project files can’t run: {reason}',
    },
    hint: { 'zh-TW': '請查看 worker 的日誌', en: 'Check the log of the worker' },
  },
  'source_invalid.unpack_limit': {
    message: {
      'zh-TW': '解開壓縮檔所需的記憶體或處理器時間超過限制（{what}）',
      en: 'Unpacking the archive took more memory or processor time than allowed ({what})',
    },
    hint: {
      'zh-TW': '請移除不需要的檔案，並減少資料夾的層數',
      en: 'Leave out what the app does not need, and nest folders less deeply',
    },
  },
  'internal.unpacker': {
    message: {
      'zh-TW': '解開壓縮檔的程序無法執行：{reason}',
      en: 'The process that unpacks archives can’t run: {reason}',
    },
    hint: { 'zh-TW': '請查看 worker 的日誌', en: 'Check the log of the worker' },
  },
  'internal.step_stopped_worker': {
    message: {
      'zh-TW': '步驟 {step} 執行時 worker 已停止 {deaths} 次，不再重試',
      en: 'The worker died {deaths} times during the step {step}, so the step is not repeated',
    },
    hint: {
      'zh-TW': '請查看 worker 的日誌與主機的記憶體，並檢查專案來源',
      en: 'Check the worker’s log, the host’s memory and the project’s source',
    },
  },
  'source_invalid.bad_toml': {
    message: { 'zh-TW': '{file} 不是正確的 TOML：{reason}', en: '{file} is not valid TOML: {reason}' },
    hint: { 'zh-TW': '請修正來源後重新部署', en: 'Fix the source, then deploy again' },
  },
  'source_invalid.long_command': {
    message: {
      'zh-TW': '專案中以「{begin}」開頭的命令超過 {limit} 個字元',
      en: 'The project’s command that begins with {begin} has more than {limit} characters',
    },
    hint: { 'zh-TW': '請將命令寫入指令檔，再執行該檔', en: 'Put the command into a script file, and run this file' },
  },
  'source_invalid.bad_setting': {
    message: {
      'zh-TW': 'pyproject.toml 的 [tool.slipway] {key} 不正確：{expected}',
      en: '[tool.slipway] {key} in pyproject.toml is wrong: {expected}',
    },
    hint: { 'zh-TW': '說明見 docs/reference/applications.md', en: 'docs/reference/applications.md lists the keys' },
  },
  'source_invalid.unknown_process': {
    message: {
      'zh-TW': 'Procfile 沒有 {process}（有：{found}）',
      en: 'The Procfile has no process {process} (there is: {found})',
    },
    hint: { 'zh-TW': '請修正 config.process 或 Procfile', en: 'Fix config.process or the Procfile' },
  },
  'no_entry_point.ambiguous': {
    message: {
      'zh-TW': 'Procfile 有多個程序：{found}',
      en: 'The Procfile has several processes, and none is web or worker: {found}',
    },
    hint: { 'zh-TW': '請以 config.process 指定一個', en: 'Name one with config.process' },
  },
  'dependencies_unresolvable.no_group': {
    message: { 'zh-TW': '沒有依賴群組 {group}', en: 'There is no dependency group {group}' },
    hint: { 'zh-TW': '請修正 pyproject.toml 的 [dependency-groups]', en: 'Fix [dependency-groups] in pyproject.toml' },
  },
  'install_failed.network': {
    message: { 'zh-TW': '無法連上套件來源：{reason}', en: 'The package index could not be reached: {reason}' },
    hint: { 'zh-TW': '請檢查網路與代理設定', en: 'Check the network and the proxy settings' },
  },
  'install_failed.killed': {
    message: { 'zh-TW': '安裝程序被系統終止（{exit}）', en: 'The installer was killed by the system ({exit})' },
    hint: { 'zh-TW': '主機可能記憶體不足', en: 'The host may be short of memory' },
  },
  'disk_full.floor': {
    message: {
      'zh-TW': '磁碟只剩 {free} MiB，至少需要 {needed} MiB',
      en: 'Only {free} MiB are free on the disk; at least {needed} MiB are needed',
    },
    hint: { 'zh-TW': '請清出空間後重新部署', en: 'Free disk space, then deploy again' },
  },
  'python_unavailable.project': {
    message: {
      'zh-TW': '{package} 需要 Python {wanted}，但選用的是 {found}',
      en: '{package} needs Python {wanted}, and {found} was chosen',
    },
    hint: {
      'zh-TW': '請在 .python-version、pyproject.toml 的 requires-python 或 config.python 寫明版本',
      en: 'Say the version in .python-version, in requires-python of pyproject.toml, or in config.python',
    },
  },
  'python_unavailable.version_file': {
    message: {
      'zh-TW': '{file} 的「{wanted}」不是 Python 版本',
      en: '"{wanted}" in {file} isn\'t a version of Python',
    },
    hint: { 'zh-TW': '請寫成 3.12 或 3.12.1', en: 'Write 3.12 or 3.12.1' },
  },
  'python_unavailable.no_venv': {
    message: {
      'zh-TW': '符合 {wanted} 的 Python 都沒有 venv（有：{found}）',
      en: 'No Python that fits {wanted} has venv (there is: {found})',
    },
    hint: { 'zh-TW': '請安裝 python3-venv，或使用 uv 模式', en: 'Install python3-venv, or use the uv mode' },
  },
  'fallback.uv_sources': {
    message: {
      'zh-TW': '[tool.uv.sources] 指定了 {packages} 的來源，pip 不會讀取，會改從公開的索引安裝同名套件',
      en: '[tool.uv.sources] says where {packages} comes from; pip does not read it, and would take a package of that name from the public index',
    },
    hint: {
      'zh-TW': '請使用 uv 或 docker 模式，或在 requirements.txt 寫明來源',
      en: 'Use the mode uv or docker, or write the source into requirements.txt',
    },
  },
  'fallback.uv_indexes': {
    message: {
      'zh-TW': '[tool.uv] 指定了其他索引，pip 不會依其順序，可能改從公開的索引安裝同名套件',
      en: '[tool.uv] names more indexes; pip knows no order of indexes, and could take a package of the same name from the public one',
    },
    hint: {
      'zh-TW': '請使用 uv 或 docker 模式，或只留一個 default 索引',
      en: 'Use the mode uv or docker, or name a single index that is the default',
    },
  },
  'install.unread_variables': {
    message: {
      'zh-TW': 'build_variables 的 {names} 指定了套件的來源，而 {installer} 不會讀取，會改從公開的索引安裝',
      en: '{names} in build_variables says where packages come from; {installer} does not read it, and would take them from the public index',
    },
    hint: {
      'zh-TW': '請在 config.build_variables 也設定 {prefix} 開頭的變數，或指定一個模式',
      en: 'Set the {prefix} variable in config.build_variables as well, or choose the other mode',
    },
  },
  'install.unset_variables': {
    message: {
      'zh-TW': '依賴檔案使用了 {names}，但沒有提供；environment_variables 不會傳給安裝步驟',
      en: 'The requirement files use {names}, which nobody gives: environment_variables do not reach the install',
    },
    hint: {
      'zh-TW': '請在 config.build_variables 提供（CLI：--build-env）',
      en: 'Give it in config.build_variables (command line: --build-env)',
    },
  },
  'fallback.unhashed_groups': {
    message: {
      'zh-TW': '依賴檔案有雜湊，而群組的依賴沒有；pip 不能一起安裝',
      en: 'The requirement files have hashes, and the group of this environment or profile has none; pip installs them not together',
    },
    hint: {
      'zh-TW': '請將群組的依賴連同雜湊寫入依賴檔案，或使用 uv 模式',
      en: "Write the group's requirements into the files, with hashes, or use the mode uv",
    },
  },
  'uv.sources_elsewhere': {
    message: {
      'zh-TW': '{where} 說明套件的來源，而 uv 只讀 [project] 與 [tool.uv]，會改從公開的索引安裝',
      en: '{where} says where packages come from; uv reads [project] and [tool.uv] alone, and would take them from the public index',
    },
    hint: {
      'zh-TW': '請寫入 [tool.uv.sources] 或 [[tool.uv.index]]，或提交 uv.lock',
      en: 'Say it in [tool.uv.sources] or [[tool.uv.index]], or commit a uv.lock',
    },
  },
  'fallback.conditional_self': {
    message: {
      'zh-TW': '「{requirement}」在條件下指專案自己，pip 會改從公開的索引安裝同名套件',
      en: '"{requirement}" means the project itself under a condition; pip would take a package of that name from the public index',
    },
    hint: {
      'zh-TW': '請直接寫出該 extra 的依賴，或使用 uv 或 docker 模式',
      en: "Write out the extra's requirements, or use the mode uv or docker",
    },
  },
  'workspace.virtual': {
    message: {
      'zh-TW': '這是 uv workspace 的根目錄，本身不是專案；成員：{members}',
      en: 'This is the root of a uv workspace, and no project itself; its members are: {members}',
    },
    hint: {
      'zh-TW': '請以 subdirectory 指定要部署的成員，例如 {first}（CLI：--subdirectory {first}）',
      en: 'Name the member to deploy as subdirectory of the source, such as {first} (command line: --subdirectory {first})',
    },
  },
  'workspace.unnamed': {
    message: {
      'zh-TW': '{folder} 的 pyproject.toml 沒有可作為套件名稱的 [project] name，uv 無法單獨安裝它',
      en: "[project] of {folder}/pyproject.toml has no name that a package can have, so uv can't install it by itself",
    },
    hint: {
      'zh-TW': '名稱請只用英文字母、數字與 . _ -，並以字母或數字開頭與結尾',
      en: 'Give it a name of letters, digits and ". _ -" that begins and ends with a letter or a digit',
    },
  },
  'workspace.root_missing': {
    message: {
      'zh-TW': '[tool.uv.sources] 從 workspace 取得 {packages}，但來源不含 workspace 的根目錄',
      en: '[tool.uv.sources] takes {packages} from a workspace, whose root is not in the source',
    },
    hint: {
      'zh-TW': '請部署 workspace 的根目錄，並以 subdirectory 指定此成員：slipway deploy <根目錄> --subdirectory <成員>',
      en: "Deploy the workspace's root, and name this member as subdirectory: slipway deploy ROOT --subdirectory MEMBER",
    },
  },
  'uv.no_project_table': {
    message: {
      'zh-TW': 'pyproject.toml 沒有 [project] 表，uv 無法安裝',
      en: 'pyproject.toml has no [project] table, so uv has nothing to install',
    },
    hint: { 'zh-TW': '請加入 [project]，或使用 fallback 模式', en: 'Add [project], or use the fallback mode' },
  },
  'uv.not_a_uv_project': {
    message: {
      'zh-TW': '這不是 uv 的專案：沒有 pyproject.toml 也沒有 requirements.txt',
      en: "This is not uv's: it has neither pyproject.toml nor requirements.txt",
    },
    hint: { 'zh-TW': '請使用 fallback 模式', en: 'Use the fallback mode' },
  },
  'isolation.container': {
    message: {
      'zh-TW': '主機只允許在容器中執行（SLIPWAY_ISOLATION=container），不能使用 {mode} 模式',
      en: 'This host runs apps in containers only (SLIPWAY_ISOLATION=container), so not in the mode {mode}',
    },
    hint: {
      'zh-TW': '請以 docker 模式部署，或由主機的管理者更改設定',
      en: "Deploy in the mode docker, or have the host's operator change the setting",
    },
  },
  'isolation.service': {
    message: {
      'zh-TW': '服務 {service} 只允許在容器中執行（isolation: container），不能使用 {mode} 模式',
      en: 'The service {service} runs in containers only (isolation: container), so not in the mode {mode}',
    },
    hint: {
      'zh-TW': '請以 docker 模式部署，或由持有無限制管理金鑰的人更改服務的 isolation',
      en: 'Deploy in the mode docker, or have the holder of an unrestricted admin key change the isolation of the service',
    },
  },
  'modes.not_offered': {
    message: {
      'zh-TW': '主機 {host} 不提供 {mode} 模式（SLIPWAY_MODES={offered}）',
      en: 'The host {host} does not offer the mode {mode} (SLIPWAY_MODES={offered})',
    },
    hint: {
      'zh-TW': '請使用 {offered} 或 auto，或在該主機的 worker 設定 SLIPWAY_MODES',
      en: 'Use {offered} or auto, or name it in SLIPWAY_MODES of the worker on that host',
    },
  },
  'engine_unavailable.absent': {
    message: { 'zh-TW': '找不到 Docker 引擎（{reason}）', en: 'There is no Docker engine ({reason})' },
    hint: {
      'zh-TW': '請安裝並啟動 Docker，或以 DOCKER_HOST 指定',
      en: 'Install and start Docker, or name its address with DOCKER_HOST',
    },
  },
  'engine_unavailable.denied': {
    message: { 'zh-TW': 'Docker 引擎拒絕存取（{reason}）', en: 'The Docker engine refuses access ({reason})' },
    hint: {
      'zh-TW': '請將 Slipway 的使用者加入 docker 群組，或檢查憑證',
      en: "Add Slipway's user to the docker group, or check the certificates",
    },
  },
  'engine_unavailable.silent': {
    message: { 'zh-TW': 'Docker 引擎沒有回應（{reason}）', en: 'The Docker engine does not answer ({reason})' },
    hint: { 'zh-TW': '請重新啟動 Docker', en: 'Restart Docker' },
  },
  'engine_unavailable.broken': {
    message: { 'zh-TW': 'Docker 引擎的回應有誤：{reason}', en: 'The Docker engine answers wrongly: {reason}' },
    hint: { 'zh-TW': '請檢查 DOCKER_HOST 與引擎的日誌', en: "Check DOCKER_HOST and the engine's log" },
  },
  'engine_unavailable.root_not_mapped': {
    message: {
      'zh-TW': '容器中的 root 在主機上就是 root 或 Slipway 的使用者，而 SLIPWAY_CONTAINER_ROOT=mapped 不允許',
      en: "Root in a container is root, or Slipway's user, on the host, which SLIPWAY_CONTAINER_ROOT=mapped forbids",
    },
    hint: {
      'zh-TW': '請以 userns-remap 執行 Docker 引擎，或由另一個使用者執行 rootless 引擎',
      en: 'Run the Docker engine with `userns-remap`, or a rootless one of another user',
    },
  },
  'docker.dockerfile_spelt': {
    message: {
      'zh-TW': '{file} 不會被讀取：Docker 的檔名是 Dockerfile',
      en: '{file} is not read: the name is Dockerfile',
    },
    hint: { 'zh-TW': '請重新命名為 Dockerfile，或移除它', en: 'Rename it to Dockerfile, or remove it' },
  },
  'docker.opted_out': {
    message: {
      'zh-TW': '專案沒有 Dockerfile，且設定了 [tool.slipway] docker = false',
      en: 'The project has no Dockerfile, and [tool.slipway] docker = false forbids generating one',
    },
    hint: { 'zh-TW': '請加入 Dockerfile，或使用其他模式', en: 'Add a Dockerfile, or use another mode' },
  },
  'docker.variables_need_buildkit': {
    message: {
      'zh-TW': 'config.build_variables 需要 BuildKit 才不會留在映像中，而此引擎沒有',
      en: 'config.build_variables needs BuildKit, so that the image does not keep them, and this engine does not have it',
    },
    hint: {
      'zh-TW': '請更新引擎，使用 uv 或 fallback 模式，或自備含 ARG 的 Dockerfile',
      en: 'Use a newer engine, the mode uv or fallback, or a Dockerfile of your own with ARG lines',
    },
  },
  'docker.needs_buildkit': {
    message: {
      'zh-TW': 'Dockerfile 需要 BuildKit，而此引擎沒有',
      en: 'The Dockerfile needs BuildKit, which this engine does not have',
    },
    hint: {
      'zh-TW': '請使用 Docker 18.09 以上（映像存於 containerd 時為 28 以上），或移除 RUN --mount 等語法',
      en: 'Use Docker 18.09 or newer (28 or newer with images in containerd), or do without `RUN --mount` and the like',
    },
  },
  'docker.reaches_outside': {
    message: {
      'zh-TW': 'Dockerfile 第 {line} 行由引擎連線到主機的網路，隔離的服務不允許：{instruction}',
      en: 'Line {line} of the Dockerfile reaches the network of the host, which isolation forbids: {instruction}',
    },
    hint: {
      'zh-TW':
        'ADD 請只使用專案內的檔案（不含網址與變數），下載請改用 RUN；不要使用 RUN --network、--security 及 Docker 以外的 # syntax',
      en: "ADD files of the project only, without URLs and variables, and download in RUN. Leave out RUN --network and --security, and any # syntax but Docker's own stable one",
    },
  },
  'docker.unfit_name': {
    message: {
      'zh-TW': '專案中的名稱無法寫入產生的 Dockerfile：{text}',
      en: "A generated Dockerfile can't contain this name of the project: {text}",
    },
    hint: {
      'zh-TW': '請重新命名，不要有換行，也不要以空白、反斜線或反引號結尾；或加入自己的 Dockerfile',
      en: 'Rename it, without line breaks, and without a blank, a backslash or a backtick at its end, or add a Dockerfile of your own',
    },
  },
  'docker.unread_mount': {
    message: {
      'zh-TW': 'Dockerfile 掛載了無法判讀的 secret：{mount}',
      en: "The Dockerfile mounts a secret whose name can't be read: {mount}",
    },
    hint: {
      'zh-TW': '請把 type 與 id 寫在同一行，不使用引號、反斜線與變數：RUN --mount=type=secret,id=NAME',
      en: 'Write its type and id on one line, without quotes, backslashes and variables: RUN --mount=type=secret,id=NAME',
    },
  },
  'docker.proxy_given': {
    message: {
      'zh-TW': 'build_variables 的 {names} 不能用於專案自己的 Dockerfile：引擎會讓其他服務共用經由該代理建置的映像層',
      en: "build_variables can't give {names} to a Dockerfile of the project's own: other services would share the layers that are built through that proxy",
    },
    hint: {
      'zh-TW': '請在主機設定代理（Slipway 的環境變數），或改用其他名稱，由 Dockerfile 以 ARG 取用並設給需要的指令',
      en: "Set the proxy in Slipway's own environment. Or give it another name, which the Dockerfile takes by ARG and sets for the commands that need it",
    },
  },
  'docker.no_subnet': {
    message: {
      'zh-TW': '{ranges} 中沒有可供此服務容器網路使用的空閒網段',
      en: "{ranges} has no free subnet for the network of this service's containers",
    },
    hint: {
      'zh-TW': '請將 SLIPWAY_CONTAINER_SUBNETS 設為主機路由未使用的範圍，或取消註冊不再需要的服務',
      en: 'Set SLIPWAY_CONTAINER_SUBNETS to a range that the host has no route to, or unregister services that are no longer needed',
    },
  },
  'docker.no_python_image': {
    message: {
      'zh-TW': '映像 {found} 的 Python 不符合 {wanted}',
      en: 'The Python of the image {found} does not fit {wanted}',
    },
    hint: {
      'zh-TW': '請設定 SLIPWAY_PYTHON_IMAGE，或加入 Dockerfile',
      en: 'Set SLIPWAY_PYTHON_IMAGE, or add a Dockerfile',
    },
  },
  'docker.ignore_invalid': {
    message: {
      'zh-TW': '.dockerignore 有無法解讀的規則：{reason}',
      en: '.dockerignore has a rule that can’t be read: {reason}',
    },
    hint: { 'zh-TW': '請修正 .dockerignore', en: 'Fix .dockerignore' },
  },
  'unread.pipfile': {
    message: {
      'zh-TW': '{file} 列出依賴，但 Slipway 不讀它',
      en: '{file} names dependencies, and Slipway does not read it',
    },
    hint: {
      'zh-TW': '請執行 pipenv requirements > requirements.txt；不需要依賴時，放一個空的 requirements.txt',
      en: 'Run `pipenv requirements > requirements.txt`; an empty requirements.txt says that the app needs nothing',
    },
  },
  'unread.conda': {
    message: {
      'zh-TW': '{file} 列出依賴，但 Slipway 不讀它',
      en: '{file} names dependencies, and Slipway does not read it',
    },
    hint: {
      'zh-TW': '請將套件寫入 requirements.txt，或用自己的 Dockerfile；不需要依賴時，放一個空的 requirements.txt',
      en: 'Write the packages into requirements.txt, or bring a Dockerfile; an empty requirements.txt says that the app needs nothing',
    },
  },
  'unread.poetry': {
    message: {
      'zh-TW': '{file} 的依賴只有 Poetry 讀得懂，且專案不是套件',
      en: "{file} names dependencies in a table that only Poetry reads, and the project isn't a package",
    },
    hint: {
      'zh-TW': '請將依賴移到 [project]，或執行 poetry export -o requirements.txt',
      en: 'Move them to [project], or run `poetry export -o requirements.txt`',
    },
  },
  'unread.requirements': {
    message: {
      'zh-TW': '{file} 列出依賴，但沒有 requirements.txt',
      en: '{file} names dependencies, and there is no requirements.txt',
    },
    hint: {
      'zh-TW': '請在 requirements.txt 寫入「-r {file}」，或以 config.profile 選擇',
      en: 'Write `-r {file}` into requirements.txt, or pick a file requirements/<profile>.txt with config.profile',
    },
  },
  'unread.script': {
    message: {
      'zh-TW': '{file} 在註解中列出依賴（PEP 723），但 Slipway 不讀它',
      en: '{file} names dependencies in a comment (PEP 723), and Slipway does not read it',
    },
    hint: {
      'zh-TW': '請寫入 requirements.txt 或 pyproject.toml 的 [project]',
      en: 'Write them into requirements.txt, or into [project] of pyproject.toml',
    },
  },
  'source_invalid.not_a_file': {
    message: { 'zh-TW': '{path} 不是檔案', en: '{path} is not a regular file' },
    hint: { 'zh-TW': '請改為檔案，或移除它', en: 'Make it a file, or remove it' },
  },
  'source_invalid.encoding': {
    message: { 'zh-TW': '{path} 不是 UTF-8 或 UTF-16 的文字', en: '{path} is neither UTF-8 nor UTF-16 text' },
    hint: { 'zh-TW': '請以 UTF-8 儲存它', en: 'Save it as UTF-8' },
  },
  'docker.image_gone': {
    message: { 'zh-TW': '引擎裡已沒有映像 {image}', en: 'The image {image} is no longer in the engine' },
    hint: { 'zh-TW': '請重新部署，Slipway 會重新建置', en: 'Deploy this version again: Slipway builds it again' },
  },
  'no_entry_point.docker': {
    message: { 'zh-TW': '映像沒有可以執行的命令：{reason}', en: 'The image has no command to run: {reason}' },
    hint: {
      'zh-TW': '請在 Dockerfile 加入 CMD，或設定 config.command',
      en: 'Add a CMD to the Dockerfile, or set config.command',
    },
  },
  'docker.refused': {
    message: { 'zh-TW': '引擎拒絕建立或啟動容器：{reason}', en: 'The engine refuses the container: {reason}' },
    hint: {
      'zh-TW': '請檢查主機的引擎與 SLIPWAY_CONTAINER_ 開頭的設定',
      en: 'Check the engine of the host, and the settings that begin with SLIPWAY_CONTAINER_',
    },
  },
  'build_failed.user': {
    message: {
      'zh-TW': '映像裡沒有 USER 指定的使用者或群組：{reason}',
      en: 'The image has no such user or group as its USER line names: {reason}',
    },
    hint: {
      'zh-TW': '請在 Dockerfile 建立該使用者或群組（例如 RUN useradd），或改用數字',
      en: 'Create the user or group in the Dockerfile (RUN useradd, for example), or use a number',
    },
  },
  'docker.context_too_big': {
    message: {
      'zh-TW': '建置內容有 {size} MiB，超過 {limit} MiB；最大的是 {folders}',
      en: 'The build context has {size} MiB, more than {limit} MiB; the biggest are {folders}',
    },
    hint: {
      'zh-TW': '請在 .dockerignore 排除不需要的檔案',
      en: 'Leave out in .dockerignore what the image does not need',
    },
  },
  'build_failed.dockerfile': {
    message: { 'zh-TW': 'Dockerfile 有誤：{reason}', en: 'The Dockerfile is wrong: {reason}' },
    hint: { 'zh-TW': '請修正 Dockerfile', en: 'Fix the Dockerfile' },
  },
  'build_failed.not_in_source': {
    message: {
      'zh-TW': 'Dockerfile 要複製 {path}，但原始碼中沒有',
      en: 'The Dockerfile copies {path}, which is not in the source',
    },
    hint: {
      'zh-TW': '請把它加入原始碼（git 只含已提交的檔案），或移除那一行 COPY 或 ADD',
      en: 'Add it to the source (git has only what was committed), or remove that COPY or ADD',
    },
  },
  'build_failed.never_in_release': {
    message: {
      'zh-TW': 'Dockerfile 要複製 {path}，但版本中從不包含它（版本控制、虛擬環境與快取）',
      en: 'The Dockerfile copies {path}, which never belongs to a release: version control, environments and caches stay outside',
    },
    hint: {
      'zh-TW': '若需要提交代號或版本，請放入 config.build_variables，並在 Dockerfile 以 ARG 取用',
      en: 'If it is for the commit or the version, give that in config.build_variables, and take it by ARG',
    },
  },
  'build_failed.no_version': {
    message: {
      'zh-TW': '專案的建置工具從 git 取得版本，而版本中沒有 .git',
      en: 'Its build takes the version from git, and a release has no .git',
    },
    hint: {
      'zh-TW':
        '請設定 config.build_variables.SETUPTOOLS_SCM_PRETEND_VERSION（uv-dynamic-versioning 用 UV_DYNAMIC_VERSIONING_BYPASS），或部署有版本標籤的 git 來源',
      en: 'Set config.build_variables.SETUPTOOLS_SCM_PRETEND_VERSION (of uv-dynamic-versioning UV_DYNAMIC_VERSIONING_BYPASS), or deploy a git source whose tags are versions',
    },
  },
  'build_failed.left_out': {
    message: {
      'zh-TW': 'Dockerfile 要複製 {path}，但 .dockerignore 排除了它',
      en: 'The Dockerfile copies {path}, which .dockerignore leaves out',
    },
    hint: {
      'zh-TW': '請在 .dockerignore 加上 !{path}，或移除那一行 COPY 或 ADD',
      en: 'Add !{path} to .dockerignore, or remove that COPY or ADD',
    },
  },
  'build_failed.base_image': {
    message: { 'zh-TW': '無法取得基底映像：{reason}', en: 'The base image cannot be had: {reason}' },
    hint: {
      'zh-TW': '請檢查 FROM 的名稱、網路，並以 docker pull 試試',
      en: 'Check the name after FROM and the network, and try `docker pull`',
    },
  },
  'build_failed.command': {
    message: {
      'zh-TW': '建置命令以 {exit} 結束：{reason}',
      en: 'A command of the build ended with {exit}: {reason}',
    },
    hint: { 'zh-TW': '請看日誌中安裝步驟的最後幾行', en: 'Read the last lines of the install step in the log' },
  },
  'out_of_memory.build': {
    message: { 'zh-TW': '建置因記憶體不足被終止', en: 'The build was killed for lack of memory' },
    hint: { 'zh-TW': '請釋放主機的記憶體', en: 'Make memory free on the host' },
  },
  'mode.stays_in_containers': {
    message: {
      'zh-TW': '此服務在容器中執行：只有 config.fallback_modes 列出 {mode} 時才會嘗試它',
      en: 'The service runs in containers: {mode} is tried only when config.fallback_modes lists it',
    },
  },
  'mode.own_error': {
    message: {
      'zh-TW': '應用程式以自己的錯誤結束：只有 config.fallback_modes 列出 {mode} 時才會嘗試它',
      en: 'The app ended with an error of its own: {mode} is tried only when config.fallback_modes lists it',
    },
  },
  'warning.callback': {
    message: {
      'zh-TW': '{host} 的位址 {address} 不允許：callback_url 收不到任何回呼（SLIPWAY_CALLBACK_ALLOW 可開放）',
      en: '{host} has the denied address {address}: callback_url will get no callback (SLIPWAY_CALLBACK_ALLOW opens it)',
    },
  },
  'warning.persist_dropped': {
    message: {
      'zh-TW': '新版本不再保存 {paths}；其資料留在資料夾中，再次列出即可使用',
      en: 'The new release no longer persists {paths}; its data stays in the data folder, for a release that lists it again',
    },
  },
  'warning.plain_secret': {
    message: {
      'zh-TW': '{name} 看起來是秘密，卻不當作秘密：日誌會顯示它的值',
      en: '{name} looks like a secret and is given as none: logs show its value',
    },
  },
  'warning.resources': {
    message: {
      'zh-TW': '只有容器能限制記憶體與處理器：不會嘗試 {modes} 模式',
      en: 'Only a container is held to memory and processors: what is not tried: {modes}',
    },
  },
  'resources.not_enforceable': {
    message: {
      'zh-TW': '{mode} 模式無法限制資源',
      en: 'The {mode} mode cannot hold an app to limits of resources',
    },
    hint: {
      'zh-TW': '請使用 docker 模式，或移除 config.resources',
      en: 'Use the docker mode, or leave out config.resources',
    },
  },
  'resources.cpus_above_host': {
    message: {
      'zh-TW': 'config.resources.cpus 要求 {cpus} 個處理器，但主機只有 {most} 個',
      en: 'config.resources.cpus asks for {cpus} processors, but the host has {most}',
    },
    hint: {
      'zh-TW': '請把 config.resources.cpus 設為 {most} 以下',
      en: 'Set config.resources.cpus to {most} or less',
    },
  },
  'persist.outside': {
    message: {
      'zh-TW': '{field} 的路徑不在應用程式資料夾內',
      en: 'The path in {field} lies outside of the app folder',
    },
    hint: {
      'zh-TW': '請改為應用程式資料夾內的相對路徑，或以絕對路徑（sqlite:////…）自行管理',
      en: 'Name a relative path inside the app folder, or an absolute one (sqlite:////…), which Slipway leaves alone',
    },
  },
  'persist.too_long': {
    message: { 'zh-TW': '{field} 的路徑太長', en: 'The path in {field} is too long' },
    hint: {
      'zh-TW': '每個名稱最多 255 位元組，整個路徑最多 1024 位元組（UTF-8）',
      en: 'Take at most 255 bytes for each name in it, and 1,024 for all of it (UTF-8)',
    },
  },
  'persist.in_the_way': {
    message: {
      'zh-TW': '無法保存 {path}：{at} 不是資料夾',
      en: '{path} cannot be persisted: {at} is not a folder',
    },
    hint: {
      'zh-TW': '請移除或改名，或修正 config.persist',
      en: 'Move it out of the way, or fix config.persist',
    },
  },
  'persist.foreign_link': {
    message: {
      'zh-TW': '{path} 是 Slipway 以外的人建立的連結或檔案',
      en: '{path} is a link or file that is not Slipway’s',
    },
    hint: {
      'zh-TW': '請將資料移回該處的資料夾；要用其他磁碟，請將整個資料夾放在那裡',
      en: 'Put the data back into a folder of that name; to use another disk, have Slipway’s whole data folder there',
    },
  },
  'persist.not_plain': {
    message: {
      'zh-TW': '無法使用保存的 {path}：{at} 不是檔案也不是資料夾，而是連結或其他項目',
      en: 'The persisted {path} cannot be used: {at} is neither a file nor a folder, but a link or something else',
    },
    hint: {
      'zh-TW': '請查明由誰放置，將其移除，再試一次',
      en: 'Find out who put it there, remove it, then try again',
    },
  },
  'persist.not_writable': {
    message: {
      'zh-TW': '服務的資料 {path} 無法由 Slipway 的使用者讀寫',
      en: 'The data of the service cannot be read and written by the user of Slipway: {path}',
    },
    hint: {
      'zh-TW': '請以 root 執行 chown -R 將 {folder} 交給該使用者，再試一次',
      en: 'Give {folder} to that user (as root: chown -R), then try again',
    },
  },
  'persist.not_on_host': {
    message: {
      'zh-TW': 'Docker 引擎的主機上沒有資料夾 {folder}（{reason}）',
      en: 'The host of the Docker engine has no folder {folder} ({reason})',
    },
    hint: {
      'zh-TW': '請使用本機的引擎；Slipway 在容器中執行時，資料夾須掛載自該引擎',
      en: 'Use the engine of this host; when Slipway runs in a container, its data folder must be a mount of that engine',
    },
  },
  'persist.refused': {
    message: { 'zh-TW': '無法在容器中連結 {path}：{reason}', en: '{path} cannot be linked in the container: {reason}' },
    hint: {
      'zh-TW': '映像中該路徑若是 VOLUME，請從 Dockerfile 移除；或修正 config.persist',
      en: 'If the image makes it a VOLUME, remove that from the Dockerfile; else fix config.persist',
    },
  },
} as const satisfies Record<string, Sentence>;
