/** The colours of the page around a drawing: JupyterLab's variables, then VS Code's, then our own. */

export interface Theme {
  paper: string;
  ink: string;
  muted: string;
  grid: string;
  axis: string;
  dark: boolean;
  font: string;
  series: string[];
}

/** Okabe and Ito's palette (2008), told apart with every common colour blindness; adapted to the paper. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const DARK = ['#56b4e9', '#e69f00', '#2fbf94', '#e08fbb', '#f0e442', '#8ca7ff'];

/** The theme as `el` has it now. */
export function readTheme(el: Element): Theme {
  const css = getComputedStyle(el);
  const first = (fallback: string, ...names: string[]) =>
    names.map(name => css.getPropertyValue(name).trim()).find(Boolean) ?? fallback;
  const paper = first('#ffffff', '--jp-layout-color1', '--vscode-editor-background');
  const dark = luminance(paper) < 0.4;
  return {
    paper,
    dark,
    ink: first(dark ? '#e8ebee' : '#1d2733', '--jp-content-font-color1', '--vscode-editor-foreground'),
    muted: dark ? '#a9b3bd' : '#545f6b',
    grid: dark ? '#343a41' : '#e6e9ec',
    axis: dark ? '#66707b' : '#aab3bc',
    font: first('system-ui, sans-serif', '--jp-ui-font-family', '--vscode-font-family'),
    series: dark ? DARK : LIGHT
  };
}

/** Calls `listener` whenever the page changes its theme. */
export function onThemeChange(listener: () => void, signal: AbortSignal): void {
  const soon = () => {
    listener();
    setTimeout(() => signal.aborted || listener(), 300); // the attribute may change before the style sheet has loaded
  };
  const observer = new MutationObserver(soon);
  observer.observe(document.body, {
    attributeFilter: ['class', 'data-jp-theme-light', 'data-jp-theme-name', 'data-vscode-theme-kind']
  });
  signal.addEventListener('abort', () => observer.disconnect());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', soon, { signal });
}

/** How bright a CSS colour is, from 0 to 1. */
function luminance(colour: string): number {
  const brush = document.createElement('canvas').getContext('2d');
  if (!brush) return 1;
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
