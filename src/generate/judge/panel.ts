import { RankforgeError } from '../../core/errors.js';
import { repeatedName } from '../../core/names.js';
import type { Judge, Verdict } from './judge.js';
import type { ListJudge } from './list-judge.js';
import { settleAll } from './settle-all.js';
import { type AggregateOptions, aggregateVotes, type Vote } from './votes.js';

export interface PanelMember<J = Judge> {
  /** Told beside each vote. */
  readonly name: string;
  readonly judge: J;
  /** How much its vote counts, from 0. @default 1 */
  readonly weight?: number;
}

export type PanelOptions = Omit<AggregateOptions, 'weights'>;

/**
 * Several judges as one: other models, other prompts, or both. All of them are asked; each vote is kept in the verdict
 * beside the grade that they came to and how far apart they were.
 * @throws RankforgeError `usage` for no member, two of one name, or weights that are all 0
 */
export function createPanel(members: readonly PanelMember[], options: PanelOptions = {}): Judge {
  checkMembers(members);
  return async (query, passage, callOptions) =>
    together(
      members,
      await settleAll(members.map(({ judge }) => judge(query, passage, callOptions))),
      options,
    );
}

/** The same of judges that see several passages at once. @throws RankforgeError as `createPanel` */
export function createListPanel(
  members: readonly PanelMember<ListJudge>[],
  options: PanelOptions = {},
): ListJudge {
  checkMembers(members);
  return async (query, passages, callOptions) => {
    const said = await settleAll(members.map(({ judge }) => judge(query, passages, callOptions)));
    return passages.map((_, index) =>
      together(
        members,
        said.map((verdicts) => verdicts[index]!),
        options,
      ),
    );
  };
}

function together(
  members: readonly PanelMember<unknown>[],
  verdicts: readonly Verdict[],
  options: PanelOptions,
): Verdict {
  const votes = verdicts.map(
    ({ grade, score, reason, explanation }, index): Vote => ({
      judge: members[index]!.name,
      grade,
      score,
      reason,
      explanation,
    }),
  );
  const weights = members.map(({ weight = 1 }) => weight);
  return {
    ...aggregateVotes(votes, { ...options, weights }),
    votes,
    ledgerKeys: verdicts.flatMap(({ ledgerKeys }) => ledgerKeys),
  };
}

function checkMembers(members: readonly PanelMember<unknown>[]): void {
  const wrong = (what: string, hint: string) => new RankforgeError('usage', what, { where: 'panel', hint });
  if (members.length === 0) throw wrong('The panel has no member', 'Name at least one judge.');
  const names = members.map(({ name }) => name);
  const twice = repeatedName(names);
  if (twice !== undefined)
    throw wrong(`Two members of the panel are called "${twice}"`, 'Give each model and prompt once.');
  const weights = members.map(({ weight = 1 }) => weight);
  if (weights.some((weight) => !(weight >= 0 && Number.isFinite(weight))) || weights.every((w) => w === 0))
    throw wrong(`The weights ${weights.join(', ')} let nobody vote`, 'Give weights from 0, one above it.');
}
