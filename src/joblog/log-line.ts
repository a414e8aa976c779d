// Without this job code could blow up memory with one message, or break the line layout that tools for Liberty's logs read.
import { inspect } from 'node:util'
import type { SubJob } from './job-log-path.ts'

/** Longest text of one record in UTF-16 units, message and stack trace each; what is above is cut, and the line says so. */
const LONGEST_TEXT = 1024 * 1024
const NAME_WIDTH = 60
const BLANKS = ' '.repeat(3)
const CAUSES_SHOWN = 8

/** `[step partitionN] ` or `[split flow] ` as in Liberty's sub-job logs, '' for the execution's own. */
export function subJobDetail(subJob: SubJob): string {
  const { flow, partition } = subJob
  if (partition) return `[${oneLine(partition.step)} partition${partition.number}] `
  return flow ? `[${oneLine(flow.split)} ${oneLine(flow.flow)}] ` : ''
}

/** The logger's name cut or padded to 60 characters, and the three blanks after it. */
export function nameColumn(loggerName: string): string {
  return oneLine(loggerName.slice(0, NAME_WIDTH)).padEnd(NAME_WIDTH) + BLANKS
}

/** What stands behind the name column, with its line end; a stack trace begins on a line of its own, as Liberty's do. Lone surrogates become U+FFFD when it is encoded as UTF-8. */
export function recordText(message: string, error?: unknown): string {
  const text = printable(message)
  return error === undefined ? `${text}\n` : `${text}\n${printable(stackOf(error))}\n`
}

/** Control characters of a name as blanks: a line break in it would begin a record nobody wrote. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, ' ')
}

function printable(text: string): string {
  const kept = text.length > LONGEST_TEXT ? cut(text) : text
  // ENGINE E16 and every text tool: U+0000 makes a log "binary".
  return kept.includes('\0') ? kept.replaceAll('\0', '\uFFFD') : kept
}

function cut(text: string): string {
  return `${text.slice(0, LONGEST_TEXT)} … (cut here: ${text.length - LONGEST_TEXT} characters more)`
}

/** Stack of whatever job code threw, its causes below it; never throws, and ends for causes that form a circle. */
function stackOf(error: unknown): string {
  const lines: string[] = []
  let current = error
  for (let depth = 0; depth < CAUSES_SHOWN; depth++) {
    lines.push(`${depth === 0 ? '' : 'Caused by: '}${describe(current)}`)
    if (!(current instanceof Error) || current.cause === undefined || current.cause === null) break
    current = current.cause
  }
  return lines.join('\n')
}

function describe(thrown: unknown): string {
  try {
    if (thrown instanceof Error) {
      const text = `${thrown.name}: ${thrown.message}`
      const stack = typeof thrown.stack === 'string' ? thrown.stack : text
      return (stack.includes(thrown.message) ? stack : `${text}\n${stack}`).slice(0, LONGEST_TEXT)
    }
    return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 3, maxStringLength: 10_000 })
  } catch {
    // A getter or custom inspection of job code threw: that must not hide that something was thrown.
    return 'an error that cannot be printed'
  }
}
