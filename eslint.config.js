import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const core = { files: ['src/**/*.ts'], ignores: ['src/node/**', 'src/cli/**'] };
const scripts = ['**/*.mjs', '**/*.js'];
const nodeGlobals = ['console', 'performance', 'URL', 'TextDecoder', 'TextEncoder', 'setTimeout', 'clearTimeout', 'crypto', 'Buffer'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'docs/api/', '.tmp/', 'vectors/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes every typed-array read `number | undefined`
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'as const tables, no enum' },
        { selector: 'ExportDefaultDeclaration', message: 'no default exports' },
      ],
      'max-lines': ['error', 400],
    },
  },
  {
    ...core,
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setTimeout', 'setInterval', 'console', 'global', 'performance', 'Date'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'random(n) comes in as an argument' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(skip|only|todo)$/]',
          message: 'no test is switched off',
        },
      ],
    },
  },
  { files: scripts, languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) } },
);
