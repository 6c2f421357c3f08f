import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What third parties import by the package's name, taken from the sources. */
const published = {
  'sallyport/dialects/define': 'dialects/define.ts',
  'sallyport/testing': 'test/testing/index.ts',
};

export default defineConfig({
  root,
  resolve: {
    alias: Object.fromEntries(Object.entries(published).map(([name, file]) => [name, join(root, file)])),
  },
  test: {
    // Much of what is tested waits for other processes, so that no core need be left to Vitest itself.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['test/e2e/**', '**/node_modules/**'],
        },
      },
      {
        // Runs real servers and clients: they are started once, and only when one of these files is run.
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/support/global-setup.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
