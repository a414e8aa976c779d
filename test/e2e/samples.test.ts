// Every job of jsl-samples runs to the end that jsl-samples/README.md promises.
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { serverPlace, startServer } from '../support/server-process.ts'

const SAMPLES = path.resolve(import.meta.dirname, '../../jsl-samples')

const server = await startServer(t, await serverPlace(t))
const client = batchClient(server)

interface Run {
  readonly parameters?: Record<string, string>
  readonly batchStatus: string
  readonly exitStatus?: string
  /** Names of the steps that ran, as they started. */
  readonly steps?: readonly string[]
  /** Exit status of the last step. */
  readonly stepExitStatus?: string
}

const completed: Run = { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' }

/** The runs of one instance: the first, then its restarts. */
const RUNS: Record<string, readonly (readonly Run[])[]> = {
  'SimpleBatchJob/test_batchlet_jsl': [[{ ...completed, steps: ['step1'] }]],
  'SimpleBatchJob/test_sleepyBatchlet': [[{ ...completed, parameters: { 'sleep.time.seconds': '1' } }]],
  'SimpleBatchJob/test_noop': [[completed]],
  'SimpleBatchJob/test_failingBatchlet': [
    [
      { batchStatus: 'FAILED', exitStatus: 'FAILED' },
      { ...completed, parameters: { 'force.failure': 'false' } }
    ]
  ],
  'SimpleBatchJob/test_twoSteps': [
    [{ ...completed, steps: ['step1', 'step2'] }],
    [
      { parameters: { 'force.failure': 'true' }, batchStatus: 'FAILED', steps: ['step1', 'step2'] },
      { ...completed, steps: ['step2'] }
    ]
  ],
  'SimpleBatchJob/test_chunk': [
    [completed],
    [{ parameters: { 'fail.at': '25' }, batchStatus: 'FAILED' }, completed]
  ],
  'SimpleBatchJob/test_multiPartition': [[completed]],
  'SimpleBatchJob/test_multiPartition_3Steps': [[{ ...completed, steps: ['step1', 'step2', 'step3'] }]],
  'SimpleBatchJob/test_split': [[completed]],
  'SimpleBatchJob/test_decision': [
    // What a decider answers is the job's exit status until something else sets it (JSR-352 §10.5).
    [{ batchStatus: 'COMPLETED', exitStatus: 'NEXT', steps: ['step1', 'step2'] }],
    [
      {
        parameters: { decision: 'END' },
        batchStatus: 'COMPLETED',
        exitStatus: 'decided to end',
        steps: ['step1']
      }
    ],
    [
      {
        parameters: { decision: 'FAIL' },
        batchStatus: 'FAILED',
        exitStatus: 'decided to fail',
        steps: ['step1']
      }
    ],
    [
      {
        parameters: { decision: 'STOP' },
        batchStatus: 'STOPPED',
        exitStatus: 'decided to stop',
        steps: ['step1']
      },
      { ...completed, steps: ['step2'] }
    ]
  ],
  'JslFeatures/split_flow_decision': [
    [{ batchStatus: 'COMPLETED', exitStatus: 'GOOD' }],
    [{ parameters: { right: 'BAD' }, batchStatus: 'COMPLETED', exitStatus: 'BAD' }]
  ],
  'JslFeatures/partition_cycle': [
    [{ ...completed, stepExitStatus: 'SUM 500500' }],
    [
      { parameters: { 'fail.from': '501' }, batchStatus: 'FAILED', stepExitStatus: 'NO SUM' },
      // The partitions that had ended well are not run again.
      { ...completed, stepExitStatus: 'SUM 500500' }
    ]
  ],
  'JslFeatures/skip_and_retry': [
    [{ ...completed, stepExitStatus: '3 skipped, 2 retried, 27 written' }],
    [{ parameters: { 'skip.limit': '2' }, batchStatus: 'FAILED', exitStatus: 'FAILED' }, completed]
  ],
  'JslFeatures/listeners': [
    [{ batchStatus: 'COMPLETED', exitStatus: 'job listener 2', stepExitStatus: 'step listener 19' }]
  ],
  'JslFeatures/stop_restart': [
    [
      { batchStatus: 'STOPPED', exitStatus: 'WAITS FOR APPROVAL', steps: ['prepare', 'check'] },
      { ...completed, steps: ['publish'] }
    ],
    [{ ...completed, parameters: { approved: 'yes' }, steps: ['prepare', 'check', 'publish'] }]
  ],
  'JslFeatures/checkpoint_algorithm': [
    [{ ...completed, stepExitStatus: '50 in 11 chunks' }],
    [{ ...completed, parameters: { weight: '1275' }, stepExitStatus: '50 in 2 chunks' }]
  ],
  'JslFeatures/generator_reader': [
    [{ ...completed, stepExitStatus: '10 in 3 chunks' }],
    [
      { parameters: { 'fail.at': '7' }, batchStatus: 'FAILED', stepExitStatus: '4 in 1 chunks' },
      { ...completed, stepExitStatus: '6 in 2 chunks' }
    ]
  ],
  'Admissions/demo_reset': [[{ ...completed, steps: ['empty', 'fill'] }], [completed]],
  'Admissions/account_cleaning': [[{ ...completed, steps: ['prepare', 'clean'] }]],
  'Orders/orders': [[{ ...completed, steps: ['prepare', 'load', 'export'] }], [completed]],
  'BirdStrikes/birdstrikes': [
    [{ batchStatus: 'COMPLETED', exitStatus: 'ENOUGH', steps: ['prepare', 'load', 'summarise', 'report'] }],
    [
      { parameters: { 'minimum.strikes': '100000' }, batchStatus: 'FAILED', exitStatus: 'TOO FEW STRIKES' },
      { batchStatus: 'COMPLETED', exitStatus: 'ENOUGH', steps: ['report'] }
    ]
  ]
}

t.test('there is an expectation for every sample', async t => {
  const found: string[] = []
  for (const application of await readdir(SAMPLES, { withFileTypes: true }))
    if (application.isDirectory())
      for (const file of await readdir(path.join(SAMPLES, application.name, 'batch-jobs')))
        found.push(`${application.name}/${path.basename(file, '.xml')}`)
  t.same(found.toSorted(), Object.keys(RUNS).toSorted())
})

for (const [sample, instances] of Object.entries(RUNS))
  t.test(`${sample} runs to its documented end`, async t => {
    const [application, jobXMLName] = sample.split('/') as [string, string]
    for (const [first, ...restarts] of instances) {
      const instanceId = await client.submit(application, jobXMLName, first!.parameters)
      await hasEnded(t, instanceId, first!)
      for (const run of restarts) {
        const body = { jobParameters: run.parameters ?? {} }
        const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, body)
        t.equal(answer.status, 200, answer.text)
        await hasEnded(t, instanceId, run)
      }
    }
  })

async function hasEnded(t: Test, instanceId: number, run: Run): Promise<void> {
  const execution = await client.ended(instanceId)
  t.equal(execution.batchStatus, run.batchStatus)
  if (run.exitStatus !== undefined) t.equal(execution.exitStatus, run.exitStatus)
  const names = (execution.stepExecutions as { stepName: string }[]).map(step => step.stepName)
  if (run.steps !== undefined) t.same(names, run.steps)
  if (run.stepExitStatus === undefined) return
  const steps = execution.stepExecutions as { exitStatus: string }[]
  t.equal(steps.at(-1)?.exitStatus, run.stepExitStatus)
}
