import { Presets, SingleBar } from 'cli-progress';
import type { OnProgress, Progress } from '../../core/progress.js';

export interface ProgressDisplay {
  readonly onProgress: OnProgress;
  /** Takes the bar away, so that other lines can be written. */
  stop(): void;
}

/** Shows progress on stderr: a bar with the time left where a person watches, else a line a stage and every ten seconds. */
export function progressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? barDisplay(stream) : lineDisplay(stream);
}

function barDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  let bar: SingleBar | undefined;
  let stage: string | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
    stage = undefined;
  };
  return {
    stop,
    onProgress: (progress) => {
      const total = progress.total ?? Math.max(progress.done, 1);
      if (progress.stage !== stage) {
        stop();
        stage = progress.stage;
        bar = new SingleBar(
          {
            stream,
            // Where the end is not known a bar would be full at once.
            format:
              progress.total === undefined
                ? '{stage} {amount}'
                : '{stage} {bar} {percentage}% | {amount} | {eta_formatted} left',
            hideCursor: true,
            clearOnComplete: false,
            etaBuffer: 50,
          },
          Presets.shades_classic,
        );
        bar.start(total, progress.done, { stage: progress.stage.padEnd(12), amount: amount(progress) });
      } else {
        bar?.setTotal(total);
        bar?.update(progress.done, { amount: amount(progress) });
      }
      if (progress.total !== undefined && progress.done >= progress.total) stop();
    },
  };
}

function lineDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  let stage: string | undefined;
  let last = 0;
  return {
    stop: () => {},
    onProgress: (progress) => {
      const now = Date.now();
      const finished = progress.total !== undefined && progress.done >= progress.total;
      if (progress.stage === stage && !finished && now - last < 10_000) return;
      stage = progress.stage;
      last = now;
      stream.write(`${progress.stage}: ${amount(progress)}\n`);
    },
  };
}

function amount({ done, total, unit }: Progress): string {
  if (unit === 'bytes') {
    const mebi = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    return total === undefined ? `${mebi(done)} MiB` : `${mebi(done)}/${mebi(total)} MiB`;
  }
  return total === undefined ? String(done) : `${done}/${total}`;
}
