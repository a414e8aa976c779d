// What a schedule is created, edited and previewed with.
import { Type, type Static } from 'typebox'
import type { Deadlines } from '../../batch/deadlines.ts'
import type { When } from '../../batch/job-schedule.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { GivenTime, timesOf } from './given-time.ts'
import { DeadlinesBody, deadlinesIn, Name, orNull, Parameters, Text, Version } from './names.ts'
import { MissedWord, OverlapWord, WhenBody } from './view/schedule.ts'

const TIMING = {
  when: WhenBody,
  timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'IANA name.' })),
  start: orNull(GivenTime),
  end: orNull(GivenTime)
}

const SETTINGS = {
  code: orNull(Type.String({ maxLength: 128 })),
  label: orNull(Type.String({ maxLength: 256 })),
  description: orNull(Text),
  version: orNull(Version),
  parameters: Type.Optional(Parameters),
  overlap: Type.Optional(OverlapWord),
  missed: Type.Optional(MissedWord),
  missedLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  deadlines: orNull(DeadlinesBody),
  ...TIMING
}

export const CreationBody = closedObject({ name: Name, definition: Name, ...SETTINGS })

/** Without what is left out, which gets its default; name and definition cannot be changed. */
export const EditBody = closedObject({
  name: Type.Optional(Type.String()),
  definition: Type.Optional(Type.String()),
  ...SETTINGS
})

const Count = Type.Integer({ minimum: 1, maximum: 1000, default: 10 })

export const TimesQuery = closedObject({ count: Type.Optional(Count), from: Type.Optional(GivenTime) })

export const PreviewBody = closedObject({ ...TIMING, count: Type.Optional(Count), from: orNull(GivenTime) })

export const DEFAULT_COUNT = 10

type Given = Static<typeof EditBody> | Static<typeof PreviewBody>

/** Times and deadlines read. */
export function settingsOf<Body extends Given>(
  body: Body
): Omit<Body, 'when' | 'start' | 'end' | 'deadlines'> & {
  when: When
  start: Date | null
  end: Date | null
  deadlines: Deadlines | null
} {
  const { start, end } = timesOf({ start: body.start, end: body.end }, ['start', 'end'])
  const deadlines = 'deadlines' in body ? deadlinesIn(body.deadlines ?? null) : null
  return { ...body, when: body.when, start, end, deadlines }
}
