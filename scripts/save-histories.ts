// npm run histories: makes the saved histories that test/replay replays, by real runs on a real Temporal server.
// Those that stand there stay as they are: they show that what began under older code still replays. A scene is saved
// anew under a new name.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { playScenes, type Scene } from '../test/support/scenes.js';
import { Stage } from '../test/support/stage.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${PROJECT}test/replay/histories/`;
const MOST_BYTES = 400 * 1024;
/** What no replay looks at: stack traces hold paths, and what a workflow sent out most of the bytes. */
const DROPPED = [
  'stackTrace',
  'taskId',
  'requestId',
  'historySizeBytes',
  'retryPolicy',
  'userMetadata',
  'workerVersion',
];
const REPLACED: Record<string, unknown> = {
  ...Object.fromEntries(DROPPED.map((name) => [name, undefined])),
  identity: 'tests',
  upsertedMemo: { fields: {} },
  searchAttributes: { indexedFields: {} },
};
const SENT = /^(.*TaskScheduled|.*Initiated|workflowExecutionContinuedAsNew)EventAttributes$/;
const NOT_LOOKED_AT = { input: undefined, memo: undefined, taskQueue: undefined };

const pathOf = (name: string): string => `${FOLDER}${name}.json`;
const texts = new Map([...(await play())].filter(([name]) => !existsSync(pathOf(name))));
const bytes = [...texts.values()].reduce((sum, text) => sum + text.length, 0);
if (bytes > MOST_BYTES) throw new Error(`the histories take ${bytes} bytes: make the scenes shorter`);
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of texts) writeFileSync(pathOf(name), text);
console.log(`${texts.size} new histories, ${bytes} bytes`);

async function play(): Promise<Map<string, string>> {
  const played = new Map<string, string>();
  const stage = await Stage.open();
  try {
    for await (const scene of playScenes(stage)) {
      const text = await historyOf(scene);
      played.set(`${scene.type}-${scene.scene}`, text);
      console.log(`${scene.type}-${scene.scene}: ${text.length} bytes`);
    }
    await stage.clear();
  } finally {
    await stage.stop();
  }
  return played;
}

async function historyOf({ handle }: Scene): Promise<string> {
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  const text = `${JSON.stringify(scrubbed(history))}\n`;
  mustNotTell(text);
  return text;
}

function scrubbed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scrubbed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name in REPLACED) return [name, REPLACED[name]];
      return [name, SENT.test(name) ? { ...(scrubbed(inner) as object), ...NOT_LOOKED_AT } : scrubbed(inner)];
    }),
  );
}

/** Payloads stand in base64, so both forms are looked at. */
function mustNotTell(text: string): void {
  const payloads = Array.from(text.matchAll(/"data":"([^"]*)"/g), ([, data = '']) => Buffer.from(data, 'base64'));
  const parts = [text, ...payloads.map(String)];
  const told = [hostname(), PROJECT, userInfo().homedir].find((own) => parts.some((part) => part.includes(own)));
  if (told !== undefined) throw new Error(`a history tells of this machine: ${told}`);
}
