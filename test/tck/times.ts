// Dates as the batch API writes them.

/** `2015/05/07 16:09:41.025 -0400` as milliseconds; `null` for `''`. */
export function timeOf(text: string): number | null {
  if (text === '') return null
  const [day, clock, zone] = text.split(' ')
  const time = Date.parse(`${day!.replaceAll('/', '-')}T${clock}${zone!.slice(0, 3)}:${zone!.slice(3)}`)
  if (Number.isNaN(time)) throw new Error(`${text} is no date`)
  return time
}
