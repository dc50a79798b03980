import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Titles of the tests and blocks of a test file, as they stand in its source: `test('...')`, `it.each(...)('...')`, `describe('...')`. */
export function titlesOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const titles = new Set();
  const visit = (node) => {
    const first = ts.isCallExpression(node) && /^(?:test|it|describe)$/.test(rootOf(node)) ? node.arguments[0] : undefined;
    if (first && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first)))
      titles.add(first.text ?? first.getText(source).slice(1, -1));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** `it` of `it.each(cases)(...)`. */
function rootOf(node) {
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) return rootOf(node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}
