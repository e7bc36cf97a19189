import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 600_000,
    // Native modules (llama.cpp, ONNX Runtime, lmdb) are not safe in worker threads.
    pool: 'forks',
  },
});
