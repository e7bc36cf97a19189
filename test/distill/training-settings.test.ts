import { expect, test } from 'vitest';
import { allStudentKinds } from '../../src/distill/student-kinds.js';
import { checkTraining, trainingOfKinds } from '../../src/distill/students/training-settings.js';

test('of several kinds each takes the settings that it has', () => {
  const all = { loss: 'list-mle', importance: true, curriculum: 'focal', twoHeads: true } as const;
  const of = trainingOfKinds(allStudentKinds, all);
  expect(of('mlp')).toEqual(all);
  expect(of('linear')).toEqual({ loss: 'list-mle', importance: true });
  expect(of('lambdamart')).toEqual({});
});

test('a setting that none of them has is refused, with who has it', () => {
  expect(() => trainingOfKinds(['linear', 'lambdamart'], { curriculum: 'focal' })).toThrow(
    expect.objectContaining({ code: 'unsupported', hint: 'Leave it out, or train mlp.' }),
  );
  for (const kind of allStudentKinds.filter((one) => one !== 'mlp')) {
    expect(() => checkTraining(kind, { twoHeads: true })).toThrow(
      expect.objectContaining({ code: 'unsupported', hint: 'Leave it out, or train mlp.' }),
    );
  }
  expect(() => checkTraining('lambdamart', { loss: 'kl' })).toThrow(
    expect.objectContaining({ code: 'unsupported', where: 'training.loss' }),
  );
  expect(() => checkTraining('lambdamart', { falseNegatives: 'weigh' })).toThrow(
    expect.objectContaining({ code: 'unsupported', where: 'training.falseNegatives' }),
  );
  expect(() => checkTraining('lambdamart', { falseNegatives: 'drop' })).not.toThrow();
  expect(trainingOfKinds(['linear', 'lambdamart'], { falseNegatives: 'weigh' })('lambdamart')).toEqual({});
  // What is not given is not refused.
  expect(() => checkTraining('lambdamart', { loss: undefined })).not.toThrow();
});
