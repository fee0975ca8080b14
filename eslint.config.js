import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      'dist/**',
      '.cache/**',
      '**/generated/**',
      'solver-core/onnx/gen/**',
      // AssemblyScript: the syntax of TypeScript, another language.
      'solver-core/backends/cpu/wasm/**',
      'solver-core/backends/sparse/wasm/**',
      'test/e2e/out*/**',
      'test/e2e/workbench/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
    },
  },
  { files: ['solver-core/cli/**', 'test/**', 'bench/**'], rules: { 'no-console': 'off' } },
);
