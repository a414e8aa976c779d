// A chart as SVG: panels one above the other over the same steps, each with its own axis; the same figures give the same bytes.

export interface Series {
  readonly name: string
  /** One for each step. */
  readonly values: readonly number[]
}

export interface Panel {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
}

export interface LineChart {
  readonly title: string
  /** Below the title: machine and versions. */
  readonly notes: readonly string[]
  /** What the steps are, e.g. `job instances in the history`. */
  readonly steps: string
  /** Evenly spaced: steps that double or grow tenfold make it a logarithmic axis. */
  readonly labels: readonly string[]
  readonly panels: readonly Panel[]
}

const WIDTH = 760
const LEFT = 70
const RIGHT = 170
const PANEL = 200
const GAP = 60
const COLOURS = ['#0f62fe', '#da1e28', '#198038', '#8a3ffc', '#b28600']

export function lineChart({ title, notes, steps, labels, panels }: LineChart): string {
  const top = 62 + notes.length * 16
  const height = top + panels.length * (PANEL + GAP) + 10
  const drawn = panels.map((panel, at) => panelSvg(panel, labels, top + at * (PANEL + GAP)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${text(LEFT, 24, title, 'start', 'font-size="16" font-weight="600"')}
${notes.map((note, at) => text(LEFT, 44 + at * 16, note, 'start', 'fill="#6f6f6f" font-size="11"')).join('\n')}
${drawn.join('\n')}
${text(LEFT + (WIDTH - LEFT - RIGHT) / 2, height - 8, steps, 'middle')}
</svg>
`
}

function panelSvg({ title, unit, series }: Panel, labels: readonly string[], top: number): string {
  const most = niceAbove(Math.max(...series.flatMap(({ values }) => values)))
  const y = (value: number) => top + PANEL * (1 - value / most)
  const x = (step: number) => LEFT + ((step + 0.5) / labels.length) * (WIDTH - LEFT - RIGHT)
  const grid = [0, 0.25, 0.5, 0.75, 1].map(share => {
    const at = y(share * most)
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#e0e0e0"/>\n${text(LEFT - 8, at + 4, axisFigure(share * most), 'end')}`
  })
  const lines = series.map(({ name, values }, at) => {
    const colour = COLOURS[at % COLOURS.length]!
    const points = values.map((value, step) => `${round(x(step))},${round(y(value))}`)
    const dots = values.map(
      (value, step) =>
        `<circle cx="${round(x(step))}" cy="${round(y(value))}" r="3" fill="${colour}"><title>${escaped(`${name}: ${axisFigure(value)} ${unit}`)}</title></circle>`
    )
    const legend = top + 10 + at * 18
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>
${dots.join('\n')}
<line x1="${WIDTH - RIGHT + 14}" x2="${WIDTH - RIGHT + 34}" y1="${legend}" y2="${legend}" stroke="${colour}" stroke-width="2"/>
${text(WIDTH - RIGHT + 40, legend + 4, name, 'start')}`
  })
  return [
    text(LEFT, top - 10, `${title} (${unit})`, 'start', 'font-weight="600"'),
    ...grid,
    ...labels.map((label, step) => text(x(step), top + PANEL + 18, label, 'middle')),
    ...lines
  ].join('\n')
}

function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more === '' ? '' : ` ${more}`}>${escaped(content)}</text>`
}

/** 1, 2, 4, 6, 8 or 10 times a power of ten. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 4, 6, 8, 10].map(factor => factor * power).find(nice => nice >= value)!
}

function axisFigure(value: number): string {
  return value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(1)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
