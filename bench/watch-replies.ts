import type { GenerateReply, GenerateRequest, LanguageModel } from '../src/models/language-model.js';

/** A model whose last written reply can be looked at, whether it passes a check or not; `alter` changes requests before they are sent. */
export function watchReplies(
  model: LanguageModel,
  alter: (request: GenerateRequest) => GenerateRequest = (request) => request,
): { readonly watched: LanguageModel; readonly lastText: () => string } {
  let last: GenerateReply | undefined;
  const watched: LanguageModel = {
    id: model.id,
    contextSize: model.contextSize,
    capabilities: model.capabilities,
    countTokens: (input) => model.countTokens(input),
    tellsApart: (replies) => model.tellsApart(replies),
    nextToken: (request, options) => model.nextToken(request, options),
    likelihood: (request, options) => model.likelihood(request, options),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
    async generate(request, options) {
      last = await model.generate(alter(request), options);
      return last;
    },
  };
  return { watched, lastText: () => last?.text ?? '' };
}
