import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Funnel } from '../../src/generate/funnel.js';

test('counts what came in, went out and was dropped, by reason', () => {
  const funnel = new Funnel();
  funnel.accept('queries');
  funnel.reject('queries', 'copied');
  funnel.reject('queries', 'copied');
  funnel.note('queries', 'question');
  expect(funnel.stage('queries')).toEqual({ in: 3, out: 1, rejected: { copied: 2 }, noted: { question: 1 } });
  expect(funnel.stage('never')).toEqual({ in: 0, out: 0, rejected: {}, noted: {} });
});

test('shards add up to the whole, through JSON, whatever the reasons are called', () => {
  const event = fc.record({
    stage: fc.constantFrom('a', 'b'),
    reason: fc.option(fc.constantFrom('x', 'constructor', '__proto__')),
  });
  fc.assert(
    fc.property(fc.array(event), fc.nat(), (events, at) => {
      const count = (list: typeof events) => {
        const funnel = new Funnel();
        for (const { stage, reason } of list)
          reason === null ? funnel.accept(stage) : funnel.reject(stage, reason);
        return funnel;
      };
      const cut = events.length === 0 ? 0 : at % events.length;
      const shards = [events.slice(0, cut), events.slice(cut)].map((list) =>
        JSON.parse(JSON.stringify(count(list))),
      );
      const merged = Funnel.merge(...shards);
      for (const stage of ['a', 'b']) {
        const { in: entered, out, rejected } = merged.stage(stage);
        expect(merged.stage(stage)).toEqual(count(events).stage(stage));
        expect(entered).toBe(out + Object.values(rejected).reduce((sum, n) => sum + n, 0));
      }
    }),
  );
});
