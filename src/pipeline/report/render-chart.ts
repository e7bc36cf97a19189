import type { TopLevelSpec } from 'vega-lite';

/** Colours come from the page's custom properties, so that one picture is readable in light and in dark. */
export const colours = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  accent: 'var(--accent)',
  soft: 'var(--soft)',
  student: 'var(--student)',
} as const;

/** Natural width of every chart in CSS pixels: a phone shows it unscaled, and wider pages set charts side by side. */
export const chartWidth = 360;

const font = 'system-ui, sans-serif';
const text = {
  labelFont: font,
  titleFont: font,
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: 'normal' as const,
};

/** A Vega-Lite specification as an SVG element, drawn here without a browser. */
export async function renderChart(specification: TopLevelSpec): Promise<string> {
  // Loaded on demand: half a second that only a report needs.
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = vegaLite.compile({
    ...specification,
    background: 'transparent',
    config: {
      aria: false,
      view: { stroke: null },
      axis: {
        ...text,
        labelColor: colours.ink,
        titleColor: colours.muted,
        gridColor: colours.line,
        domainColor: colours.line,
        tickColor: colours.line,
      },
      text: { font, fontSize: 12, fill: colours.ink },
    },
  });
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
