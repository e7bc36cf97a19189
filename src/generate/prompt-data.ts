export {
  asExcerpt as promptData,
  type ExcerptOptions as PromptDataOptions,
} from '../prompts/untrusted-text.js';
