import { isIPv4, isIPv6 } from 'node:net';
import type { PiiSpan } from './span.js';

const version4 = /(?<![\w.:]|[vV]ersion |[vV]\. ?|\bEC )(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const version6 = /(?<![\w:.])(?=[0-9a-fA-F:]{0,20}\d)[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])/g;
/** They name no machine in particular. */
const nobody = /^(?:0\.0\.0\.0|127\.\d+\.\d+\.\d+|255\.[\d.]+|::1?)$/;

/** IP addresses of both versions, but those that stand for any machine or for the own one. */
export function* findIpAddresses(text: string): Generator<PiiSpan> {
  for (const { index, 0: found } of text.matchAll(version4)) {
    if (isIPv4(found) && !nobody.test(found)) yield { kind: 'ip', start: index, end: index + found.length };
  }
  for (const { index, 0: found } of text.matchAll(version6)) {
    // Two groups around :: are more often a name in a program.
    const groups = found.split(':').filter(Boolean).length;
    if (groups < 3 || !isIPv6(found) || nobody.test(found)) continue;
    yield { kind: 'ip', start: index, end: index + found.length };
  }
}
