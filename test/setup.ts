import fc from 'fast-check';

// A run that anyone can repeat: the same commit passes or fails the same way on every machine. Other examples are
// tried with FAST_CHECK_SEED=$RANDOM npm test.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_121) });
