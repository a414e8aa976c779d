// Loops that come at an interval, and sooner where a round asks for it.
import t from 'tap'
import { createTicker } from '../../src/service/ticker.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000

t.test(
  'a round that says when the next one is wanted has it then; one that fails has it at the interval',
  async t => {
    let rounds = 0
    const errors: unknown[] = []
    const ticker = createTicker({
      everyMs: HOUR_MS,
      async round() {
        rounds++
        if (rounds === 4) throw new Error('it failed')
        return rounds === 1 ? -1 : 2
      },
      onError: error => errors.push(error)
    })
    await ticker.tick()
    t.equal(rounds, 1)
    ticker.start()
    t.teardown(() => ticker.stop())
    await until('the fourth round was', async () => (errors.length === 1 ? true : null))
    t.equal(rounds, 4)
    t.match(errors, [{ message: 'it failed' }])
  }
)

t.test('an interval that is sooner stays', async t => {
  let rounds = 0
  const ticker = createTicker({
    everyMs: 1,
    async round() {
      rounds++
      return HOUR_MS
    },
    onError: error => t.error(error)
  })
  ticker.start()
  t.teardown(() => ticker.stop())
  await until('there were three rounds', async () => (rounds >= 3 ? true : null))
})

t.test(
  'of rounds that fail for one reason the first is told, another reason at once, and the same after a success',
  async t => {
    const outcomes = ['away', 'away', 'refused', 'refused', null, 'refused']
    const errors: unknown[] = []
    const ticker = createTicker({
      everyMs: HOUR_MS,
      async round() {
        const outcome = outcomes.shift()
        if (typeof outcome === 'string') throw new Error(outcome)
      },
      onError: error => errors.push((error as Error).message)
    })
    while (outcomes.length > 0) await ticker.tick()
    t.same(errors, ['away', 'refused', 'refused'])
  }
)

t.test('a reason that lasts is told again when its time is over', async t => {
  let told = 0
  const ticker = createTicker({
    everyMs: HOUR_MS,
    async round() {
      throw new Error('away')
    },
    onError: () => told++,
    toldAgainMs: 0
  })
  await ticker.tick()
  await ticker.tick()
  t.equal(told, 2)
})
