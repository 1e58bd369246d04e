// Prints the error of a command: what happened, each wrong field, and what to do.
import { readClientConfig } from '../config.js';
import { SlipwayError } from '../contract/errors.js';
import type { Language } from '../contract/states.js';
import type { Sentence } from '../contract/message-types.js';
import { sentenceOf } from './texts.js';
import { hint, translate } from '../contract/texts.js';
import { CliError, Refused, reasonOf } from './errors.js';
import { writeJson, writeLine } from './output.js';
import { padded, paintOf, type Paint } from './render.js';
import { inTerminal } from './terminal-words.js';
import stringWidth from 'string-width';

export function printError(error: unknown, asJson: boolean): void {
  const { language, noColour } = readClientConfig();
  if (asJson) writeJson(process.stdout, JSON.stringify(failureBody(error, language)));
  const paint = paintOf(process.stderr.isTTY && !noColour);
  writeLine(process.stderr, failureLines(error, language, paint).join('\n'));
}

export function failureLines(error: unknown, language: Language, paint: Paint): string[] {
  const { message, hint: advice } = messageOf(error, language);
  const fields = error instanceof Refused ? (error.problem.errors ?? []) : [];
  const width = Math.max(0, ...fields.map(({ path }) => stringWidth(path)));
  return [
    `${paint.red('✖')} ${message}`,
    ...fields.map((field) => `    ${paint.bold(padded(field.path, width))}  ${inTerminal(field.message)}`),
    ...(advice === undefined ? [] : [`  ${advice}`]),
  ];
}

/** Returns the error as JSON: the API's error response, or the CLI's own error in the same form. */
function failureBody(error: unknown, language: Language): object {
  if (error instanceof Refused) return error.problem;
  const { message, hint: advice } = messageOf(error, language);
  const code = error instanceof CliError ? error.key : 'unexpected';
  return { code, detail: message, ...(advice !== undefined && { hint: advice }) };
}

function messageOf(error: unknown, language: Language): Sentence {
  if (error instanceof Refused) {
    const { detail, hint: advice, errors } = error.problem;
    if (errors) return sentenceOf('invalid', {}, language); // each field is printed on its own line
    return { message: detail, ...(advice !== undefined && { hint: inTerminal(advice) }) };
  }
  if (error instanceof CliError) return sentenceOf(error.key, error.params, language);
  if (error instanceof SlipwayError)
    return { message: translate(error.text, error.params, language), hint: hint(error.text, error.params, language) };
  return sentenceOf('unexpected', { reason: reasonOf(error) }, language);
}
