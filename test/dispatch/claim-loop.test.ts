// When a server asks for units: never for nothing as a thread comes free, and always when it may have left some.
import t from 'tap'
import { ClaimLoop, type ClaimVerdict } from '../../src/dispatch/claim-loop.ts'

const ALL: ClaimVerdict = { more: false, leftOut: false }

function loopOf(verdicts: (ClaimVerdict | null | Error)[]) {
  const errors: unknown[] = []
  let claims = 0
  let during = () => {}
  const loop = new ClaimLoop(
    async () => {
      claims++
      during()
      const verdict = verdicts.length === 0 ? ALL : verdicts.shift()!
      if (verdict instanceof Error) throw verdict
      return verdict
    },
    error => errors.push(error)
  )
  const settled = async () => {
    while (loop.claiming !== null) await loop.claiming
    return claims
  }
  return { loop, errors, settled, during: (work: () => void) => (during = work) }
}

t.test('E3 a free thread asks for nothing when the last claim brought all there was', async t => {
  const { loop, settled } = loopOf([])
  loop.freed()
  t.equal(await settled(), 0)
  loop.news()
  t.equal(await settled(), 1)
  loop.freed()
  t.equal(await settled(), 1)
})

t.test('E3 a claim without room is made when a thread comes free', async t => {
  const { loop, settled } = loopOf([null])
  loop.news()
  t.equal(await settled(), 1)
  loop.freed()
  t.equal(await settled(), 2)
  loop.freed()
  t.equal(await settled(), 2)
})

t.test('E3 a full claim is followed by another, and so is one during which there was news', async t => {
  const { loop, settled, during } = loopOf([{ more: true, leftOut: false }])
  loop.news()
  t.equal(await settled(), 2)
  during(() => {
    during(() => {})
    loop.news()
  })
  loop.news()
  t.equal(await settled(), 4)
})

t.test('E10 E13 what a cap left out is asked for when a unit has ended, also during the claim', async t => {
  const leftOut = { more: false, leftOut: true }
  const { loop, settled, during } = loopOf([leftOut, leftOut, ALL])
  loop.news()
  t.equal(await settled(), 1)
  during(() => {
    during(() => {})
    loop.freed()
  })
  loop.freed()
  t.equal(await settled(), 3)
  loop.freed()
  t.equal(await settled(), 3)
})

t.test('a claim that failed is made again at the next occasion', async t => {
  const { loop, settled, errors } = loopOf([new Error('away')])
  loop.news()
  t.equal(await settled(), 1)
  t.match(errors, [{ message: 'away' }])
  loop.freed()
  t.equal(await settled(), 2)
})
