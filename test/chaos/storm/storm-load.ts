// The work of a storm: jobs submitted one after the other whatever happens to the servers, and restarted where the policy leaves
// that to an operator.
import { lasting, type Seeded } from '../../support/chaos.ts'
import type { Fleet } from './storm-fleet.ts'
import type { StormPlace } from './storm-place.ts'

/** By JSL name: how many times the numbers from 1 to `items` are written by one instance. */
const STREAMS = { chunks: 1, steps: 2, partitions: 3, flows: 2 } as const
type JobName = keyof typeof STREAMS

export type Policy = 'fail' | 'resume'

interface Accepted {
  readonly jobName: JobName
  readonly policy: Policy
  readonly parameters: Readonly<Record<string, string>>
  /** Rows it must have in the ledger. */
  readonly rows: number
}

export interface Load {
  readonly accepted: ReadonlyMap<number, Accepted>
  readonly restarts: number
  /** No more submits; resolves when the last one is accepted. */
  enough(): Promise<void>
  /** No more restarts. */
  end(): Promise<void>
}

/** Each job draws one of `policies`. As `resume` never needs a restart, there it is made by the verdict only: as a problem. */
export function startLoad(
  place: StormPlace,
  fleet: Fleet,
  random: Seeded,
  options: { readonly everyMs: number; readonly policies: readonly Policy[] }
): Load {
  const accepted = new Map<number, Accepted>()
  const going = { submits: true, restarts: true }
  let restarts = 0

  const submitting = (async () => {
    for (let n = 1; going.submits; n++) {
      const jobName = random.pick(Object.keys(STREAMS) as JobName[])
      // Mostly short; one in eight is in the middle of its work for seconds.
      const items = random.between(1, 8) === 1 ? random.between(200, 500) : random.between(20, 80)
      const millis = String(random.between(2, 8))
      const policy = random.pick(options.policies)
      const parameters = { items: String(items), millis, recovery: policy }
      const body = { applicationName: 'storm', jobXMLName: jobName, jobParameters: parameters }
      const key = { 'idempotency-key': `submit ${n}` }
      const { status, json } = await fleet.ask('POST', '/ibm/api/batch/jobinstances', body, key)
      if (status !== 200 && status !== 201) throw new Error(`a submit: ${status} ${JSON.stringify(json)}`)
      const { instanceId } = json as { instanceId: number }
      if (accepted.has(instanceId)) throw new Error(`instance ${instanceId} was accepted twice`)
      accepted.set(instanceId, { jobName, policy, parameters, rows: items * STREAMS[jobName] })
      await lasting(random.between(0, 2 * options.everyMs))
    }
  })()
  submitting.catch(() => {})

  const restarting = (async () => {
    while (options.policies.includes('fail') && going.restarts) {
      for (const instanceId of await toRestart(place)) {
        const given = accepted.get(instanceId)
        // Its submit is under way still.
        if (given === undefined || given.policy === 'resume') continue
        const { status } = await fleet.ask(
          'PUT',
          `/ibm/api/batch/jobinstances/${instanceId}?action=restart`,
          {
            jobParameters: given.parameters
          }
        )
        // 409: a restart whose answer was lost had worked.
        if (status === 200) restarts++
        else if (status !== 409) throw new Error(`a restart of ${instanceId}: ${status}`)
      }
      await lasting(300)
    }
  })()
  restarting.catch(() => {})

  return {
    accepted,
    get restarts() {
      return restarts
    },
    async enough() {
      going.submits = false
      await submitting
    },
    async end() {
      going.restarts = false
      await restarting
    }
  }
}

async function toRestart({ db }: StormPlace): Promise<number[]> {
  try {
    const { rows } = (await db.raw(
      `select instance_id from batchyard.job_instance where instance_state in ('FAILED', 'STOPPED') order by 1 limit 20`
    )) as { rows: { instance_id: number }[] }
    return rows.map(({ instance_id: id }) => id)
  } catch {
    // PostgreSQL is being restarted.
    return []
  }
}
