// What a schedule is created, edited and previewed with.
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Deadlines } from '../../batch/deadlines.ts'
import type { FieldProblem } from '../../batch/field-problem.ts'
import type { When } from '../../batch/job-schedule.ts'
import type { SomeSettings } from '../../schedule/schedule-settings.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { GivenTime, timesOf } from './given-time.ts'
import { DeadlinesBody, deadlinesIn, Name, orNull, Parameters, Text, Version } from './names.ts'
import { readOr, rightFields, throwAll } from './right-fields.ts'
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

interface Read {
  readonly when: When
  readonly start: Date | null
  readonly end: Date | null
  readonly from: Date | null
  readonly deadlines: Deadlines | null
}

type Settings<Body> = Omit<Body, keyof Read> & Read

const TIMES = ['start', 'end', 'from'] as const

/** Times and deadlines read. Refuses with all that is wrong; `judge` knows what a schema cannot. */
export async function settingsOf<Body extends Given>(
  request: Pick<FastifyRequest, 'body' | 'validationError'>,
  judge: (some: SomeSettings) => Promise<readonly FieldProblem[]>
): Promise<Settings<Body>> {
  const { fields, problems, wrong } = rightFields<Given & Static<typeof PreviewBody>>(request)
  const none = { start: null, end: null, from: null }
  const times = readOr(problems, () => timesOf(fields, TIMES), none)
  const deadlines = 'deadlines' in fields ? (fields.deadlines as Static<typeof DeadlinesBody>) : null
  const settings = { ...fields, ...times, deadlines: readOr(problems, () => deadlinesIn(deadlines), null) }
  await throwAll(problems, async () => {
    const judged = settings as SomeSettings
    return await judge(wrong.has('parameters') ? { ...judged, parameters: null } : judged)
  })
  return settings as unknown as Settings<Body>
}
