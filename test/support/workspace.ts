// A uv workspace with a virtual root: a bot that takes a library from beside it.

const BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
const project = (name: string, rest: string): string =>
  `[project]\nname = "${name}"\nversion = "0.1.0"\nrequires-python = ">=3.10,<3.13"\n${rest}\n`;

/** `text` is what the library tells. */
export const workspaceFiles = (text = 'first'): Record<string, string> => ({
  'pyproject.toml': '[tool.uv.workspace]\nmembers = ["packages/*", "services/*"]\n',
  'packages/shared/pyproject.toml': `${project('shared', 'dependencies = ["six"]')}${BUILD}`,
  'packages/shared/src/shared/__init__.py': `TEXT = "${text}"\n`,
  'services/bot/pyproject.toml': `${project(
    'bot',
    'dependencies = ["shared"]\n[project.scripts]\nbot = "bot:main"\n[project.optional-dependencies]\nextra = ["idna"]\n[tool.uv.sources]\nshared = { workspace = true }',
  )}${BUILD}`,
  'services/bot/src/bot/__init__.py':
    'import os, shared, time\ndef main():\n    print("told", shared.TEXT, os.path.basename(os.getcwd()), flush=True)\n    time.sleep(3600)\n',
  'services/other/pyproject.toml': project('other', 'dependencies = ["toml"]'),
  'services/other/main.py': 'print("other")\n',
});
