import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { commandsOf, readerHome, runCommand } from '../support/page-commands.js';
import { Slipway } from '../support/slipway.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** The outputs of all commands of a page but `npm start`, in their order. */
async function follow(page: string, variables: NodeJS.ProcessEnv = {}): Promise<Map<string, string>> {
  const outputs = new Map<string, string>();
  for (const command of commandsOf(page)) {
    if (command !== 'npm start') outputs.set(command, await runCommand(slipway, command, variables));
  }
  return outputs;
}

const outputOf = (outputs: Map<string, string>, words: string): string =>
  [...outputs].find(([command]) => command.includes(words))![1];

it('the tutorial’s commands deploy, update, break, roll back and remove its app', async () => {
  const outputs = await follow('docs/tutorial/first-deployment.md');
  expect(outputOf(outputs, 'sed -i')).toMatch(/^✔ Completed/m);
  expect(outputOf(outputs, 'this is not Python')).toContain('version 2 still answers');
  const releases = outputOf(outputs, 'slipway rollback');
  expect(releases).toMatch(/auto_\S+/);
  expect(outputOf(outputs, 'slipway events')).toContain('rolled_back');
  expect(outputOf(outputs, 'temporal-ui')).toMatch(/^http:\S+\/temporal\/login#/m);
  expect((await slipway.call('/api/services/hello-slipway')).status).toBe(404);
});

it('the commands of the bot guide keep the bot’s database and keep its token out of the logs', async () => {
  const outputs = await follow('docs/how-to/deploy-a-bot.md', { DISCORD_TOKEN: 'a-token-of-mine' });
  expect(outputOf(outputs, 'slipway logs')).toContain('starts so far:');
  expect([...outputs.values()].join()).not.toContain('a-token-of-mine');
  expect(await slipway.service('my-bot')).toMatchObject({ kind: 'worker', persist: ['bot.db'], status: 'running' });
  await eventually(() => readFileSync(join(slipway.dataDir, 'data/my-bot/bot.db')).length > 0);
  expect(readFileSync(join(readerHome(slipway), 'my-bot/.env'), 'utf8')).toBe('LOG_LEVEL=info\n');
});

it('the commands of the web app guide end with a page that answers', async () => {
  await follow('docs/how-to/deploy-a-web-app.md');
  const { url, persist } = await slipway.service('my-site');
  expect(await (await fetch(url!)).text()).toBe('my own site\n');
  expect(persist).toEqual(['site.db']);
});
