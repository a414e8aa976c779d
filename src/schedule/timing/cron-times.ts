// Cron patterns of five or six fields: the library reads and steps through them, the days of clock changes are ours.
import { CronExpressionParser } from 'cron-parser'
import type { NextAfter } from './occurrences.ts'
import { everyRealHour, type NextWallTime, oncePerWallTime } from './wall-times.ts'

/**
 * One field, names of months and days in three letters. What the library knows beside these has no one meaning: `H` is a time of
 * its own choosing, `?` is `*`, and of two names without anything between it makes one number.
 */
const FIELD = (() => {
  const value = String.raw`(?:\d{1,2}|[a-z]{3})`
  const range = String.raw`(?:\*|${value}(?:-${value})?)(?:/\d{1,4})?`
  const one = String.raw`(?:${range}|${value}?L|${value}#\d)`
  return new RegExp(`^${one}(?:,${one})*$`, 'i')
})()

const HOURS = 24

/** @throws Error whose message says what is wrong with it */
export function cronTimes(text: string, timeZone: string): NextAfter {
  const pattern = text.trim().replaceAll(/[ \t]+/g, ' ')
  const fields = pattern === '' ? [] : pattern.split(' ')
  if (fields.length !== 5 && fields.length !== 6)
    throw new Error(`has ${fields.length} fields; a cron pattern has five, or six with the seconds first`)
  const wrong = fields.find(field => !FIELD.test(field))
  if (wrong !== undefined)
    throw new Error(
      `may have numbers, names of three letters, and * , - / # L only, not ${JSON.stringify(wrong.slice(0, 40))}`
    )
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
