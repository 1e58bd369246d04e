// Finds the English texts in a TypeScript file that people read: help, descriptions of calls, and titles of
// tests.
import ts from 'typescript';

export interface Text {
  file: string;
  /** From 1. */
  line: number;
  /** On one line. */
  text: string;
}

/** Properties that hold a text. */
const PROPERTIES = new Set(['summary', 'description', 'title']);
/** Calls whose first argument is a text. */
const DESCRIBED = new Set(['description', 'summary']);
/** Calls whose second argument is a text: what an option or an argument of a command is for. */
const EXPLAINED = new Set(['option', 'requiredOption', 'argument', 'Option', 'Argument']);
/** Calls in files of tests whose first argument is a title, also in forms such as `it.each(…)(title)`. */
const TITLED = new Set(['it', 'test', 'describe', 'itIf', 'itUnless', 'describeIf']);
/** The values that Jest inserts in a title. */
const INSERTED = /%[a-zA-Z]|\$[\w.]+/g;

/** Returns the texts of a file of the code; of a file of tests (*.test.ts) the titles alone, as its other texts are data. */
export function textsIn(file: string, source: string): Text[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Text[] = [];
  const isTest = file.endsWith('.test.ts');
  visit(tree);
  return found;

  function visit(node: ts.Node): void {
    if (isTest) addTitle(node);
    else for (const expression of textsOf(node)) add(expression, (text) => text);
    ts.forEachChild(node, visit);
  }

  function addTitle(node: ts.Node): void {
    if (ts.isCallExpression(node) && isTitled(node)) add(node.arguments[0], sentenceOf);
  }

  function add(expression: ts.Expression | undefined, read: (words: string) => string): void {
    if (expression === undefined) return;
    const words = wordsOf(expression);
    const text = words === undefined ? undefined : read(words);
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

/** Returns true for the last call of a chain such as `itIf(…).each(…)(title)`, which has the title. */
function isTitled(call: ts.CallExpression): boolean {
  const { parent } = call;
  if (ts.isCallExpression(parent) && parent.expression === call) return false;
  if (ts.isPropertyAccessExpression(parent)) return false;
  return TITLED.has(firstName(call.expression));
}

/** The first name of a chain such as `it.each(…)`. */
function firstName(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression) || ts.isCallExpression(expression))
    return firstName(expression.expression);
  return ts.isTaggedTemplateExpression(expression) ? firstName(expression.tag) : '';
}

/** Returns a title as a sentence, in the form that the rules read: it begins with a capital letter. */
function sentenceOf(title: string): string {
  const text = title.replaceAll(INSERTED, '1');
  return text.charAt(0).toUpperCase() + text.slice(1);
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
