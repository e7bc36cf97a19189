import type { Tree } from '../trees/tree.js';
import type { MlpParameters, Parameters } from './scorer.js';

/** Why parameters from a file cannot score rows of `width` features, or undefined. */
export function parameterFault(parameters: Parameters, width: number): string | undefined {
  const weights = parameters.kind === 'linear' ? parameters.weights : parameters.prior;
  if (weights.length !== width) return `it has ${weights.length} weights and the card ${width} features`;
  if (parameters.kind === 'lambdamart') {
    const broken = parameters.trees.findIndex((tree) => !isTree(tree, width));
    return broken < 0 ? undefined : `its tree ${broken + 1} is no tree`;
  }
  if (parameters.kind === 'mlp' && !areLayers(parameters, width)) return 'its layers do not fit together';
  return undefined;
}

/** Children come after their parents: a link that led back would be walked for ever. */
function isTree({ feature, threshold, left, right, leaf }: Tree, width: number): boolean {
  const nodes = feature.length;
  const leads = (from: number, to: number | undefined): boolean =>
    to !== undefined && (to < 0 ? -to <= leaf.length : to > from && to < nodes);
  return (
    threshold.length === nodes &&
    leaf.length > 0 &&
    feature.every(
      (column, node) => column >= 0 && column < width && leads(node, left[node]) && leads(node, right[node]),
    )
  );
}

function areLayers({ mean, scale, layers }: MlpParameters, width: number): boolean {
  let inputs = width;
  for (const layer of layers) {
    if (layer.inputs !== inputs || layer.bias.length !== layer.outputs) return false;
    if (layer.weights.length !== inputs * layer.outputs) return false;
    inputs = layer.outputs;
  }
  return (
    mean.length === width && scale.length === width && layers.length > 0 && (inputs === 1 || inputs === 2)
  );
}
