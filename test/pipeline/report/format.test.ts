import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fitText,
  formatDuration,
  formatMoney,
  formatP,
  formatSigned,
  formatTime,
  shorten,
} from '../../../src/pipeline/report/format.js';

test('numbers as people read them', () => {
  expect([0.0345, -0.0345, 0, -0.0001].map(formatSigned)).toEqual(['+0.035', '−0.035', '0.000', '0.000']);
  expect([0.00001, 0.00042, 0.0123, 1].map(formatP)).toEqual(['< 0.0001', '0.0004', '0.012', '1.000']);
  expect([0.01, 1.25, 99.94, 600, 7260].map(formatDuration)).toEqual([
    '< 0.1 s',
    '1.3 s',
    '99.9 s',
    '10 min',
    '2 h 1 min',
  ]);
  expect([0, 0.004, 1.5].map(formatMoney)).toEqual(['$0', '< $0.01', '$1.50']);
  expect(formatTime('2026-03-04T05:06:07+01:00')).toBe('2026-03-04 04:06 UTC');
  expect(formatTime('yesterday')).toBe('yesterday');
});

test('long texts are cut and never grow, short ones stay', () => {
  expect(shorten('one two three', 9)).toBe('one two …');
  expect(fitText('BM25', 112)).toBe('BM25');
  expect(fitText('likelihood-qwen2.5-coder', 112)).toMatch(/^likelihood-q.*…$/);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const fitted = fitText(text, 112);
      expect(fitted === text || fitted.endsWith('…')).toBe(true);
      expect([...fitted].length).toBeLessThanOrEqual(26);
      expect(text.startsWith(fitted.replace(/…$/, ''))).toBe(true);
    }),
  );
});
