// The server's answers to a child process that asks for space for its job log.
import type { LogSpace } from '../joblog/log-space.ts'

export type SpaceAnswers = (request: string) => string

/** For one unit. Job code can write to the pipe too: nothing is given back that was not taken. */
export function spaceAnswers(space: LogSpace | null): SpaceAnswers {
  let taken = 0
  return request => {
    const [, verb, number] = /^(take|give) (-?\d{1,15})$/.exec(request) ?? []
    const bytes = Number(number)
    if (space === null || verb === undefined) return `${verb === 'take' && bytes > 0 ? bytes : 0} `
    if (verb === 'give') {
      const given = Math.min(bytes, taken)
      taken -= Math.max(0, given)
      space.give(given)
      return '0 '
    }
    const granted = bytes > 0 ? space.take(bytes) : 0
    taken += granted
    return `${granted} ${granted < bytes ? space.shortage : ''}`
  }
}
