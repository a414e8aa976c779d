// What people see while they wait: no name of a job may disturb it.
import t from 'tap'
import { cutTo, LiveArea } from '../../src/cli/live-area.ts'
import { progressLines, stepText } from '../../src/cli/progress-lines.ts'

const execution = { executionId: 1, batchStatus: 'STARTED', jobName: 'nightly' }

t.test('a step shows what it read, filtered, skipped and wrote, and leaves out what is 0', async t => {
  const metrics = {
    READ_COUNT: '1000',
    WRITE_COUNT: '990',
    COMMIT_COUNT: '100',
    ROLLBACK_COUNT: '0',
    READ_SKIP_COUNT: '1',
    PROCESS_SKIP_COUNT: '2',
    FILTER_COUNT: '5',
    WRITE_SKIP_COUNT: '3'
  }
  t.equal(
    stepText({ stepName: 'load', batchStatus: 'STARTED', metrics, partitions: [] }),
    'load STARTED, read 1000, filtered 5, skipped 6, written 990, commits 100'
  )
  t.equal(stepText({ stepName: 's', batchStatus: 'STOPPED' }), 's STOPPED')
})

t.test('a partitioned step shows how many partitions are through', async t => {
  const partitions = [{ batchStatus: 'COMPLETED' }, { batchStatus: 'STARTED' }, null]
  t.equal(stepText({ stepName: 's', batchStatus: 'STARTED', partitions }), 's STARTED, partitions 1 of 3')
})

t.test('the time is minutes and seconds, then hours', async t => {
  const first = (seconds: number) => progressLines({ execution, steps: [], seconds })[0]
  t.equal(first(7.9), 'nightly STARTED  0:07')
  t.equal(first(3723), 'nightly STARTED  1:02:03')
})

t.test('control characters and line ends in names are not sent to the terminal', async t => {
  const lines = progressLines({
    execution: { ...execution, jobName: 'a\u001b[2Jb' },
    steps: [{ stepName: 'c\u009bd\r\ne', batchStatus: 'FAILED' }],
    seconds: 0
  })
  t.same(lines, ['a\ufffd[2Jb STARTED  0:00', '  ✘ c\ufffdd\ufffd e FAILED'])
})

t.test('lines are cut to the columns of the terminal, of which wide letters take two', async t => {
  t.equal(cutTo('abcdef', 3), 'abc')
  t.equal(cutTo('배치작업', 5), '배치')
})

t.test('the area is drawn over itself, text goes above it, and at the end it is gone', async t => {
  let screen = ''
  const area = new LiveArea({ columns: 8, rows: 3, write: text => void (screen += text) })
  area.show(['one', 'two is too long', 'three'])
  area.above('message\n')
  area.show(['one'])
  area.clear()
  area.clear()
  t.equal(
    screen,
    'one\ntwo is \n\u001b[2A\u001b[Jmessage\none\ntwo is \n\u001b[2A\u001b[Jone\n\u001b[1A\u001b[J'
  )
})
