import { DEPLOYMENT_CODES, ENVIRONMENT_CODES, HTTP_STATUS, type HttpCode } from '../src/contract/errors.js';
import { fillSentence, sentence, type TextKey } from '../src/contract/texts.js';

/** `docs/reference/errors.md`, as text. */
export function errorsPage(): string {
  return `# Errors

This page is generated from the error codes (\`npm run docs\`). Each error has a code, a sentence that says what happened, and a hint that says what to do. Words in braces stand for values. Many errors have a more exact sentence than the one below; the code stays the same. \`Accept-Language\` chooses English or Traditional Chinese.

## Refused calls

The API returns these errors as \`application/problem+json\` (RFC 9457). A refused call changes nothing.

${tableOf(
  Object.entries(HTTP_STATUS).map(([code, status]) => [code as HttpCode, String(status)]),
  'HTTP status',
)}

## Failed deployments

These codes are in \`error.code\` of a deployment that failed or was cancelled. \`error.type\` is \`DeploymentError\`: fix the project or the request.

${tableOf(DEPLOYMENT_CODES.map((code) => [code]))}

## Faults of the host

These codes are in \`error.code\` too, with the type \`EnvironmentError\`: the operator of the host fixes them.

${tableOf(ENVIRONMENT_CODES.map((code) => [code]))}
`;
}

/** A row for each code, with the cells before its sentences. */
function tableOf(codes: [code: TextKey, ...cells: string[]][], ...heads: string[]): string {
  const head = ['code', ...heads, 'what happened', 'what to do'];
  const rows = codes.map(([code, ...cells]) => {
    const { message, hint = '' } = fillSentence(sentence(code, 'en'), {}, 'en');
    return ['`' + code + '`', ...cells, message, hint];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
