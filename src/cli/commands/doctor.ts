import type { Command } from 'commander';
import { act, command } from '../command.js';
import type { Context } from '../context.js';
import type { Finding, FindingStatus } from '../doctor.js';
import { EXIT } from '../errors.js';
import { padded } from '../render.js';
import { doctorSentence } from '../texts.js';

export function doctor(): Command {
  const declared = command('doctor', 'Check whether this host can run Slipway', [
    'doctor',
    'doctor --json',
  ]).addHelpText('after', '\nExit code: 1 when something is missing without which Slipway does not run.');
  return act(declared, async (context) => {
    const { examine } = await import('../doctor.js');
    const findings = await examine(context);
    if (context.isJson) context.printJson(findings.map((finding) => bodyOf(finding, context)));
    else for (const finding of findings) show(finding, context);
    return findings.some(({ status }) => status === 'missing') ? EXIT.failed : EXIT.done;
  });
}

function bodyOf({ check, status, text, params }: Finding, { language }: Context) {
  return { check, status, ...doctorSentence(text, params, language) };
}

const WIDEST_CHECK = 13;

function show(finding: Finding, context: Context): void {
  const { paint, print } = context;
  const symbols: Record<FindingStatus, string> = {
    ok: paint.green('✔'),
    note: paint.cyan('·'),
    lacks: paint.yellow('!'),
    missing: paint.red('✖'),
  };
  const { message, hint } = bodyOf(finding, context);
  print(`${symbols[finding.status]} ${padded(finding.check, WIDEST_CHECK)}  ${message}`);
  if (hint !== undefined) print(paint.dim(`  ${' '.repeat(WIDEST_CHECK)}  ${hint}`));
}
