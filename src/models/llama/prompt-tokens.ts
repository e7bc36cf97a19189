import type { LlamaModel as NativeModel, Token } from 'node-llama-cpp';
import { RankforgeError } from '../../core/errors.js';
import { alignLabels, type LabelTokens, labelsAlign, spellLabels } from '../label-tokens.js';
import type { Message } from '../language-model.js';
import { type ChatFrame, createChatFrame } from './chat-frame.js';

/** Messages and texts as a model's tokens: special ones only where the chat template's frame names them. */
export class PromptTokens {
  readonly #model: NativeModel;
  readonly #frame: ChatFrame;

  /** @throws RankforgeError `unsupported` where the model has no chat template, or one that cannot be read */
  constructor(model: NativeModel) {
    this.#model = model;
    const template = model.fileInfo.metadata.tokenizer?.chat_template;
    if (!template) {
      throw new RankforgeError('unsupported', 'The model has no chat template', {
        where: model.filename,
        hint: 'Use an instruct model: its GGUF file carries tokenizer.chat_template.',
      });
    }
    const { bosString, eosString } = model.tokens;
    this.#frame = createChatFrame(template, { bos: bosString ?? '', eos: eosString ?? '' });
  }

  /** Text as text: what looks like a special token in it is none. */
  ofText(text: string): number[] {
    return text === '' ? [] : this.#model.tokenize(text, false, 'trimLeadingSpace');
  }

  /** Messages in the chat template, up to where the reply begins. */
  ofMessages(messages: readonly Message[]): number[] {
    const tokens: number[] = [];
    for (const { text, frame } of this.#frame.render(messages)) {
      const found = frame ? this.#model.tokenize(text, true, 'trimLeadingSpace') : this.ofText(text);
      for (const token of found) tokens.push(token);
    }
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  }

  /** Where replies first differ. @throws RankforgeError `ambiguous-labels` */
  align(replies: readonly string[]): LabelTokens {
    return alignLabels(
      replies.map((reply) => this.ofText(reply)),
      this.#textOf,
    );
  }

  /** By label token, all tokens that spell it. */
  spell(labels: readonly number[]): number[][] {
    return spellLabels(labels, this.#textOf, (text) => this.ofText(text));
  }

  tellsApart(replies: readonly string[]): boolean {
    return labelsAlign(
      replies.map((reply) => this.ofText(reply)),
      this.#textOf,
    );
  }

  readonly #textOf = (token: number): string => this.#model.detokenize([token as Token]);
}
