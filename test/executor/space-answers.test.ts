// What a child process is answered that asks for space for its log, also when its job code writes to the pipe.
import t from 'tap'
import { spaceAnswers } from '../../src/executor/space-answers.ts'
import type { LogSpace } from '../../src/joblog/log-space.ts'

t.test('space is granted while there is some, with the reason where there is not', async t => {
  let left = 100
  const space: LogSpace = {
    share: 10,
    shortage: 'it is full',
    take(bytes) {
      const taken = Math.max(0, Math.min(bytes, left))
      left -= taken
      return taken
    },
    give: bytes => void (left += bytes)
  }
  const answers = spaceAnswers(space)
  t.equal(answers('take 60'), '60 ')
  t.equal(answers('take 60'), '40 it is full')
  t.equal(answers('give -5'), '0 ')
  t.equal(left, -5)
  t.equal(answers('give 1000'), '0 ')
  t.equal(left, 95, 'nothing is given back that was not taken')
  for (const nonsense of [
    '',
    'take',
    'take x',
    'take 1e9',
    'take -5',
    'give',
    `take ${'9'.repeat(30)}`,
    'more 5'
  ])
    t.equal(answers(nonsense).split(' ')[0], '0', nonsense)
  t.equal(left, 95)
})

t.test('without a limit everything is granted', async t => {
  const answers = spaceAnswers(null)
  t.equal(answers('take 60'), '60 ')
  t.equal(answers('give 60'), '0 ')
})
