import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { commandsOf, runCommand } from '../support/page-commands.js';
import { isThere, PROJECT, Slipway, type Started } from '../support/slipway.js';

const COMMANDS = commandsOf('README.md');

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

const commandWith = (words: string): string =>
  COMMANDS.find((command) => command.includes(words) && !command.includes('npm '))!;

const run = (command: string): Promise<string> => runCommand(slipway, command);

it('the README’s commands include npm start and npm test', () => {
  expect(COMMANDS[0]).toBe('npm start');
  expect(COMMANDS).toContain('npm test');
});

it('the README’s curl command deploys the example, and its page answers', async () => {
  const started = JSON.parse(await run(COMMANDS.find((command) => command.startsWith('curl'))!)) as Started;
  expect(started).toMatchObject({ status: 'accepted', message: '部署已開始' });
  const ended = await slipway.ended(started.deployment_id);
  expect(ended.status).toBe('completed');
  expect(await (await fetch(ended.url!)).text()).toContain(`Release: ${started.deployment_id}`);
});

it('the README’s npx command deploys the example and prints its URL', async () => {
  const output = await run(commandWith('slipway deploy'));
  const [url] = /http:\/\/\S+/.exec(output)!;
  expect((await fetch(url)).status).toBe(200);
  expect(output).toMatch(/^✔ (Completed|Nothing changed|部署完成|沒有變更)/m);
});

it('examples/deploy.sh prints five steps and a URL that returns 200', async () => {
  const output = await run('examples/deploy.sh');
  const lines = output.split('\n');
  const steps = lines.filter((line) => /^ {2}[1-5]\/5 {2}/.test(line));
  expect(steps.map((line) => line.trim().slice(0, 3))).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
  // As in the README's sample; a step that was over before the script asked has no percentage.
  for (const line of steps) expect(line).toMatch(/^ {2}\d\/5 {2}\p{Script=Han}{4} {2}[A-Z][a-z ]+( +\d+(\.\d)? %)?$/u);
  expect(steps.some((line) => line.endsWith(' %'))).toBe(true);
  expect(output).toMatch(/Completed \(100 %\)[\s\S]*HTTP 200/);
});

it('examples/deploy.sh prints that nothing changed and which release is active', async () => {
  const output = await run('examples/deploy.sh');
  const { active_release: serving } = await slipway.service('flask-hello');
  expect(output).toContain(`Nothing changed: release ${serving} serves already`);
  expect(output).toMatch(/HTTP 200/);
});

it('a deployment completes after the README’s command kills the worker', async () => {
  const { worker } = slipway.ready.pids;
  const [id = ''] = /auto_\w+/.exec(await run(commandWith('kill -9'))) ?? [];
  await eventually(() => !isThere(worker));
  expect(await slipway.ended(id)).toMatchObject({ status: 'completed', changed: true });
});

it('the example bot runs with its token and exits with an error without its token', async () => {
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
