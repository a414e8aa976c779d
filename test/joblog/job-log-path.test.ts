// Without this logs could land where no client looks, or a client could reach what is no part.
import fc from 'fast-check'
import t from 'tap'
import { executionLogPath, findPart, subJobPath } from '../../src/joblog/job-log-path.ts'

const LISTING = [
  'part.1.log',
  'part.2.log',
  'split.split1/flow.flow1/part.1.log',
  'split.split1/flow.flow1/step.inner/partition.3/part.1.log',
  'step.my%20step/partition.0/part.1.log',
  'step.a%2Fb/partition.0/part.1.log',
  'step.step1/partition.0/part.1.log',
  'step.step1/partition.10/part.1.log'
]

t.test('the day in the path is the day in the zone of the server', async t => {
  const created = new Date('2026-11-24T23:30:00Z')
  const of = (zone: string) =>
    executionLogPath({ jobName: 'test_basic', instanceId: 148, executionId: 161, created, zone })
  t.equal(of('UTC'), 'test_basic/2026-11-24/instance.148/execution.161')
  t.equal(of('Asia/Seoul'), 'test_basic/2026-11-25/instance.148/execution.161')
  t.equal(of('America/New_York'), 'test_basic/2026-11-24/instance.148/execution.161')
})

t.test('an execution path has four components whatever the job is called', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), jobName => {
      const path = executionLogPath({
        jobName,
        instanceId: 1,
        executionId: 2,
        created: new Date(0),
        zone: 'UTC'
      })
      return path.split('/').length === 4 && !path.includes('\\') && !path.split('/').includes('..')
    })
  )
})

t.test('ids that are no ids are refused', async t => {
  const owner = { jobName: 'a', instanceId: 1, executionId: 2, created: new Date(0), zone: 'UTC' }
  for (const id of [-1, 1.5, Number.NaN, 2 ** 60])
    t.throws(() => executionLogPath({ ...owner, instanceId: id }), RangeError)
})

t.test('partitions, flows and partitions in flows have folders of their own', async t => {
  const flow = { split: 'split1', flow: 'flow1' }
  const partition = { step: 'step 1', number: 7 }
  t.equal(subJobPath({}), '')
  t.equal(subJobPath({ partition }), 'step.step%201/partition.7')
  t.equal(subJobPath({ flow }), 'split.split1/flow.flow1')
  t.equal(subJobPath({ flow, partition }), 'split.split1/flow.flow1/step.step%201/partition.7')
})

t.test('a client may name a part our way or the product’s, with slashes or backslashes', async t => {
  const found = (asked: string) => findPart(LISTING, asked)
  for (const part of LISTING) t.equal(found(part), part)
  t.equal(found('step1/0/part.1.log'), 'step.step1/partition.0/part.1.log')
  t.equal(found('step1\\10\\part.1.log'), 'step.step1/partition.10/part.1.log')
  t.equal(found('step.step1\\partition.0\\part.1.log'), 'step.step1/partition.0/part.1.log')
  t.equal(found('split1/flow1/part.1.log'), 'split.split1/flow.flow1/part.1.log')
  t.equal(found('inner/3/part.1.log'), 'split.split1/flow.flow1/step.inner/partition.3/part.1.log')
  t.equal(found('step.my step/partition.0/part.1.log'), 'step.my%20step/partition.0/part.1.log')
  t.equal(found('my step/0/part.1.log'), 'step.my%20step/partition.0/part.1.log')
  t.equal(found('a/b/0/part.1.log'), 'step.a%2Fb/partition.0/part.1.log')
})

t.test('what is not in the listing is not found, however it is written', async t => {
  const asked = [
    '',
    '.',
    'nope.log',
    'part.3.log',
    '../part.1.log',
    './part.1.log',
    '/part.1.log',
    'part.1.log/',
    'part.1.log\0',
    '../../../../../etc/passwd',
    'step1/1/part.1.log',
    'step1/99999999999999999999/part.1.log',
    'x/'.repeat(100_000)
  ]
  for (const path of asked) t.equal(findPart(LISTING, path), null, path.slice(0, 40))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...LISTING)), path => {
      const member = findPart(LISTING, path)
      return member === null || LISTING.includes(member)
    })
  )
})

t.test('a path made to be slow is answered at once', async t => {
  const before = performance.now()
  for (const piece of ['step./partition.1/', 'split./flow./', 'a/1/', '0/'])
    findPart(LISTING, piece.repeat(1024 / piece.length))
  t.ok(performance.now() - before < 500)
})
