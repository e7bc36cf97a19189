/** Whether a host name or address is this machine's own, as a URL spells it. */
export const isLoopbackName = (name: string): boolean =>
  /^(localhost|\[?::1\]?|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.test(name);
