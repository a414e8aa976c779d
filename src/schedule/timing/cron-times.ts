// Cron patterns of five or six fields: the library reads and steps through them, the days of clock changes are ours.
import { CronExpressionParser } from 'cron-parser'
import type { NextAfter } from './occurrences.ts'
import { everyRealHour, type NextWallTime, oncePerWallTime } from './wall-times.ts'

/** What the library knows beside these has no one meaning: `H` is a time of its own choosing, `?` is `*`. */
const PATTERN = /^[\dA-GI-Za-gi-z*,/#-]+( [\dA-GI-Za-gi-z*,/#-]+){4,5}$/

const HOURS = 24

/** @throws Error whose message says what is wrong with it */
export function cronTimes(text: string, timeZone: string): NextAfter {
  const pattern = text.trim().replaceAll(/[ \t]+/g, ' ')
  const fields = pattern === '' ? 0 : pattern.split(' ').length
  if (fields !== 5 && fields !== 6)
    throw new Error(`has ${fields} fields; a cron pattern has five, or six with the seconds first`)
  if (!PATTERN.test(pattern)) throw new Error('may have numbers, names, and * , - / # L only')
  const expression = CronExpressionParser.parse(pattern, { tz: 'UTC' })
  const nextWall: NextWallTime = wall => {
    expression.reset(new Date(wall))
    try {
      return expression.next().getTime()
    } catch (error) {
      if (/loop limit|out of the time span/i.test((error as Error).message)) return null
      throw error
    }
  }
  const everyHour = expression.fields.hour.values.length === HOURS
  return everyHour ? everyRealHour(nextWall, timeZone) : oncePerWallTime(nextWall, timeZone)
}
