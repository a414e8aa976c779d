// Operations of every form an application may export, and with every end one may have.
import type { BulkOperation, BulkTask } from '../../../../src/batch/bulk-operation.ts'

class Odd extends Error {
  readonly code = 'Odd\u0000Code'
}

const ENDS: Readonly<Record<string, (task: BulkTask) => unknown>> = {
  text: () => 'fine',
  nothing: () => undefined,
  outcome: () => ({ outcome: 'Succeeded', message: 'as an outcome', httpStatus: 201 }),
  permanent: () => ({ outcome: 'PermanentFailure', code: 'Gone', message: 'it is gone', httpStatus: 410 }),
  temporary: () => ({ outcome: 'TemporaryFailure', message: 'not now' }),
  throws: () => {
    throw new Odd('a \u0000 and \ud800 half')
  },
  'throws temporary': ({ attempt }) => {
    if (attempt < 3) throw Object.assign(new Error('away'), { temporary: true })
    return `at attempt ${attempt}`
  },
  'throws no error': () => {
    throw 'a text'
  },
  'is no outcome': () => ({ outcome: 'Maybe' }),
  'is a number': () => 7,
  'is long': () => 'x'.repeat(5000)
}

/** The key says how it ends; the properties cannot be changed for the next one. */
export const ends: BulkOperation = {
  async execute(task) {
    return ENDS[task.key]!(task) as string
  }
}

export class Counting implements BulkOperation {
  #calls = 0

  execute({ fields, properties }: BulkTask): string {
    return `${++this.#calls} ${JSON.stringify(fields)} ${JSON.stringify(properties)}`
  }
}

export const noOperation = { process: () => 'a batchlet' }
