// What a scrape found: samples by their line without the value.

/** Throws on what is no line of Prometheus' text format 0.0.4, and on a sample told twice. */
export function scraped(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const said = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    if (said !== null) {
      if (said[1] === 'TYPE') types.set(said[2]!, said[3]!)
      continue
    }
    const sample =
      /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (NaN|[+-]Inf|[+-]?[\d.]+(?:e[+-]?\d+)?)$/.exec(
        line
      )
    if (sample === null) throw new Error(`no sample: ${line}`)
    const [, name = '', labels = '', value = ''] = sample
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
    if (!types.has(family)) throw new Error(`no type before: ${line}`)
    if (samples.has(name + labels)) throw new Error(`told twice: ${line}`)
    samples.set(name + labels, value === 'NaN' ? NaN : Number(value.replace('Inf', 'Infinity')))
  }
  return samples
}
