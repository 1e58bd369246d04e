// Finds the English texts in a TypeScript file that people read: messages, help, descriptions of calls.
import ts from 'typescript';

export interface Text {
  file: string;
  /** From 1. */
  line: number;
  /** On one line. */
  text: string;
}

/** Properties that hold a text. */
const PROPERTIES = new Set(['en', 'summary', 'description', 'title']);
/** Calls whose first argument is a text. */
const DESCRIBED = new Set(['description', 'summary']);
/** Calls whose second argument is a text: what an option or an argument of a command is for. */
const EXPLAINED = new Set(['option', 'requiredOption', 'argument', 'Option', 'Argument']);

export function textsIn(file: string, source: string): Text[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Text[] = [];
  visit(tree);
  return found;

  function visit(node: ts.Node): void {
    for (const expression of textsOf(node)) add(expression);
    ts.forEachChild(node, visit);
  }

  function add(expression: ts.Expression | undefined): void {
    if (expression === undefined) return;
    const text = wordsOf(expression);
    if (text === undefined || !text.includes(' ')) return;
    const { line } = tree.getLineAndCharacterOfPosition(expression.getStart());
    found.push({ file, line: line + 1, text: text.replaceAll(/\s+/g, ' ').replaceAll(/[<>#]/g, '').trim() });
  }
}

function textsOf(node: ts.Node): (ts.Expression | undefined)[] {
  if (ts.isPropertyAssignment(node)) return PROPERTIES.has(node.name.getText()) ? [node.initializer] : [];
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return [];
  const name = calledName(node.expression);
  if (DESCRIBED.has(name)) return [node.arguments?.[0]];
  return EXPLAINED.has(name) ? [node.arguments?.[1]] : [];
}

/** The last name of a chain such as `command.option(…)`. */
function calledName(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
}

/** Returns the words of a literal, with a digit in the place of each inserted value. */
function wordsOf(expression: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression))
    return expression.head.text + expression.templateSpans.map(({ literal }) => `1${literal.text}`).join('');
  if (!ts.isBinaryExpression(expression)) return undefined;
  const [left, right] = [wordsOf(expression.left), wordsOf(expression.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}
