// An application whose jobs fail where a job parameter says so, and a restart of them tried out, then done, and compared.
import type { Test } from 'tap'
import { rows } from '../../../src/store/database.ts'
import type { TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'

/** Numbers up to `items`; `fail.at` = where it throws. Its checkpoint is an object, so that it can be seen as text. */
export const ARTIFACTS = `
export class Numbers {
  constructor ({ properties, jobParameters, log }) { Object.assign(this, { properties, jobParameters, log, at: 0 }) }
  open (checkpoint) { this.at = checkpoint?.at ?? 0; this.log.info('begins after ' + this.at) }
  readItem () {
    if (this.at === Number(this.properties.items)) return null
    if (this.at + 1 === Number(this.properties['fail.at'])) throw new Error('fails at ' + (this.at + 1))
    return ++this.at
  }
  checkpointInfo () { return { at: this.at, said: this.jobParameters.password } }
}
export const sink = () => {}
export function gate ({ properties }) {
  if (properties.fails === 'true') throw new Error('it is to fail')
  return properties.exit
}
export const chooser = (steps, { properties }) => properties.to
export const mapper = () => ({ partitions: 2, partitionProperties: [{ n: '0' }, { n: '1' }] })`

export const BATCH = '/ibm/api/batch'

export function gate(id: string, attributes = '', more = '', exit = ''): string {
  return `<step id="${id}" ${attributes}><batchlet ref="gate"><properties>
    <property name="fails" value="#{jobParameters['${id}']}"/><property name="exit" value="${exit}"/>
  </properties></batchlet>${more}</step>`
}

/** 30 numbers, 10 to a chunk; fails where the job parameter of its id says. */
export function numbers(id: string, more = '', failAt = `#{jobParameters['${id}']}`): string {
  return `<step id="${id}"><chunk item-count="10"><reader ref="Numbers"><properties><property name="items" value="30"/>
    <property name="fail.at" value="${failAt}"/></properties></reader><writer ref="sink"/></chunk>${more}</step>`
}

export const FAILS = 'true'

export interface PreviewJson {
  readonly restartable: boolean
  readonly reason: string | null
  readonly steps: readonly {
    readonly stepName: string
    readonly will: string
    readonly from: {
      readonly chunkNumber: number
      readonly itemsRead: number
      readonly readerCheckpoint: string
    } | null
    readonly partitions: readonly {
      readonly partitionNumber: number
      readonly will: string
      readonly from: object | null
    }[]
    readonly certain: boolean
    readonly why: string | null
  }[]
  readonly parameters: Readonly<
    Record<string, { readonly before: string | null; readonly after: string | null }>
  >
  readonly definition: { readonly changed: boolean; readonly note: string | null }
}

interface StepJson {
  readonly stepName: string
  readonly partitions: readonly { readonly partitionNumber: number }[]
}

export type Values = Readonly<Record<string, string>>

export function previewedJobs(app: TestApp) {
  const ask = async (method: 'GET' | 'PUT' | 'POST', url: string, payload?: object) => {
    const answer = await app.http.inject({ method, url: `${BATCH}${url}`, ...(payload ? { payload } : {}) })
    const { statusCode: status, body: text } = answer
    const isJson = /json/.test(String(answer.headers['content-type']))
    return { status, text, json: isJson ? answer.json() : null }
  }
  const ended = async (id: number) =>
    await until(`job ${id} has ended`, async () => {
      const [newest] = (await ask('GET', `/jobinstances/${id}/jobexecutions`)).json
      return ['COMPLETED', 'FAILED', 'STOPPED'].includes(newest.batchStatus) ? newest : null
    })

  /** A job that has ended. */
  const ran = async (elements: string, jobParameters: Values = {}, attributes = ''): Promise<number> => {
    const jobXML = `<job id="shape" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0" ${attributes}>${elements}</job>`
    const { status, json, text } = await ask('POST', '/jobinstances', {
      applicationName: 'Shapes',
      jobXML,
      jobParameters
    })
    if (status !== 201) throw new Error(text)
    await ended(json.instanceId)
    return json.instanceId
  }

  const url = (id: number, more = '') => `/jobinstances/${id}?action=restart${more}`

  const preview = async (id: number, jobParameters: Values = {}, more = ''): Promise<PreviewJson> => {
    const { status, json, text } = await ask('PUT', url(id, `&dryRun=true${more}`), { jobParameters })
    if (status !== 200) throw new Error(text)
    return json
  }

  /** All that is stored of jobs, so that a change of anything is seen; the audit is chained by itself, a while after. */
  const everything = async (): Promise<string> => {
    const tables = [
      'job_instance',
      'job_execution',
      'job_parameter',
      'step_execution',
      'partition',
      'unit',
      'cap',
      'audit'
    ]
    const found = await Promise.all(
      tables.map(table =>
        rows(
          app.database.db,
          `select (to_jsonb(t) - 'chain_number' - 'hash')::text as row from batchyard.${table} t order by 1`
        )
      )
    )
    return JSON.stringify(found)
  }

  /** Tries it out, looks that nothing changed, restarts, and compares; the preview, and the execution that ended. */
  const compared = async (t: Test, id: number, jobParameters: Values = {}) => {
    const before = await everything()
    const foretold = await preview(id, jobParameters)
    t.equal(await everything(), before, 'nothing was changed')
    const restart = await ask('PUT', url(id), { jobParameters })
    t.equal(
      foretold.restartable,
      restart.status === 200,
      `restartable, and the restart is a ${restart.status}`
    )
    if (restart.status !== 200) {
      t.equal(foretold.reason, restart.json.detail, 'with the reason of the restart')
      t.same(foretold.steps, [])
      return { foretold, execution: null }
    }
    const execution = await ended(id)
    const steps: StepJson[] = (
      await ask('GET', `/jobexecutions/${execution.executionId}/stepexecutions`)
    ).json.filter((step: Partial<StepJson>) => step.stepName !== undefined)
    const ran = foretold.steps.filter(({ will, certain }) => will !== 'skip' && certain)
    const names = ran.map(({ stepName }) => stepName)
    const possible = foretold.steps.flatMap(({ stepName, will }) => (will === 'skip' ? [] : [stepName]))
    t.same(
      steps.map(({ stepName }) => stepName).filter(name => !possible.includes(name)),
      [],
      'no step ran that was not to run'
    )
    if (execution.batchStatus === 'COMPLETED')
      t.same(
        names.filter(name => steps.every(({ stepName }) => stepName !== name)),
        [],
        'the steps that were to run did'
      )
    for (const { stepName, from, partitions } of ran) {
      const did = steps.find(step => step.stepName === stepName)
      if (did === undefined) continue
      const anew = partitions
        .filter(({ will }) => will !== 'skip')
        .map(({ partitionNumber }) => partitionNumber)
      t.same(
        did.partitions.map(({ partitionNumber }) => partitionNumber),
        anew,
        `partitions of ${stepName}`
      )
      if (from === null) continue
      const { text } = await ask('GET', `/jobexecutions/${execution.executionId}/joblogs?type=text`)
      const at = /at: (\d+)/.exec(from.readerCheckpoint)?.[1]
      t.match(text, new RegExp(`begins after ${at}$`, 'm'), 'it went on from there')
    }
    return { foretold, execution }
  }

  return { ask, ran, preview, compared, ended, url }
}
