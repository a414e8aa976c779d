// What job code prints (console, process.stdout) belongs into its job log: without this it would be lost or mixed into the server's output.
import { type UnitAtWork, unitToBlame } from './unit-at-work.ts'

/** Liberty's logger names for the two streams. */
const STREAMS = [
  ['stdout', 'SystemOut'],
  ['stderr', 'SystemErr']
] as const

/** Longest text kept back until its line feed comes, in UTF-16 units. */
const LONGEST_REST = 64 * 1024

type Write = (chunk: string | Uint8Array, ...more: unknown[]) => boolean

const flushes: (() => void)[] = []

/** From now on both streams of this thread write lines into the log of the unit whose code prints; the rest goes where it went. */
export function captureOutput(): void {
  for (const [stream, logger] of STREAMS) {
    process[stream].write = capturing(process[stream].write.bind(process[stream]) as Write, logger)
  }
}

/** Writes what the unit printed without a line feed; called before its log is closed. */
export function flushOutput(): void {
  for (const flush of flushes) flush()
}

function capturing(write: Write, logger: string): Write {
  let rest = ''
  let unit: UnitAtWork | null = null
  const flush = () => {
    if (rest !== '') unit?.log.write(logger, rest)
    rest = ''
  }
  flushes.push(flush)
  return (chunk, ...more) => {
    const printing = unitToBlame()
    if (!printing) return write(chunk, ...more)
    unit = printing
    const lines = (rest + textOf(chunk, more[0])).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) unit.log.write(logger, line)
    if (rest.length > LONGEST_REST) flush()
    const callback = more.find(one => typeof one === 'function')
    if (callback) process.nextTick(callback as () => void)
    return true
  }
}

function textOf(chunk: string | Uint8Array, encoding: unknown): string {
  if (typeof chunk !== 'string') return Buffer.from(chunk).toString()
  const coded = typeof encoding === 'string' && Buffer.isEncoding(encoding) && !/^utf-?8$/i.test(encoding)
  return coded ? Buffer.from(chunk, encoding).toString() : chunk
}
