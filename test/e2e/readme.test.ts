import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROJECT, Slipway, type Started } from '../support/slipway.js';

const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const COMMANDS = [...README.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text!.trim());

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** Runs a command of the README against this Slipway instead of the usual place. */
async function run(command: string): Promise<string> {
  const here = command.replaceAll('http://127.0.0.1:8088', slipway.url).replaceAll('.slipway/', `${slipway.dataDir}/`);
  const { stdout } = await promisify(execFile)('bash', ['-c', here], {
    cwd: PROJECT,
    env: { ...process.env, SLIPWAY_DATA_DIR: slipway.dataDir },
  });
  return stdout;
}

it('the README’s first commands are the ones that the package has', () => {
  expect(COMMANDS[0]).toBe('npm start');
  expect(COMMANDS).toContain('npm test');
});

it('the README’s curl deploys the example, and its page answers', async () => {
  const started = JSON.parse(await run(COMMANDS.find((command) => command.startsWith('curl'))!)) as Started;
  expect(started).toMatchObject({ status: 'accepted', message: '部署已開始' });
  const ended = await slipway.ended(started.deployment_id);
  expect(ended.status).toBe('completed');
  expect(await (await fetch(ended.url!)).text()).toContain(`Release: ${started.deployment_id}`);
});

it('examples/deploy.sh prints the five steps, and a page that answers 200', async () => {
  const output = await run('examples/deploy.sh');
  const lines = output.split('\n');
  const steps = lines.filter((line) => /^ {2}[1-5]\/5 {2}/.test(line));
  expect(steps.map((line) => line.trim().slice(0, 3))).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
  // As in the README's sample; a step that was over before the script asked has no percentage.
  for (const line of steps) expect(line).toMatch(/^ {2}\d\/5 {2}\p{Script=Han}{4} {2}[A-Z][a-z ]+( +\d+(\.\d)? %)?$/u);
  expect(steps.some((line) => line.endsWith(' %'))).toBe(true);
  expect(output).toMatch(/Completed \(100 %\)[\s\S]*HTTP 200/);
});

it('the bot runs when it gets its token, and says so when it does not', async () => {
  const bot = (config: object) => ({
    mode: 'uv',
    config: {
      source: { type: 'directory', path: `${PROJECT}examples/heartbeat-bot` },
      health_check: { min_uptime: 1.5 },
      ...config,
    },
  });
  const without = await slipway.run(bot({}));
  expect(without.error).toMatchObject({ code: 'app_exited' });
  expect(without.error!.log_tail.join()).toContain('DISCORD_TOKEN is not set');
  const config = { environment_variables: { DISCORD_TOKEN: 'a-token-of-the-bot' }, persist: ['bot.db'] };
  const ended = await slipway.run(bot(config));
  expect(ended).toMatchObject({ status: 'completed', changed: true });
  expect((await slipway.service('heartbeat-bot')).persist).toEqual(['bot.db']);
  const { text } = await slipway.call('/api/services/heartbeat-bot/logs?tail=5', { headers: { Accept: 'text/plain' } });
  expect(text).toContain('beat ');
});
