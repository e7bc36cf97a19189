import fc from 'fast-check';

/** Any UTF-16 at all, halves of pairs and control characters included. fast-check's own unit for it takes seconds to set up. */
export const anyText = (maxLength = 40): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength })
    .map((units) => String.fromCharCode(...units));

/** Milliseconds of processor time that some work takes, whatever else the machine does. */
export function cpuTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
