import { expect, test } from 'vitest';
import { parseRetryAfter, publicUrl } from '../../../src/models/openai/server-errors.js';

test.each([
  { header: '7', ms: 7000 },
  { header: '0.5', ms: 500 },
  { header: 'Wed, 21 Oct 2015 07:28:30 GMT', ms: 30_000 },
  { header: 'Wed, 21 Oct 2015 07:27:00 GMT', ms: 0 },
  { header: 'soon', ms: undefined },
  { header: '', ms: undefined },
  { header: null, ms: undefined },
])('Retry-After "$header" is $ms ms', ({ header, ms }) => {
  expect(parseRetryAfter(header, Date.parse('2015-10-21T07:28:00Z'))).toBe(ms);
});

test('a URL is shown without what may be secret', () => {
  expect(publicUrl('https://user:pass@host.test:8443/v1/?key=abc#x')).toBe('https://host.test:8443/v1');
});
