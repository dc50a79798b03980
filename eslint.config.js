import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const portable = ['src/**/*.ts'];
export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'docs/api/', '.tmp/', 'vectors/', 'scripts/', '*.config.ts', '*.js', '*.mjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true } } },
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes every typed-array read `number | undefined`
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: portable,
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'as const tables, no enum' }, { selector: 'ExportDefaultDeclaration', message: 'no default exports' }],
    },
  },
  {
    files: portable,
    ignores: ['src/node/**', 'src/cli/**'],
    rules: { 'no-restricted-globals': ['error', 'process', 'Buffer', 'setTimeout', 'setInterval', 'console', 'global', 'performance', 'Date'] },
  },
);
