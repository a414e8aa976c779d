// The processor of step `load`, and who logs what it skips.
import { setTimeout } from 'node:timers/promises'
import type { Injected } from '../../src/batch/artifacts.ts'
import type { CsvRecord } from './csv-reader.ts'

export interface Strike {
  readonly record: number
  /** `yyyy-MM-dd` */
  readonly flightDate: string
  readonly state: string
  readonly airport: string
  readonly operator: string
  readonly aircraft: string
  readonly phase: string
  readonly species: string
  readonly damage: string
  /** US dollars. */
  readonly cost: number
  /** `null` where nobody wrote it down. */
  readonly speedKnots: number | null
}

/** The JSL names it among the skippable exceptions: such a record is left out and the step goes on. */
class InvalidRecord extends Error {
  override readonly name = 'InvalidRecord'
}

const DAMAGES = new Set(['None', 'Minor', 'Medium', 'Substantial'])

/**
 * Converts a record, skips what cannot be converted, filters military flights. Property `slow.millis` = pause for each record, so that there is time
 * to stop or kill something.
 */
export async function strikeProcessor(
  item: CsvRecord,
  { properties, signal }: Injected
): Promise<Strike | null> {
  const slow = Number(properties['slow.millis'] ?? 0)
  if (slow > 0 && !signal.aborted)
    await setTimeout(slow, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  const strike = strikeOf(item)
  return strike.operator === 'MILITARY' ? null : strike
}

function strikeOf({ record, fields }: CsvRecord): Strike {
  const text = (column: string): string => {
    const value = fields[column]?.trim() ?? ''
    if (value === '') throw new InvalidRecord(`record ${record} has no ${column}`)
    return value
  }
  const count = (column: string): number => {
    const value = text(column)
    if (!/^\d{1,9}$/.test(value)) throw new InvalidRecord(`record ${record} has ${column} ${value}`)
    return Number(value)
  }
  const damage = text('Effect Amount of damage')
  if (!DAMAGES.has(damage))
    throw new InvalidRecord(`record ${record} has damage code ${damage}, which says nothing`)
  const flightDate = text('Flight Date')
  const day = new Date(`${flightDate}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(flightDate) || !isSameDay(day, flightDate))
    throw new InvalidRecord(`record ${record} has flight date ${flightDate}`)
  return {
    record,
    flightDate,
    state: text('Origin State'),
    airport: text('Airport Name'),
    operator: text('Aircraft Airline Operator'),
    aircraft: text('Aircraft Make Model'),
    phase: text('Phase of flight'),
    species: text('Wildlife Species'),
    damage,
    cost: count('Cost Total $'),
    speedKnots: fields['Speed IAS in knots'] ? count('Speed IAS in knots') : null
  }
}

/** 31 April would silently be 1 May. */
function isSameDay(day: Date, text: string): boolean {
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

/** An object is a listener by the methods it has; each gets what is injected as its last argument. */
export const skippedStrikes = {
  onSkipProcessItem(_item: CsvRecord, error: Error, { log }: Injected): void {
    log.warn(`Skipped: ${error.message}`)
  }
}
