// Why something waits: codes for programs, a sentence for people, and whom or what it waits for.

export const WAIT_CODES = [
  'NO_FREE_THREAD',
  'APPLICATION_ABSENT',
  'CAP_REACHED',
  'HIGHER_PRIORITY',
  'DELIVERY_DELAY',
  'PAUSED',
  'MAINTENANCE',
  'CONFIRMATION',
  'OVERLAP',
  'NEXT_TIME',
  'INACTIVE',
  'NEVER_FIRES',
  'STOPPING',
  'LEASE_EXPIRED',
  'NOT_WAITING'
] as const

export type WaitCode = (typeof WAIT_CODES)[number]

export interface WaitingFor {
  readonly code: WaitCode
  readonly text: string
  /** `null` = not known, or not waiting. */
  readonly since: Date | null
  /** When it will be over, where that is known. */
  readonly until: Date | null
  /** What the sentence names, for programs. */
  readonly about: Readonly<Record<string, string | number | null>>
}

export interface Explanation {
  /** In the words of what is explained: an instanceState, Active or InActive, the status of a bulk job. */
  readonly state: string
  /** Never empty: what waits for nothing is NOT_WAITING. */
  readonly waitingFor: readonly WaitingFor[]
  /** In the queue it stands in, from 1; `null` = in none. */
  readonly place: number | null
}

/** One reason; what is not known is left out. */
export function waitingFor(
  code: WaitCode,
  text: string,
  more: Partial<Pick<WaitingFor, 'since' | 'until' | 'about'>> = {}
): WaitingFor {
  return { code, text, since: null, until: null, about: {}, ...more }
}

/** `5`, `5 and 7`, `5, 7 and 2 more`. */
export function someOf(names: readonly (string | number)[], all: number): string {
  if (all > names.length) return `${names.join(', ')} and ${all - names.length} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
