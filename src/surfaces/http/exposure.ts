import { RankforgeError } from '../../core/errors.js';
import { createKeyCheck } from './api-keys.js';
import type { ListenOptions } from './listen.js';
import { isLoopbackName } from './loopback.js';
import type { ServiceOptions } from './service.js';

export interface ExposureOptions extends ListenOptions {
  /** Who gives one of these as `Authorization: Bearer KEY` is served. @default everyone on this machine */
  readonly apiKeys?: readonly string[];
  /** Serves without a key on other than loopback, and under any host name. @default false */
  readonly allowOpen?: boolean;
}

/**
 * Who may ask: those with a key; without keys, this machine.
 * @throws RankforgeError `usage` for a host beyond this machine without a key, unless `allowOpen`
 */
export function guards({
  host = '127.0.0.1',
  apiKeys = [],
  allowOpen = false,
}: ExposureOptions): Pick<ServiceOptions, 'checkKey' | 'loopbackOnly'> {
  if (apiKeys.length > 0) return { checkKey: createKeyCheck(apiKeys) };
  if (allowOpen) return {};
  if (isLoopbackName(host)) return { loopbackOnly: true };
  throw new RankforgeError('usage', `Without an API key the server would be open to all who reach ${host}`, {
    where: host,
    hint: (spell) => `Give ${spell('apiKeys')}; ${spell('allowOpen')} serves without a key all the same.`,
  });
}
