import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: ['widget/test/**/*.test.{ts,tsx}', 'admin-spa/test/**/*.test.{ts,tsx}'],
    environment: 'node',
    // Against a test that hangs; axe in jsdom is slow where many things run at once.
    testTimeout: 120_000,
  },
});
